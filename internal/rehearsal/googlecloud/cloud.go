// Package googlecloud is a simulated Google Cloud behind the interface of the gcp
// provider. It has the provider's schema (schema.json), facts about each resource type
// (facts.yaml), what Google's servers refuse (refusals/*.yaml), and those rules between
// resources that real users run into (one file for each service). It simulates nothing
// else. Errors have Google's own messages.
//
// Its state exists in memory only, for one rehearsal.
package googlecloud

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"bastide/internal/rehearsal/googlecloud/refusals"
	"bastide/internal/rehearsal/kubernetes"
	"bastide/internal/rehearsal/providerbase"
)

// Cloud is one project in a simulated Google Cloud.
type Cloud struct {
	providerbase.Base
	clock      *Clock
	kubernetes Kubernetes

	mu      sync.Mutex
	project string
	region  string
	objects map[string]*object // by id
	kept    map[string]bool    // ids that can never be used again
	asked   map[string]bool    // APIs whose service agent was requested
	history []Operation
	// refusals is the table that calls are checked against.
	refusals refusals.Table
	// endpoint and authority are those of the running cluster.
	endpoint, authority string
}

// Kubernetes runs the cloud's cluster. A rehearsal has one cluster at a time.
type Kubernetes interface {
	// StartCluster returns the control plane's address and its CA certificate, base64
	// of PEM.
	StartCluster(ctx context.Context) (endpoint, authority string, err error)
	StopCluster() error
	AddNodes(ctx context.Context, pool kubernetes.NodePool) error
	RemoveNodes(ctx context.Context, pool string) error
}

// object is a resource that exists, or is being created.
type object struct {
	id      string
	kind    string // Pulumi type token
	urn     resource.URN
	inputs  resource.PropertyMap
	outputs resource.PropertyMap
	refers  []string // ids that may not be deleted before this one
	ready   bool
}

// Operation is a create, update or delete, with its times on the cloud's clock.
type Operation struct {
	URN    resource.URN `json:"urn"`
	Type   string       `json:"type"`
	Action string       `json:"action"` // create, update, delete
	Start  float64      `json:"start"`  // seconds
	End    float64      `json:"end"`    // seconds
	// Needs are the resources without which the cloud would have refused the call: they
	// have to exist first, whatever the program's dependencies are.
	Needs []resource.URN `json:"needs,omitempty"`
}

// projectNumber is the number of the only project.
const projectNumber = "123456789012"

// New makes an empty project.
func New(clock *Clock, kubernetes Kubernetes) *Cloud {
	return &Cloud{
		Base: providerbase.Base{Version: schema.Version}, clock: clock, kubernetes: kubernetes,
		objects: map[string]*object{}, kept: map[string]bool{}, asked: map[string]bool{},
		refusals: refusalTable,
	}
}

// History returns the operations since the last call of it, in the order in which they
// ended.
func (c *Cloud) History() []Operation {
	c.mu.Lock()
	defer c.mu.Unlock()
	history := c.history
	c.history = nil
	return history
}

// Objects returns the number of objects.
func (c *Cloud) Objects() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.objects)
}

// Configure implements plugin.Provider.
func (c *Cloud) Configure(_ context.Context, req plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.project, c.region = text(req.Inputs, "project"), text(req.Inputs, "region")
	if c.project == "" {
		return plugin.ConfigureResponse{}, errors.New("project: required field is not set")
	}
	return plugin.ConfigureResponse{}, nil
}

// Check implements plugin.Provider: it checks inputs against the schema, and generates a
// name if the type allows that and the program gives none.
func (c *Cloud) Check(_ context.Context, req plugin.CheckRequest) (plugin.CheckResponse, error) {
	kind := string(req.Type)
	fact, ok := facts[kind]
	if !ok {
		return plugin.CheckResponse{}, fmt.Errorf("the simulated cloud does not support %s; add it to internal/rehearsal/googlecloud/facts.yaml", kind)
	}
	inputs := maps.Clone(req.News)
	if err := fact.autoname(req, inputs); err != nil {
		return plugin.CheckResponse{}, err
	}
	failures := schema.check(kind, inputs)
	failures = append(failures, fact.checkName(inputs)...)
	return plugin.CheckResponse{Properties: inputs, Failures: failures}, nil
}

