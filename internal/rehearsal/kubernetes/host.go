package kubernetes

import (
	"context"
	"errors"
	"os"
	"sync"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Host runs the control plane of a rehearsal's only cluster.
type Host struct {
	// Starts, unless it is nil, is applied to the pods of every workload. Set it before
	// the cluster is started.
	Starts StartRule
	// Images, unless it is nil, is applied to each image of a new pod. Set it before the
	// cluster is started.
	Images ImageRule

	binaries, dir string

	mu    sync.Mutex
	begun chan startup // not nil between Begin and StartCluster
	plane *ControlPlane
}

// startup is the result of starting a control plane.
type startup struct {
	plane *ControlPlane
	err   error
}

// NewHost makes a host that runs the executables in the folder binaries, and whose
// control plane writes to dir only.
func NewHost(binaries, dir string) *Host { return &Host{binaries: binaries, dir: dir} }

// Begin starts the control plane in the background, for a later StartCluster. It needs
// seconds to become ready, during which other work can go on.
func (h *Host) Begin(ctx context.Context) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.begun = make(chan startup, 1)
	go func() { h.begun <- h.start(ctx) }()
}

// StartCluster starts an empty control plane, and returns its address and its CA
// certificate, base64 of PEM.
func (h *Host) StartCluster(ctx context.Context) (endpoint, authority string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.plane != nil {
		return "", "", errors.New("a rehearsal supports one cluster at a time, and one exists already")
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

// StopCluster stops the cluster, and deletes its contents.
func (h *Host) StopCluster() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.begun != nil { // StartCluster was not called, so an error does not matter
		h.plane, h.begun = (<-h.begun).plane, nil
	}
	if h.plane == nil {
		return nil
	}
	err := h.plane.Stop()
	h.plane = nil
	return err
}

// ControlPlane is the running control plane, or nil.
func (h *Host) ControlPlane() *ControlPlane {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.plane
}

// Client is a client of the running cluster, as its administrator.
func (h *Host) Client() (client.Client, error) {
	plane := h.ControlPlane()
	if plane == nil {
		return nil, errors.New("the rehearsal has no running cluster")
	}
	return client.New(plane.Admin(), client.Options{})
}
