// Package arguments is what the arguments of components have in common: the check before
// anything is registered, and the conversion of admin ranges to inputs.
package arguments

import (
	"fmt"
	"net/netip"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/environment"
)

// Problems is the error that a component returns for invalid arguments.
type Problems struct {
	// Type is the component's type token, Name its logical name.
	Type, Name string
	List       []environment.Problem
}

// Error lists the problems in the same form as problems in settings.
func (p Problems) Error() string {
	return environment.ListProblems(p.List, fmt.Sprintf("in the arguments of %s %q; nothing was registered", p.Type, p.Name))
}

// Check collects the problems in a component's arguments. Its zero value has none.
type Check struct {
	problems []environment.Problem
}

// Report adds a problem with a field. Typed is the Go expression to write instead.
func (c *Check) Report(field, typed, wrong string, args ...any) {
	c.problems = append(c.problems, environment.Problem{
		Key: field, Wrong: fmt.Sprintf(wrong, args...), Remedy: field + ": " + typed,
	})
}

// Text requires a text that is not empty.
func (c *Check) Text(field, text, typed string) {
	if text == "" {
		c.Report(field, typed, "is empty, and has no default")
	}
}

// Input requires an input: a value, or an output of a resource. Without one the SDK would
// panic or omit the property.
func (c *Check) Input(field string, input pulumi.StringInput, typed string) {
	if input == nil || input == (pulumi.StringOutput{}) {
		c.Report(field, typed, "is not given, and has no default")
	}
}

// Names requires a prefix with which every name is valid.
func (c *Check) Names(names environment.Names) {
	if wrong := names.Wrong(); wrong != "" {
		c.Report("Names", `environment.Names{Prefix: "acme-dev"}`, "%s", wrong)
	}
}

// Addresses requires a complete address plan.
func (c *Check) Addresses(a environment.Addresses) {
	for _, prefix := range []netip.Prefix{a.Block, a.Pods, a.Nodes, a.Services, a.ControlPlane} {
		if !prefix.IsValid() {
			c.Report("Addresses", `environment.ParseAddresses("10.64.0.0/16")`, "lacks a range; parse a block to get a complete plan")
			return
		}
	}
}

// Admin requires admin ranges that can reach the control plane and do not cover the whole
// internet. Its messages contain no range, since ranges may be secret.
func (c *Check) Admin(admin environment.Admin) {
	const typed = `environment.Admin{CIDRs: []netip.Prefix{netip.MustParsePrefix("YOUR.PUBLIC.IP.ADDRESS/32")}}`
	if len(admin.All()) == 0 {
		c.Report("Admin", typed, "has no range; nobody would reach the control plane")
	}
	if admin.PrivateEndpoint && len(admin.PrivateCIDRs) == 0 {
		c.Report("Admin.PrivateCIDRs", `[]netip.Prefix{netip.MustParsePrefix("192.168.10.0/24")}`,
			"has no range, but PrivateEndpoint is on; nobody would have a route to the control plane")
	}
	for _, prefix := range admin.All() {
		if !prefix.IsValid() || prefix.Addr().Is6() || prefix.Bits() == 0 {
			c.Report("Admin", typed, "has a range that is not an IPv4 range, or that covers the whole internet; list the addresses that administrators connect from")
			return
		}
	}
}

// Err is the error for the problems found, or nil if there are none.
func (c *Check) Err(kind, name string) error {
	if len(c.problems) == 0 {
		return nil
	}
	return Problems{Type: kind, Name: name, List: c.problems}
}
