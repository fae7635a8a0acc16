// Package guardrails makes the rules inside the cluster: what may run, who
// talks to whom, who may do what, and how much of it.
package guardrails

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/scope"
)

// Type is the component's type token.
const Type = "bastide:components:Guardrails"

// Guardrails guarantees that no namespace of the environment exists without its
// limits, its closed network and the admission rules, and that volumes are
// encrypted with the environment's key. It runs nothing: the API server itself
// is what enforces all of it.
type Guardrails struct {
	pulumi.ResourceState

	// StorageClass encrypts, and keeps a volume when its claim goes.
	StorageClass pulumi.StringOutput `pulumi:"storageClass"`

	args       Args
	policies   []pulumi.Resource // what has to be there before a namespace
	namespaces map[string]*Namespace
}

// New makes the guardrails in a cluster, whose provider is among the options.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Guardrails, error) {
	g := &Guardrails{args: args, namespaces: map[string]*Namespace{}}
	s, err := scope.Open(ctx, Type, name, args, g, opts...)
	if err != nil {
		return nil, err
	}
	if err := s.InOrder(g.createPolicies, g.createDefaults, g.createStorage, g.lockDefault, g.createNamespaces); err != nil {
		return nil, err
	}
	return g, s.Finish()
}

// Namespace is one of the environment's. Whoever puts something into it depends
// on it, and so on everything that guards it.
func (g *Guardrails) Namespace(name string) *Namespace { return g.namespaces[name] }

// Builds are the namespaces of build jobs, and of what sends them.
func (g *Guardrails) Builds() (all []pulumi.Resource) {
	for _, p := range g.args.buildPlans() {
		all = append(all, g.namespaces[p.name])
	}
	return all
}

// OpenBaoClients are the namespaces that may reach OpenBao, by name.
func (g *Guardrails) OpenBaoClients() map[string]pulumi.Resource {
	clients := map[string]pulumi.Resource{}
	for _, p := range g.args.plans() {
		if p.openBaoClient {
			clients[p.name] = g.namespaces[p.name]
		}
	}
	return clients
}

// The labels by which people and policies tell the platform's objects apart.
const (
	ownerLabel = "bastide/owner"
	sizeLabel  = "bastide/size"
)
