// Package scope gives the children of a component their names and options, in the same way
// for every component.
package scope

import (
	"reflect"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/arguments"
)

// Scope is what a component needs to register its children.
type Scope struct {
	ctx    *pulumi.Context
	name   string
	parent pulumi.Resource
	extra  []pulumi.ResourceOption
}

// Args are the arguments of a component.
type Args interface {
	// Check reports problems with the arguments.
	Check(c *arguments.Check)
	// Settings are the arguments that become inputs of the component, so that they are in
	// state and policies can evaluate them. They are plain values on purpose: an output
	// here would make every child wait for it.
	Settings() pulumi.Map
}

// Open checks a component's arguments, and registers the component if it finds no
// problem. The component has to call Finish at the end.
func Open(
	ctx *pulumi.Context, token, name string, args Args, component pulumi.ComponentResource, opts ...pulumi.ResourceOption,
) (Scope, error) {
	var check arguments.Check
	args.Check(&check)
	if err := check.Err(token, name); err != nil {
		return Scope{}, err
	}
	return register(ctx, token, name, args.Settings(), component, opts...)
}

func register(
	ctx *pulumi.Context, token, name string, settings pulumi.Map, component pulumi.ComponentResource, opts ...pulumi.ResourceOption,
) (Scope, error) {
	err := ctx.RegisterComponentResourceV2(token, name, settings, component, opts...)
	return Scope{ctx: ctx, name: name, parent: component}, err
}

// Nest registers a component as a child of this one. Its own children are named as if they
// were the outer component's. With DependsOn among its options, all its children are
// created after those dependencies and deleted before them, because they come after their
// parent. If each child depended on each dependency instead, the graph would have more
// paths than the engine can walk (ADR 12).
func (s Scope) Nest(token, role string, settings pulumi.Map, component pulumi.ComponentResource, extra ...pulumi.ResourceOption) (Scope, error) {
	nested, err := register(s.ctx, token, s.Name(role), settings, component, s.Child(extra...)...)
	nested.name = s.name
	return nested, err
}

// InOrder runs the steps in which a component creates its children, up to the first that
// fails.
func (s Scope) InOrder(steps ...func(Scope) error) error {
	for _, step := range steps {
		if err := step(s); err != nil {
			return err
		}
	}
	return nil
}

// Finish registers the component's outputs: its fields with a pulumi tag, so that none is
// forgotten.
func (s Scope) Finish() error {
	outputs := pulumi.Map{}
	component := reflect.ValueOf(s.parent).Elem()
	for i := range component.NumField() {
		if name := component.Type().Field(i).Tag.Get("pulumi"); name != "" {
			outputs[name] = component.Field(i).Interface().(pulumi.Input)
		}
	}
	return s.ctx.RegisterResourceOutputs(s.parent, outputs)
}

// Context is the Pulumi context with which children are registered.
func (s Scope) Context() *pulumi.Context { return s.ctx }

// Name is a child's logical name: the component's, then the child's role.
func (s Scope) Name(role string) string { return s.name + "-" + role }

// Child is the options of a child: its parent, those of the scope, and further ones. It is
// a new slice each time, so that no two children share one.
func (s Scope) Child(extra ...pulumi.ResourceOption) []pulumi.ResourceOption {
	return slices.Concat([]pulumi.ResourceOption{pulumi.Parent(s.parent)}, s.extra, extra)
}

// With is the same scope, with the given options for all children.
func (s Scope) With(extra ...pulumi.ResourceOption) Scope {
	s.extra = extra
	return s
}

// After is a value that is known once the given resources exist: whatever uses it depends
// on them. This is how users of a key wait for its grant. In a preview that would create
// the resources, the value is unknown.
func After(value pulumi.StringInput, resources ...pulumi.CustomResource) pulumi.StringOutput {
	all := []any{value}
	for _, resource := range resources {
		all = append(all, resource.ID())
	}
	return pulumi.All(all...).ApplyT(func(values []any) string {
		return values[0].(string)
	}).(pulumi.StringOutput)
}
