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
	begun chan startup // nil, unless Begin was called and nobody has asked for the cluster
	plane *ControlPlane
}

// startup is how the start of a control plane ended.
type startup struct {
	plane *ControlPlane
	err   error
}

// NewHost keeps a control plane, once there is one, in a private folder.
func NewHost(binaries, dir string) *Host { return &Host{binaries: binaries, dir: dir} }

// Begin starts in the background what StartCluster will be asked for. A control plane
// needs seconds to come up, in which there is other work to be done.
func (h *Host) Begin(ctx context.Context) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.begun = make(chan startup, 1)
	go func() { h.begun <- h.start(ctx) }()
}

// StartCluster brings up an empty control plane and tells where it listens, and
// what its CA certificate is, base64 of PEM.
func (h *Host) StartCluster(ctx context.Context) (endpoint, authority string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.plane != nil {
		return "", "", errors.New("a rehearsal has room for one cluster, and there is one")
	}
	var s startup
	if h.begun != nil {
		s, h.begun = <-h.begun, nil
	} else {
		s = h.start(ctx)
	}
	if s.err != nil {
		return "", "", s.err
	}
	h.plane = s.plane
	return h.plane.Endpoint, h.plane.Authority, nil
}

func (h *Host) start(ctx context.Context) (s startup) {
	if s.err = os.RemoveAll(h.dir); s.err == nil {
		s.plane, s.err = StartControlPlane(ctx, h.binaries, h.dir, h.Images)
	}
	return s
}

// StopCluster stops it. All that was in it is lost.
func (h *Host) StopCluster() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.begun != nil { // nobody has asked for it, so how it ended interests nobody
		h.plane, h.begun = (<-h.begun).plane, nil
	}
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
