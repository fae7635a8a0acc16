package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd"

	"bastide/internal/rehearsal/providerbase"
)

// Provider is a kubernetes provider for the control plane of a Host. It works like the
// real one in its default mode: with server-side apply, dry runs in previews, and waiting
// until objects are ready.
type Provider struct {
	providerbase.Base
	host *Host
	log  providerbase.Log

	mu     sync.Mutex
	server *server
}

// New makes a provider that connects to the host's cluster only.
func New(host *Host) *Provider {
	return &Provider{Base: providerbase.Base{Version: "4.30.0"}, host: host}
}

// Handshake implements plugin.Provider.
func (p *Provider) Handshake(ctx context.Context, req plugin.ProviderHandshakeRequest) (*plugin.ProviderHandshakeResponse, error) {
	if err := p.log.Dial(req.EngineAddress); err != nil {
		return nil, err
	}
	return p.Base.Handshake(ctx, req)
}

// Configure implements plugin.Provider. The kubeconfig has to name the cluster
// that this rehearsal started; its credentials are not used.
func (p *Provider) Configure(_ context.Context, req plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	given := req.Inputs["kubeconfig"]
	if given.IsSecret() {
		given = given.SecretValue().Element
	}
	if !given.IsString() {
		return plugin.ConfigureResponse{}, errors.New("kubeconfig: is missing; give the provider one that is made from the cluster's outputs, because a rehearsal never uses the user's own")
	}
	plane := p.host.ControlPlane()
	if plane == nil {
		return plugin.ConfigureResponse{}, errors.New("kubeconfig: the rehearsal has no running cluster")
	}
	config, err := clientcmd.Load([]byte(given.StringValue()))
	if err != nil {
		return plugin.ConfigureResponse{}, fmt.Errorf("kubeconfig: %w", err)
	}
	if err := plane.owns(config); err != nil {
		return plugin.ConfigureResponse{}, err
	}
	server, err := newServer(plane.Admin(), &p.log, p.host.Starts)
	if err != nil {
		return plugin.ConfigureResponse{}, err
	}
	server.mutable = map[string]bool{"ConfigMap": isTrue(req.Inputs["enableConfigMapMutable"]), "Secret": isTrue(req.Inputs["enableSecretMutable"])}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.server = server
	return plugin.ConfigureResponse{}, nil
}

// isTrue reads a provider's boolean setting, which may be a string.
func isTrue(value resource.PropertyValue) bool {
	return value.IsBool() && value.BoolValue() || value.IsString() && value.StringValue() == "true"
}

// api is the API server of the configured cluster.
func (p *Provider) api() *server {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.server
}

// Check implements plugin.Provider.
func (p *Provider) Check(_ context.Context, req plugin.CheckRequest) (plugin.CheckResponse, error) {
	if req.Type == releaseType {
		return checkRelease(req)
	}
	inputs := req.News.Copy()
	var failures []plugin.CheckFailure
	for _, key := range []resource.PropertyKey{"apiVersion", "kind"} {
		if !inputs[key].IsString() {
			failures = append(failures, plugin.CheckFailure{Property: key, Reason: "is missing"})
		}
	}
	if len(failures) > 0 {
		return plugin.CheckResponse{Properties: inputs, Failures: failures}, nil
	}
	if err := autoname(req, inputs); err != nil {
		return plugin.CheckResponse{}, err
	}
	kind := newManifest(req.URN, req.Type, inputs).GroupVersionKind().GroupKind()
	return plugin.CheckResponse{Properties: markSecrets(kind, inputs)}, nil
}

