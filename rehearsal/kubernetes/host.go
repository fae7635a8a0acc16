package kubernetes

import (
	"context"
	"errors"
	"os"
	"sync"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Host runs the control plane of the one cluster that a rehearsal has.
type Host struct {
	// Starts, if any, is held against the pods of every workload that is brought
	// up. Whoever makes the host sets it before there is a cluster.
	Starts StartRule
	// Images, if any, is asked about each image of a new pod. Whoever makes the host sets
	// it before there is a cluster.
	Images ImageRule

	binaries, dir string

	mu    sync.Mutex
	plane *ControlPlane
}

// NewHost keeps a control plane, once there is one, in a private folder.
func NewHost(binaries, dir string) *Host { return &Host{binaries: binaries, dir: dir} }

// StartCluster brings up an empty control plane and tells where it listens, and
// what its CA certificate is, base64 of PEM.
func (h *Host) StartCluster(ctx context.Context) (endpoint, authority string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.plane != nil {
		return "", "", errors.New("a rehearsal has room for one cluster, and there is one")
	}
	if err := os.RemoveAll(h.dir); err != nil {
		return "", "", err
	}
	plane, err := StartControlPlane(ctx, h.binaries, h.dir, h.Images)
	if err != nil {
		return "", "", err
	}
	h.plane = plane
	return plane.Endpoint, plane.Authority, nil
}

// StopCluster stops it. All that was in it is lost.
func (h *Host) StopCluster() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.plane == nil {
		return nil
	}
	err := h.plane.Stop()
	h.plane = nil
	return err
}

// ControlPlane is the one that is running, or nil.
func (h *Host) ControlPlane() *ControlPlane {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.plane
}

// Client talks to the running cluster as its administrator.
func (h *Host) Client() (client.Client, error) {
	plane := h.ControlPlane()
	if plane == nil {
		return nil, errors.New("there is no cluster")
	}
	return client.New(plane.Admin(), client.Options{})
}
