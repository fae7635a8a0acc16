package controls_test

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment"
	"bastide/environment/environmenttest"
	"bastide/internal/generated"
	"bastide/internal/graph"
	"bastide/policies/controls"
	"bastide/policies/controls/token"
	"bastide/policies/rules"
)

var update = flag.Bool("update", false, "write the tables into docs/")

// docs/controls.md lists the controls.
func TestControlsDocumentIsUpToDate(t *testing.T) {
	settings := environmenttest.File(t, environmenttest.Root(t)+"/tests/environments/Pulumi.production.yaml")
	all, err := rules.For(settings.Load(t))
	require.NoError(t, err)
	policies := map[string][]string{}
	for _, r := range all {
		for _, control := range r.Controls {
			policies[control] = append(policies[control], r.Name)
		}
	}
	g := graph.Of(t, settings)
	var b strings.Builder
	b.WriteString("| control | asks for | set in | policy | admission rule | test |\n|---|---|---|---|---|---|\n")
	for _, control := range controls.All() {
		where := place(t, g, control)
		b.WriteString(row(control, where, policies[control.ID]))
	}
	b.WriteString("\n")
	for _, source := range slices.Sorted(maps.Keys(controls.Sources)) {
		fmt.Fprintf(&b, "%s: %s.  \n", source, controls.Sources[source])
	}
	generated.Section(t, environmenttest.Root(t)+"/docs/controls.md", "controls", b.String(), *update)
}

// docs/policies.md lists the policies, at the levels that they have by default,
// except those that docs/admission.md lists as admission rules.
func TestPoliciesDocumentIsUpToDate(t *testing.T) {
	all, err := rules.For(environmenttest.Small(t).Load(t))
	require.NoError(t, err)
	var b strings.Builder
	why := map[string]string{}
	for _, control := range controls.All() {
		for _, promise := range control.Promises {
			why[promise.Policy] = promise.Why
		}
	}
	b.WriteString("| policy | promise | why | level | serves |\n|---|---|---|---|---|\n")
	for _, r := range all {
		if slices.Contains(environment.AdmissionRules, r.Name) {
			continue
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", r.Name, r.Promise, why[r.Name], r.Level, strings.Join(r.Controls, ", "))
	}
	generated.Section(t, environmenttest.Root(t)+"/docs/policies.md", "policies", b.String(), *update)
}

func row(control controls.Control, where string, policies []string) string {
	var admitted, tests []string
	if len(control.Checks()) > 0 {
		tests = append(tests, "mutants/"+strings.ReplaceAll(control.ID, " ", "_"))
	}
	for _, name := range policies {
		if slices.Contains(environment.AdmissionRules, name) {
			admitted = append(admitted, code(name))
			tests = append(tests, "corpus/"+name)
		}
	}
	var named []string
	for _, name := range policies {
		named = append(named, code(name))
	}
	cells := []string{control.ID, control.Title, where, strings.Join(named, ", "), strings.Join(admitted, ", "), strings.Join(tests, ", ")}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

func code(text string) string { return "`" + text + "`" }

// place says where a control is met: in which component and properties, by whom instead, or
// why it is not met.
func place(t *testing.T, g *graph.Graph, control controls.Control) string {
	t.Helper()
	var parts []string
	if len(control.Checks()) == 0 {
		parts = append(parts, string(control.By))
	}
	last := ""
	for _, check := range control.Checks() {
		home, promise := component(g, check), check.String()
		switch {
		case check.Want == controls.Nowhere:
		case check.Type == token.AdmissionBinding && last != "":
			continue // the rule has a column of its own
		case check.Type == token.AdmissionBinding:
			promise = home
		case home != last:
			promise = home + ": " + promise
		}
		assert.Equal(t, home == "", check.Want == controls.Nowhere, "no component registers the resource of %s", check)
		parts, last = append(parts, promise), home
	}
	if control.Choice != "" {
		parts = append(parts, "unless `"+control.Choice+"` is off")
	}
	if control.Only != "" {
		parts = append(parts, "where `"+control.Only+"`")
	}
	if control.Note != "" {
		parts = append(parts, control.Note)
	}
	return strings.Join(parts, "; ")
}

// folders are the components' folders, by the last part of their types.
var folders = map[string]string{
	"Project": "project", "Keys": "keys", "Network": "network", "Cluster": "cluster", "Guardrails": "guardrails",
	"Namespace": "guardrails", "OpenBao": "openbao", "OpenBaoInside": "openbao", "CI": "ci",
}

// component is the folder of the component that registers the resources of a check.
func component(g *graph.Graph, check controls.Check) string {
	for _, r := range g.Resources {
		if check.Applies(r.Type, r.Name) {
			kind := r.Parent[:strings.LastIndex(r.Parent, "::")]
			return folders[kind[strings.LastIndex(kind, ":")+1:]]
		}
	}
	return ""
}