// autoname generates a name as the real provider does, and keeps it in later operations.
func autoname(req plugin.CheckRequest, inputs resource.PropertyMap) error {
	metadata := resource.PropertyMap{}
	if given := inputs["metadata"]; given.IsObject() {
		metadata = given.ObjectValue().Copy()
	}
	if _, named := metadata["name"]; named {
		return nil
	}
	name, err := resource.NewUniqueName(req.RandomSeed, req.Name+"-", 8, 63, nil)
	if err != nil {
		return err
	}
	if old := newManifest(req.URN, req.Type, req.Olds).GetName(); old != "" {
		name = old
	}
	metadata["name"] = resource.NewProperty(name)
	inputs["metadata"] = resource.NewProperty(metadata)
	return nil
}

// Diff implements plugin.Provider: it compares the live object with the result of a dry
// run.
func (p *Provider) Diff(ctx context.Context, req plugin.DiffRequest) (plugin.DiffResponse, error) {
	if req.Type == releaseType {
		return diffRelease(req), nil
	}
	ctx, cancel := p.Life(ctx)
	defer cancel()
	wanted := newManifest(req.URN, req.Type, req.NewInputs)
	written := providerbase.Diff(req.OldInputs, req.NewInputs, nil)
	if !wanted.complete {
		return written, nil
	}
	old := newManifest(req.URN, req.Type, req.OldInputs)
	if identity(old) != identity(wanted) {
		return replaced(written, false), nil
	}
	if replaces(old, wanted, p.api().mutable) {
		return replaced(written, true), nil
	}
	live, err := p.api().get(ctx, wanted)
	if apierrors.IsNotFound(err) {
		return plugin.DiffResult{Changes: plugin.DiffSome, ChangedKeys: []resource.PropertyKey{"metadata"}}, nil
	}
	if err != nil {
		return plugin.DiffResult{}, err
	}
	after, err := p.api().apply(ctx, req.URN, wanted, true)
	if err != nil {
		return plugin.DiffResult{}, err
	}
	before, now := essence(live).Object, essence(after).Object
	if reflect.DeepEqual(before, now) {
		return plugin.DiffResult{Changes: plugin.DiffNone}, nil
	}
	if written.Changes == plugin.DiffSome {
		return written, nil
	}
	return plugin.DiffResult{Changes: plugin.DiffSome, ChangedKeys: changedKeys(before, now)}, nil
}

// replaced turns a change into a replacement. Two objects can't share a name, so the old
// one is deleted first if the name stays the same.
func replaced(diff plugin.DiffResult, sameName bool) plugin.DiffResult {
	diff.ReplaceKeys, diff.DeleteBeforeReplace = diff.ChangedKeys, sameName
	for path, change := range diff.DetailedDiff {
		diff.DetailedDiff[path] = plugin.PropertyDiff{Kind: change.Kind.AsReplace(), InputDiff: true}
	}
	return diff
}

func changedKeys(before, after map[string]any) (keys []resource.PropertyKey) {
	for key := range after {
		if !reflect.DeepEqual(before[key], after[key]) {
			keys = append(keys, resource.PropertyKey(key))
		}
	}
	slices.Sort(keys)
	return keys
}

// Create implements plugin.Provider.
func (p *Provider) Create(ctx context.Context, req plugin.CreateRequest) (plugin.CreateResponse, error) {
	if req.Type == releaseType {
		return p.createRelease(ctx, req)
	}
	ctx, cancel := p.Life(ctx)
	defer cancel()
	wanted := newManifest(req.URN, req.Type, req.Properties)
	if req.Preview {
		planned, err := p.preview(ctx, req.URN, wanted, req.Properties)
		return plugin.CreateResponse{Properties: planned}, err
	}
	if err := p.api().vacant(ctx, wanted); err != nil {
		return plugin.CreateResponse{}, err
	}
	made, status, err := p.put(ctx, req.URN, wanted, req.Timeout)
	if made == nil {
		return plugin.CreateResponse{}, err
	}
	return plugin.CreateResponse{ID: id(made), Properties: outputs(made), Status: status}, err
}

