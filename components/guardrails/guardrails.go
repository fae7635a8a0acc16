// Package guardrails creates the cluster's guardrails: admission policies, namespaces with
// quotas, NetworkPolicies and roles, and encrypted storage classes.
package guardrails

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/scope"
)

// Type is the component's type token.
const Type = "bastide:components:Guardrails"

// Guardrails guarantees that no namespace of the environment is used before its limits,
// its network isolation and the admission policies are in place, and that volumes are
// encrypted with the environment's key. It runs no pods: Kubernetes itself enforces all of
// it.
type Guardrails struct {
	pulumi.ResourceState

	// StorageClass is the name of the default storage class. It encrypts volumes, and
	// keeps a volume when its claim is deleted.
	StorageClass pulumi.StringOutput `pulumi:"storageClass"`

	args       Args
	policies   []pulumi.Resource // bindings that have to exist before any namespace
	namespaces map[string]*Namespace
}

// New creates the guardrails in a cluster. The cluster's provider has to be among the
// options.
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

// Namespace is a namespace of the environment with its guardrails. A resource in the
// namespace has to depend on it, so that it is created after them.
func (g *Guardrails) Namespace(name string) *Namespace { return g.namespaces[name] }

// Builds are the namespaces of build jobs and of their runners.
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

// The labels of namespaces by which people and policies tell them apart.
const (
	ownerLabel = "bastide/owner"
	sizeLabel  = "bastide/size"
)
