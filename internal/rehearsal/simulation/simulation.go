// Package world is everything that a rehearsal puts in place of the real one: a
// cloud, the cluster in it, and the small providers.
package simulation

import (
	"path/filepath"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"bastide/internal/rehearsal/googlecloud"
	"bastide/internal/rehearsal/kubernetes"
	"bastide/internal/rehearsal/random"
	"bastide/internal/rehearsal/tls"
)

// Simulation is empty when it is made. Close it.
type Simulation struct {
	Cloud   *googlecloud.Cloud
	Cluster *kubernetes.Host
}

// New makes one in which scale simulated seconds pass in each. The cluster runs
// the binaries of a folder, and keeps what it writes in dir.
func New(binaries, dir string, scale float64) *Simulation {
	cluster := kubernetes.NewHost(binaries, filepath.Join(dir, "kubernetes"))
	s := &Simulation{Cluster: cluster, Cloud: googlecloud.New(googlecloud.NewClock(scale), cluster)}
	cluster.Starts = (&openBao{simulation: s}).starts
	cluster.Images = s.Cloud.DeniesImage
	return s
}

// Providers are attached to the engine in place of plugins, by package name.
func (s *Simulation) Providers() map[string]plugin.GrpcProvider {
	return map[string]plugin.GrpcProvider{
		"gcp":        s.Cloud,
		"kubernetes": kubernetes.New(s.Cluster),
		"random":     random.New(),
		"tls":        tls.New(time.Now),
	}
}

// Close stops what runs.
func (s *Simulation) Close() error { return s.Cluster.StopCluster() }
