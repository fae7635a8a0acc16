// Package simulation is what a rehearsal uses instead of real infrastructure: a
// simulated Google Cloud, the cluster in it, and the random and tls providers.
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

// Simulation is a simulated Google Cloud with at most one cluster. It starts empty;
// call Close when done.
type Simulation struct {
	Cloud   *googlecloud.Cloud
	Cluster *kubernetes.Host
}

// New makes a simulation whose clock runs scale times as fast as real time. The
// cluster runs the executables in the folder binaries, and writes to dir.
func New(binaries, dir string, scale float64) *Simulation {
	cluster := kubernetes.NewHost(binaries, filepath.Join(dir, "kubernetes"))
	s := &Simulation{Cluster: cluster, Cloud: googlecloud.New(googlecloud.NewClock(scale), cluster)}
	cluster.Starts = (&openBao{simulation: s}).starts
	cluster.Images = s.Cloud.DeniesImage
	return s
}

// Providers are the providers to attach to the engine instead of plugins, by package
// name.
func (s *Simulation) Providers() map[string]plugin.GrpcProvider {
	return map[string]plugin.GrpcProvider{
		"gcp":        s.Cloud,
		"kubernetes": kubernetes.New(s.Cluster),
		"random":     random.New(),
		"tls":        tls.New(time.Now),
	}
}

// Close stops the cluster.
func (s *Simulation) Close() error { return s.Cluster.StopCluster() }
