// Package guardrails makes the rules inside the cluster: what may run, who
// talks to whom, who may do what, and how much of it.
package guardrails

import (
	"maps"

	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/scope"
	"bastide/environment"
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

	args     Args
	policies []pulumi.Resource // what has to be there before a namespace
	guarded  map[string]*Namespace
}

// Args is what Guardrails are made from.
type Args struct {
	// Environment holds the settings; the component reads no configuration.
	Environment *environment.Environment
	// VolumesKey is the key's id, once Compute Engine's agent may use it.
	VolumesKey pulumi.StringInput
}

func (a Args) settings() pulumi.Map {
	var names []string
	for _, namespace := range a.Environment.Namespaces {
		names = append(names, namespace.Name)
	}
	return pulumi.Map{
		"namespaces": pulumi.ToStringArray(names),
		"warnOnly":   pulumi.ToStringArray(a.Environment.WarnOnly),
		"fillsIn":    pulumi.Bool(fillsIn(a.Environment)),
		"buildTaint": pulumi.String(a.Environment.BuildTaint.String()),
		"jobs":       pulumi.ToStringArray(a.Environment.CI.JobNames()),
		"jobMode":    pulumi.String(jobMode(a.Environment.CI)),
	}
}

func jobMode(ci *environment.CI) string {
	if ci == nil {
		return environment.Off
	}
	return ci.Mode
}

// New makes the guardrails in a cluster, whose provider is among the options.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Guardrails, error) {
	g := &Guardrails{args: args, guarded: map[string]*Namespace{}}
	s, err := scope.Open(ctx, Type, name, args.settings(), g, opts...)
	if err != nil {
		return nil, err
	}
	for _, step := range []func(scope.Scope) error{
		g.createPolicies,
		g.createDefaults,
		g.createStorage,
		g.lockDefault,
		g.createNamespaces,
	} {
		if err := step(s); err != nil {
			return nil, err
		}
	}
	return g, ctx.RegisterResourceOutputs(g, pulumi.Map{"storageClass": g.StorageClass})
}

// Namespace is one of the environment's. Whoever puts something into it depends
// on it, and so on everything that guards it.
func (g *Guardrails) Namespace(name string) *Namespace { return g.guarded[name] }

// Builds are the namespaces of build jobs, and of what sends them.
func (g *Guardrails) Builds() (all []pulumi.Resource) {
	for _, p := range g.buildPlans() {
		all = append(all, g.guarded[p.name])
	}
	return all
}

// OpenBaoClients are the namespaces that may reach OpenBao, by name.
func (g *Guardrails) OpenBaoClients() map[string]pulumi.Resource {
	clients := map[string]pulumi.Resource{}
	for _, p := range g.plans() {
		if p.openBaoClient {
			clients[p.name] = g.guarded[p.name]
		}
	}
	return clients
}

// The labels by which people and policies tell the platform's objects apart.
const (
	ownerLabel = "bastide/owner"
	sizeLabel  = "bastide/size"
)

var managed = map[string]string{"app.kubernetes.io/managed-by": environment.Namespace}

// object is the metadata of an object outside of namespaces.
func object(name string, labels map[string]string) metav1.ObjectMetaArgs {
	all := maps.Clone(managed)
	maps.Copy(all, labels)
	return metav1.ObjectMetaArgs{Name: pulumi.String(name), Labels: pulumi.ToStringMap(all)}
}

// In is the metadata of an object in a namespace.
func In(namespace, name string) metav1.ObjectMetaArgs {
	meta := object(name, nil)
	meta.Namespace = pulumi.String(namespace)
	return meta
}
