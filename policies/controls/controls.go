// Package controls is the table of security controls: each control, its source, and what
// the program promises to meet it, or why it is not met. A promise is stated only here,
// as data: the policy pack enforces it, rehearsal reports and `make live` check it, and
// docs/controls.md and docs/policies.md are generated from it.
package controls

import "slices"

// By says who meets a control.
type By string

// The values of By.
const (
	// Program: the program sets properties of Google Cloud resources.
	Program By = "program"
	// Cluster: the program creates Kubernetes objects.
	Cluster By = "cluster"
	// Google: GKE meets it, and the program can't change that.
	Google By = "Google"
	// Operator: people have to meet it; the note says how.
	Operator By = "operator"
	// Nobody: it is not met; the note says why.
	Nobody By = "not met"
)

// Control is one row.
type Control struct {
	// ID is the control's name in its source.
	ID string
	// Title is what it requires.
	Title string
	// By says who meets it.
	By By
	// Promises are what the program does to meet it, each enforced by a policy.
	Promises []Promise
	// Policies are policies of other rows' promises that serve this control too.
	// Admission rules that serve it are not listed: each lists its controls.
	Policies []string
	// Evidence are checks in addition to those of the promises. They show whether the
	// control is met if a promise is enforced by code, or belongs to another row.
	Evidence []Check
	// Choice is the boolean setting that turns the control off, if there is one.
	Choice string
	// Only is the SETTING=VALUE that the control depends on; empty if it is met in
	// every environment.
	Only string
	// Note says what the checks don't: how others meet it, or why it is not met.
	Note string
}

// Promise is a property that every environment has.
type Promise struct {
	// Policy is the name of the policy that enforces it, in lower case and hyphens.
	// policies/levels refers to it by this name.
	Policy string
	// Says is the promise in one sentence.
	Says string
	// Why says what it protects against, or why it is implemented in this way.
	Why string
	// Level is the policy's enforcement level, unless an environment overrides it.
	Level Level
	// Checks hold for every resource of their type. The policy enforces each.
	Checks []Check
	// Code says that the policy enforces more than the checks. The rest is in the file
	// in policies/rules that is named after the policy, such as closed_firewall.go.
	Code bool
}

// Level is an enforcement level.
type Level string

// The levels, by Pulumi's names. The zero value is invalid: every promise states its
// level.
const (
	// Mandatory fails a preview, and stops `up` before the resource is made.
	Mandatory Level = "mandatory"
	// Advisory shows a violation, and has no other effect.
	Advisory Level = "advisory"
)

// Sources are the documents that the prefixes of IDs refer to.
var Sources = map[string]string{
	"CIS":   "CIS Google Kubernetes Engine Benchmark v1.9.0",
	"GUIDE": "Google, \"Harden your cluster's security\", 2026-04-10",
	"CFF":   "Cloud Foundation Fabric, hardened organization policies for GKE",
	"OWN":   "this project's own promises",
}

// All is the whole table, in the order of the documentation.
func All() []Control {
	return slices.Concat(access, images, nodes, network, operations, encryption, workloads, secrets)
}

// Checks are all checks of the control: those of its promises, its evidence, and those
// that the cluster has the admission rules that serve it.
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

// Serves are the IDs of the controls that a policy serves, beginning with that of its
// own row.
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
