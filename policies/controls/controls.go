// Package controls is the table of what "hardened" means here: each control, where
// it comes from, what the program promises of it, or why it is not met. It is data,
// and the only statement of a promise: the policy pack enforces it, the report of a
// rehearsal and `make live` check it, docs/controls.md and docs/policies.md print it.
package controls

import "slices"

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
	// Promises are what the program keeps of it, each enforced by a policy.
	Promises []Promise
	// Policies are those of other rows' promises that serve this control too. The
	// admission rules that serve it are not named here: each names its controls.
	Policies []string
	// Evidence are checks beside those of the promises. They show how the control
	// stands where a promise is code, or belongs to another row.
	Evidence []Check
	// Choice is the boolean setting that turns the control off, if there is one.
	Choice string
	// Only is "SETTING=VALUE", with which alone the control is met; empty for
	// every environment.
	Only string
	// Note says what the checks don't: how others meet it, or why nobody does.
	Note string
}

// Promise is what the program keeps, in every environment.
type Promise struct {
	// Policy is the name of the policy that enforces it, in lower case and hyphens.
	// policies/levels knows it by this name.
	Policy string
	// Says is the promise in one sentence.
	Says string
	// Why is what it protects from, or why it is kept in this way.
	Why string
	// Level is how much a violation weighs, unless an environment says otherwise.
	Level Level
	// Checks hold on every resource of their type. The policy demands each.
	Checks []Check
	// Code says that the policy demands more than the checks say. The rest is in the
	// file of policies/rules that is named after the policy: closed_firewall.go.
	Code bool
}

// Level is how much a violation weighs.
type Level string

// The levels, by the names that Pulumi gives them. There is no zero level: a
// promise says which one is its own.
const (
	// Mandatory fails a preview, and stops `up` before the resource is made.
	Mandatory Level = "mandatory"
	// Advisory is shown, and nothing more.
	Advisory Level = "advisory"
)

// Sources are the documents that the ids refer to.
var Sources = map[string]string{
	"CIS":   "CIS Google Kubernetes Engine Benchmark v1.9.0",
	"GUIDE": "Google, \"Harden your cluster's security\", 2026-04-10",
	"CFF":   "Cloud Foundation Fabric, hardened organization policies for GKE",
	"OWN":   "this project's own promises",
}

// All is the whole table, in the order in which it is printed.
func All() []Control {
	return slices.Concat(access, images, nodes, network, operations, encryption, workloads, secrets)
}

// Checks are all that show how the control stands: those of its promises, its further
// evidence, and that the cluster has the admission rules that serve it.
func (c Control) Checks() (all []Check) {
	for _, promise := range c.Promises {
		all = append(all, promise.Checks...)
	}
	all = append(all, c.Evidence...)
	for _, rule := range AdmissionRules {
		if slices.Contains(rule.Controls, c.ID) {
			all = append(all, rule.check())
		}
	}
	return all
}

// Serves are the controls that a policy serves: first the one whose row promises it.
func Serves(policy string) (ids []string) {
	for _, control := range All() {
		if slices.ContainsFunc(control.Promises, func(p Promise) bool { return p.Policy == policy }) {
			ids = append([]string{control.ID}, ids...)
		}
		if slices.Contains(control.Policies, policy) {
			ids = append(ids, control.ID)
		}
	}
	return ids
}
