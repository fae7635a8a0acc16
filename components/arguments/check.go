// Package arguments is what the arguments of components have in common: the check
// that comes before anything is registered, and how admin ranges become inputs.
package arguments

import (
	"fmt"
	"net/netip"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/environment"
)

// Problems is the error of arguments from which a component can't be made.
type Problems struct {
	// Type is the component's type token, Name its logical name.
	Type, Name string
	List       []environment.Problem
}

// Error lays the problems out as those of settings are.
func (p Problems) Error() string {
	return environment.LayOut(p.List, fmt.Sprintf("in the arguments of %s %q; nothing was registered", p.Type, p.Name))
}

// Check collects what is wrong with the arguments of a component. The zero value has
// found nothing.
type Check struct {
	problems []environment.Problem
}

// Report adds a problem of a field. Typed is what to write in its place, in Go.
func (c *Check) Report(field, typed, wrong string, args ...any) {
	c.problems = append(c.problems, environment.Problem{
		Key: field, Wrong: fmt.Sprintf(wrong, args...), Remedy: field + ": " + typed,
	})
}

// Text demands a text that is not empty.
func (c *Check) Text(field, text, typed string) {
	if text == "" {
		c.Report(field, typed, "is empty, and has no default")
	}
}

// Input demands an input: a value, or an output of a resource. Without one the SDK
// would panic, or leave the property out.
func (c *Check) Input(field string, input pulumi.StringInput, typed string) {
	if input == nil || input == (pulumi.StringOutput{}) {
		c.Report(field, typed, "is not given, and has no default")
	}
}

// Names demands a prefix that fits into every name.
func (c *Check) Names(names environment.Names) {
	if wrong := names.Wrong(); wrong != "" {
		c.Report("Names", `environment.Names{Prefix: "acme-dev"}`, "%s", wrong)
	}
}

// Addresses demands a plan that is complete.
func (c *Check) Addresses(a environment.Addresses) {
	for _, prefix := range []netip.Prefix{a.Block, a.Pods, a.Nodes, a.Services, a.ControlPlane} {
		if !prefix.IsValid() {
			c.Report("Addresses", `environment.ParseAddresses("10.64.0.0/16")`, "lacks a range; the plan of a block has them all")
			return
		}
	}
}

// Admin demands ranges from which somebody can come, none of which is everybody's. It
// names no range: they may be secret.
func (c *Check) Admin(admin environment.Admin) {
	const typed = `environment.Admin{CIDRs: []netip.Prefix{netip.MustParsePrefix("YOUR.PUBLIC.IP.ADDRESS/32")}}`
	if len(admin.All()) == 0 {
		c.Report("Admin", typed, "has no range; nobody would reach the control plane")
	}
	if admin.PrivateEndpoint && len(admin.PrivateCIDRs) == 0 {
		c.Report("Admin.PrivateCIDRs", `[]netip.Prefix{netip.MustParsePrefix("192.168.10.0/24")}`,
			"has no range, and PrivateEndpoint is on; nobody would have a route to the control plane")
	}
	for _, prefix := range admin.All() {
		if !prefix.IsValid() || prefix.Addr().Is6() || prefix.Bits() == 0 {
			c.Report("Admin", typed, "has a range that is no IPv4 range, or is the whole internet; name the addresses that administrators come from")
			return
		}
	}
}

// Err is nil where no problem was found.
func (c *Check) Err(kind, name string) error {
	if len(c.problems) == 0 {
		return nil
	}
	return Problems{Type: kind, Name: name, List: c.problems}
}
