// Package scope gives the children of a component their names and options, so
// that every component does it the same way.
package scope

import (
	"reflect"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/arguments"
)

// Scope is a component seen from inside.
type Scope struct {
	ctx    *pulumi.Context
	name   string
	parent pulumi.Resource
	extra  []pulumi.ResourceOption
}

// Args is what a component is made from.
type Args interface {
	// Check reports what is wrong with them.
	Check(c *arguments.Check)
	// Settings are those that become inputs, so that they are in state and policies
	// see them. They are plain values on purpose: waiting for an output here would
	// hold up every child.
	Settings() pulumi.Map
}

// Open registers a component, unless something is wrong with its arguments. Finish is
// the last call.
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

// Nest registers a component inside of the component, whose children have names
// as if they were the outer one's. Its options may say what has to be there first:
// no child is registered before its parent is, nor deleted after it. That orders
// many things at once, where each of them waiting for all the others would make
// more paths through the graph than the engine can walk (ADR 12).
func (s Scope) Nest(token, role string, settings pulumi.Map, component pulumi.ComponentResource, extra ...pulumi.ResourceOption) (Scope, error) {
	nested, err := register(s.ctx, token, s.Name(role), settings, component, s.Child(extra...)...)
	nested.name = s.name
	return nested, err
}

// InOrder takes the steps in which a component makes its children, up to the first
// that fails.
func (s Scope) InOrder(steps ...func(Scope) error) error {
	for _, step := range steps {
		if err := step(s); err != nil {
			return err
		}
	}
	return nil
}

// Finish registers the component's outputs, with which it ends. They are its fields
// with a pulumi tag, so that none is forgotten.
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

// Context is where children are registered.
func (s Scope) Context() *pulumi.Context { return s.ctx }

// Name is a child's logical name: the component's, then the child's role.
func (s Scope) Name(role string) string { return s.name + "-" + role }

// Child is the options of a child: its parent, and what it needs beyond that.
// The slice is fresh each time, so no two children can share one.
func (s Scope) Child(extra ...pulumi.ResourceOption) []pulumi.ResourceOption {
	return slices.Concat([]pulumi.ResourceOption{pulumi.Parent(s.parent)}, s.extra, extra)
}

// With gives the same scope, in which children have further options.
func (s Scope) With(extra ...pulumi.ResourceOption) Scope {
	s.extra = extra
	return s
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
