// Package scope gives the children of a component their names and options, so
// that every component does it the same way.
package scope

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// Scope is a component seen from inside.
type Scope struct {
	ctx    *pulumi.Context
	name   string
	parent pulumi.Resource
}

// Open registers a component, with its settings as inputs, so that they are in
// state and policies see them. Settings are plain values on purpose: waiting
// for an output here would hold up every child.
func Open(
	ctx *pulumi.Context, token, name string, settings pulumi.Map,
	component pulumi.ComponentResource, opts ...pulumi.ResourceOption,
) (Scope, error) {
	err := ctx.RegisterComponentResourceV2(token, name, settings, component, opts...)
	return Scope{ctx: ctx, name: name, parent: component}, err
}

// Context is where children are registered.
func (s Scope) Context() *pulumi.Context { return s.ctx }

// Name is a child's logical name: the component's, then the child's role.
func (s Scope) Name(role string) string { return s.name + "-" + role }

// Child is the options of a child: its parent, and what it needs beyond that.
// The slice is fresh each time, so no two children can share one.
func (s Scope) Child(extra ...pulumi.ResourceOption) []pulumi.ResourceOption {
	return append([]pulumi.ResourceOption{pulumi.Parent(s.parent)}, extra...)
}

// After gives a value once some resource exists: whoever uses the value
// depends on the resource, which is how a key comes only with its grant. While
// the resource is merely planned, the value is not known yet.
func After(value pulumi.StringInput, resources ...pulumi.CustomResource) pulumi.StringOutput {
	all := []any{value}
	for _, resource := range resources {
		all = append(all, resource.ID())
	}
	return pulumi.All(all...).ApplyT(func(values []any) string {
		return values[0].(string)
	}).(pulumi.StringOutput)
}
