// Package controls is the table of what "hardened" means here: each control,
// where it comes from, what meets it and what shows it, or why it is not met.
// It is data. docs/controls.md prints it, and tests hold the program and the policy pack
// against it.
package controls

// By tells who meets a control.
type By string

// Who meets controls.
const (
	// Program: properties that the program sets on Google Cloud resources.
	Program By = "program"
	// Cluster: Kubernetes objects that the program creates.
	Cluster By = "cluster"
	// Google: GKE does it, and the program could not undo it.
	Google By = "Google"
	// Operator: people have to do it; the note says what.
	Operator By = "operator"
	// Nobody: it is not met; the note says why.
	Nobody By = "not met"
)

// Control is one row.
type Control struct {
	// ID is the control's name in its source.
	ID string
	// Title is what it asks for.
	Title string
	// By tells who meets it.
	By By
	// Checks are what the program promises, if By is Program: each holds on
	// every resource of its type.
	Checks []Check
	// Choice is the boolean setting that turns the control off, if there is one.
	Choice string
	// Only is "SETTING=VALUE", with which alone the control is met; empty for
	// every environment.
	Only string
	// Note says what the checks don't: how others meet it, or why nobody does.
	Note string
}

// Check is a promise about one property.
type Check struct {
	// Type is a Pulumi type token.
	Type string
	// Name restricts the check to resources whose logical name ends in it.
	Name string
	// Path is the property's path, with dots; a last step that has dots of its own
	// stands in brackets.
	Path string
	// Want is the value, or one of the Conditions.
	Want any
	// Optional says that an environment need not have such a resource.
	Optional bool
}

// Condition is what a property has to be like where no one value will do.
type Condition string

// Conditions.
const (
	// Present: there is a value that is not empty.
	Present Condition = "is set"
	// Absent: there is no value.
	Absent Condition = "is not set"
	// Secret: the value is marked as a secret.
	Secret Condition = "is marked as a secret" //nolint:gosec // words
	// Nowhere: no resource is of this type. It needs no path.
	Nowhere Condition = "is never made"
)

// Masked is what stands for a secret where values are plain.
const Masked = "[secret]"

// Sources are the documents that the ids refer to.
var Sources = map[string]string{
	"CIS":   "CIS Google Kubernetes Engine Benchmark v1.9.0",
	"GUIDE": "Google, \"Harden your cluster's security\", 2026-04-10",
	"CFF":   "Cloud Foundation Fabric, hardened organization policies for GKE",
	"OWN":   "this project's own promises",
}

// All is the whole table, in the order in which it is printed.
func All() []Control {
	var all []Control
	for _, part := range [][]Control{access, images, nodes, network, operations, encryption, inside, secrets} {
		all = append(all, part...)
	}
	return all
}