// Diff implements plugin.Provider.
func (c *Cloud) Diff(_ context.Context, req plugin.DiffRequest) (plugin.DiffResponse, error) {
	return providerbase.Diff(req.OldInputs, req.NewInputs, func(path resource.PropertyPath) bool {
		return schema.replaces(schema.Resources[string(req.Type)].Inputs, path) || movesRange(req, path)
	}), nil
}

// Create implements plugin.Provider.
func (c *Cloud) Create(ctx context.Context, req plugin.CreateRequest) (plugin.CreateResponse, error) {
	if req.Preview {
		return plugin.CreateResponse{Properties: planned(string(req.Type), req.Properties)}, nil
	}
	call, err := c.begin(refusals.Create, string(req.Type), req.URN, req.Properties)
	if err != nil {
		return plugin.CreateResponse{}, err
	}
	if err := call.wait(ctx); err != nil {
		return plugin.CreateResponse{}, err
	}
	made := call.finish()
	return plugin.CreateResponse{ID: resource.ID(made.id), Properties: made.outputs}, nil
}

// Update implements plugin.Provider.
func (c *Cloud) Update(ctx context.Context, req plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	if req.Preview {
		return plugin.UpdateResponse{Properties: replanned(string(req.Type), req.OldInputs, req.NewInputs, req.OldOutputs)}, nil
	}
	call, err := c.begin(refusals.Update, string(req.Type), req.URN, req.NewInputs)
	if err != nil {
		return plugin.UpdateResponse{}, err
	}
	if err := call.wait(ctx); err != nil {
		return plugin.UpdateResponse{}, err
	}
	return plugin.UpdateResponse{Properties: call.finish().outputs}, nil
}

// Read implements plugin.Provider.
func (c *Cloud) Read(_ context.Context, req plugin.ReadRequest) (plugin.ReadResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.objects[string(req.ID)]
	if !ok || !found.ready {
		return plugin.ReadResponse{}, nil
	}
	return plugin.ReadResponse{ReadResult: plugin.ReadResult{
		ID: req.ID, Inputs: found.inputs, Outputs: found.outputs,
	}}, nil
}

// Delete implements plugin.Provider.
func (c *Cloud) Delete(ctx context.Context, req plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	fact := facts[string(req.Type)]
	start, err := c.beginDelete(string(req.ID), fact)
	if err != nil {
		return plugin.DeleteResponse{}, err
	}
	if err := c.sleep(ctx, fact.Seconds.Delete); err != nil {
		return plugin.DeleteResponse{}, err
	}
	if stop := rules[string(req.Type)].stop; stop != nil {
		if err := stop(ctx, c, req.Outputs); err != nil {
			return plugin.DeleteResponse{}, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.objects, string(req.ID))
	if fact.Kept {
		c.kept[string(req.ID)] = true
	}
	c.record(Operation{URN: req.URN, Type: string(req.Type), Action: "delete", Start: start})
	return plugin.DeleteResponse{}, nil
}

func (c *Cloud) beginDelete(id string, fact *fact) (start float64, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.objects[id]
	if !ok {
		return c.clock.Now(), nil
	}
	if err := c.refuse(refusals.Delete, found, found.outputs); err != nil {
		return 0, err
	}
	if fact.Held != "" {
		for _, other := range c.sorted() {
			if slices.Contains(other.refers, id) {
				return 0, errors.New(expand(fact.Held, map[string]string{"id": id, "name": text(found.outputs, "name"), "by": other.id}))
			}
		}
	}
	return c.clock.Now(), nil
}

// sleep lets simulated time pass, until the call or the whole operation is cancelled.
func (c *Cloud) sleep(ctx context.Context, seconds float64) error {
	ctx, cancel := c.Life(ctx)
	defer cancel()
	return c.clock.Sleep(ctx, seconds)
}

// record adds an operation, which ends now, to the history. The caller holds the lock.
func (c *Cloud) record(operation Operation) {
	operation.End = c.clock.Now()
	c.history = append(c.history, operation)
}

// sorted lists the objects by id, so that errors name the same one each time.
func (c *Cloud) sorted() []*object {
	return slices.SortedFunc(maps.Values(c.objects), func(a, b *object) int {
		if a.id < b.id {
			return -1
		}
		return 1
	})
}
