// Package world is everything that a rehearsal puts in place of the real one: a
// cloud, the cluster in it, and the small providers.
package world

import (
	"path/filepath"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"bastide/rehearsal/googlecloud"
	"bastide/rehearsal/kubernetes"
	"bastide/rehearsal/utility"
)

// World is empty when it is made. Close it.
type World struct {
	Cloud   *googlecloud.Cloud
	Cluster *kubernetes.Host
}

// New makes one in which scale simulated seconds pass in each. The cluster runs
// the binaries of a folder, and keeps what it writes in dir.
func New(binaries, dir string, scale float64) *World {
	cluster := kubernetes.NewHost(binaries, filepath.Join(dir, "kubernetes"))
	w := &World{Cluster: cluster, Cloud: googlecloud.New(googlecloud.NewClock(scale), cluster)}
	cluster.Starts = (&openBao{world: w}).starts
	cluster.Images = w.Cloud.DeniesImage
	return w
}

// Providers are attached to the engine in place of plugins, by package name.
func (w *World) Providers() map[string]plugin.GrpcProvider {
	return map[string]plugin.GrpcProvider{
		"gcp":        w.Cloud,
		"kubernetes": kubernetes.New(w.Cluster),
		"random":     utility.NewRandom(),
		"tls":        utility.NewTLS(time.Now),
	}
}

// Close stops what runs.
func (w *World) Close() error { return w.Cluster.StopCluster() }