// Update implements plugin.Provider.
func (p *Provider) Update(ctx context.Context, req plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	if req.Type == releaseType {
		return plugin.UpdateResponse{Properties: releaseOutputs(req.NewInputs)}, nil
	}
	ctx, cancel := p.Life(ctx)
	defer cancel()
	wanted := newManifest(req.URN, req.Type, req.NewInputs)
	if req.Preview {
		planned, err := p.preview(ctx, req.URN, wanted, req.NewInputs)
		return plugin.UpdateResponse{Properties: planned}, err
	}
	// Server-side apply would silently create an object that is gone.
	if _, err := p.api().get(ctx, wanted); err != nil {
		return plugin.UpdateResponse{}, err
	}
	made, status, err := p.put(ctx, req.URN, wanted, req.Timeout)
	if made == nil {
		return plugin.UpdateResponse{}, err
	}
	return plugin.UpdateResponse{Properties: outputs(made), Status: status}, err
}

// put applies an object, and waits until it is ready. If it does not become ready, it
// exists all the same, and the error tells the engine to keep it in the state.
func (p *Provider) put(
	ctx context.Context, urn resource.URN, wanted manifest, timeout float64,
) (*unstructured.Unstructured, resource.Status, error) {
	made, err := p.api().apply(ctx, urn, wanted, false)
	if err != nil {
		return nil, resource.StatusUnknown, err
	}
	ready, err := p.api().await(ctx, wanted, timeout)
	if err != nil {
		return made, resource.StatusPartialFailure, &plugin.InitError{Reasons: []string{err.Error()}}
	}
	return ready, resource.StatusOK, nil
}

// preview is a dry run. Errors because other resources do not exist yet (the namespace,
// the kind, an unknown value that is left out) are ignored.
func (p *Provider) preview(ctx context.Context, urn resource.URN, wanted manifest, inputs resource.PropertyMap) (resource.PropertyMap, error) {
	planned, err := p.api().apply(ctx, urn, wanted, true)
	switch {
	case err == nil && !wanted.complete:
		return inputs, nil
	case err == nil:
		object := essence(planned)
		unstructured.RemoveNestedField(object.Object, "metadata", "uid")
		unstructured.RemoveNestedField(object.Object, "metadata", "creationTimestamp")
		return outputs(object), nil
	case apierrors.IsNotFound(err), meta.IsNoMatchError(err), !wanted.complete && apierrors.IsInvalid(err):
		return inputs, nil
	}
	return nil, err
}

// Read implements plugin.Provider.
func (p *Provider) Read(ctx context.Context, req plugin.ReadRequest) (plugin.ReadResponse, error) {
	if req.Type == releaseType {
		return readRelease(req), nil
	}
	known := req.Inputs
	if len(known) == 0 {
		known = req.State
	}
	ctx, cancel := p.Life(ctx)
	defer cancel()
	m := newManifest(req.URN, req.Type, known)
	live, err := p.api().get(ctx, m)
	if apierrors.IsNotFound(err) {
		return plugin.ReadResponse{}, nil
	}
	if err != nil {
		return plugin.ReadResponse{}, err
	}
	cut := sameShape(essence(live).Object, m.Object).(map[string]any)
	kind := m.GroupVersionKind().GroupKind()
	return plugin.ReadResponse{ReadResult: plugin.ReadResult{
		ID: req.ID, Inputs: markSecrets(kind, resource.NewPropertyMapFromMap(cut)), Outputs: outputs(live),
	}}, nil
}

// Delete implements plugin.Provider. For a patch, it gives up the ownership of its fields.
func (p *Provider) Delete(ctx context.Context, req plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	if req.Type == releaseType {
		return plugin.DeleteResponse{}, nil
	}
	ctx, cancel := p.Life(ctx)
	defer cancel()
	m := newManifest(req.URN, req.Type, req.Inputs)
	if m.patch {
		return plugin.DeleteResponse{}, p.api().release(ctx, req.URN, m)
	}
	return plugin.DeleteResponse{}, p.api().delete(ctx, m, req.Timeout)
}
