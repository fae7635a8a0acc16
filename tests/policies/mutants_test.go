package policies_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"

	"bastide/internal/graph"
	"bastide/policies/controls"
	"bastide/policies/rule"
)

// survivors are mutants that weaken nothing, with the reason.
var survivors = map[string]string{
	"CIS 5.6.6: network-admin-ssh targetTags, opened": "a tag that no machine has: the rule opens nothing",
	"OWN egress: network-nat natIps, opened":          "no address of the project's: Compute Engine refuses it",
}

// Each check of each control is broken in every known way, on every resource that it applies
// to, one at a time. A rule of that control has to find a violation.
func TestEveryMutantIsCaught(t *testing.T) {
	settings := production(t)
	e := settings.Load(t)
	g, all := graph.Of(t, settings), rulesOf(t, e)
	intact := stackOf(g, e)
	killed, total := 0, 0
	for _, control := range controls.All() {
		if len(control.Checks()) == 0 {
			continue
		}
		t.Run(control.ID, func(t *testing.T) {
			mine := slices.DeleteFunc(slices.Clone(all), func(r rule.Rule) bool { return !slices.Contains(r.Controls, control.ID) })
			assert.NotEmpty(t, mine, "no rule serves %s", control.ID)
			for _, m := range mutants(g, control.Checks()) {
				total++
				broken := &rule.Stack{Environment: e, Resources: slices.Clone(intact.Resources)}
				view := seen(m.resource, m.properties, e)
				if m.at < 0 {
					broken.Resources = append(broken.Resources, view)
				} else {
					broken.Resources[m.at] = view
				}
				switch reason, known := survivors[control.ID+": "+m.String()]; {
				case caught(mine, broken, view):
					killed++
					assert.False(t, known, "%s is caught now; remove it from survivors", m)
				case known:
					t.Logf("%s survives: %s", m, reason)
				default:
					t.Errorf("%s survives", m)
				}
			}
		})
	}
	t.Logf("mutants: %d of %d killed, %d survive with a reason", killed, total, len(survivors))
	assert.Greater(t, total, 600)
}

// caught reports whether any of the rules finds a violation in a changed resource, or in the
// stack with it.
func caught(all []rule.Rule, stack *rule.Stack, changed *rule.Resource) bool {
	return slices.ContainsFunc(all, func(r rule.Rule) bool {
		return r.Inspects(changed.Type) && len(r.On(changed)) > 0 || r.EvaluateStack != nil && len(r.OnStack(stack)) > 0
	})
}

// mutant is a resource with one wrong property.
type mutant struct {
	check      controls.Check
	resource   graph.Resource
	at         int // index in the graph; -1 if the resource is new
	change     string
	properties property.Map
}

func (m mutant) String() string {
	return fmt.Sprintf("%s %s, %s", m.resource.Name, m.check.Path, m.change)
}

func mutants(g *graph.Graph, checks []controls.Check) (all []mutant) {
	for _, check := range checks {
		if check.Want == controls.Nowhere {
			all = append(all, mutant{check: check, resource: graph.Resource{Type: check.Type, Name: "new"}, at: -1, change: "made"})
		}
		for i, r := range g.Resources {
			if !check.Applies(r.Type, r.Name) {
				continue
			}
			inputs := property.New(resource.FromResourcePropertyMap(r.Inputs))
			for _, change := range changes(check.Want, find(inputs, check.Steps())) {
				changed := alter(inputs, check.Steps(), change.to)
				all = append(all, mutant{check: check, resource: r, at: i, change: change.name, properties: changed.AsMap()})
			}
		}
	}
	return all
}

// change is a change of a property; without a value the property is removed.
type change struct {
	name string
	to   *property.Value
}

func to[T property.GoValue](name string, value T) change {
	v := property.New(value)
	return change{name, &v}
}

// weaker are valid values that protect less.
var weaker = map[string]string{
	"restricted": "baseline", "STABLE": "RAPID", "ENFORCED_BLOCK_AND_AUDIT_LOG": "DRYRUN_AUDIT_LOG_ONLY",
	"INCLUDE_ALL_METADATA": "EXCLUDE_ALL_METADATA", "NO_SCHEDULE": "PREFER_NO_SCHEDULE", "GKE_METADATA": "GCE_METADATA",
	"ENCRYPTED": "DECRYPTED", "MANUAL_ONLY": "AUTO_ONLY", "enforced": "inherited", "BASIC": "DISABLED", "ADMIN_READ": "DATA_READ",
	"7776000s": "31536000s", "10368000s": "86400s", "ALWAYS_DENY": "ALWAYS_ALLOW", "Retain": "Delete", "encrypted": "standard-rwo",
	"RuntimeDefault": "Unconfined", "0": "10", "roles/artifactregistry.reader": "roles/artifactregistry.writer",
	"roles/storage.objectCreator": "roles/storage.objectAdmin", "roles/container.defaultNodeServiceAccount": "roles/editor",
	"roles/cloudkms.cryptoKeyEncrypterDecrypter": "roles/cloudkms.admin", "roles/cloudkms.viewer": "roles/owner",
	"ECDSA": "RSA", "all": "tcp",
}

// changes are the ways to break a check.
func changes(want any, is property.Value) []change {
	none := change{"removed", nil}
	switch want := want.(type) {
	case bool:
		return []change{none, to("flipped", !want), to("a text", strconv.FormatBool(want)+"!")}
	case int, float64:
		number := is.AsNumber()
		return []change{none, to("halved", number/2), to("zero", 0.0), to("negative", -number)}
	case controls.AtLeast:
		return changes(want.Least, is)
	case []any, controls.HasAll:
		return append(shorter(is), none, to("emptied", []property.Value{}), to("replaced", []property.Value{property.New("something else")}))
	case string:
		return append(weakened(want), none, to("emptied", ""), to("replaced", "something else"))
	}
	switch {
	case want == controls.Absent:
		return []change{to("opened", []property.Value{property.New(map[string]property.Value{"all": property.New(true)})})}
	case want == controls.Secret:
		return []change{{"unmarked", new(is.WithSecret(false))}}
	case is.IsArray():
		return []change{none, to("emptied", []property.Value{}), to("opened", []property.Value{property.New("0.0.0.0/0")})}
	case is.IsMap():
		return []change{none, to("emptied", map[string]property.Value{})}
	case is.IsNumber():
		return []change{none, to("even", 2.0), to("zero", 0.0)}
	}
	return append(weakened(text(is)), none, to("emptied", ""), to("replaced", "something else"))
}

func text(v property.Value) string {
	if v.IsString() {
		return v.AsString()
	}
	return ""
}

func weakened(value string) []change {
	if less, known := weaker[value]; known {
		return []change{to("weakened", less)}
	}
	return nil
}

// shorter removes each element of a list in turn.
func shorter(is property.Value) (all []change) {
	elements := is.AsArray().AsSlice()
	for i := range elements {
		all = append(all, to(fmt.Sprintf("without element %d", i), slices.Delete(slices.Clone(elements), i, i+1)))
	}
	return all
}

// find returns the value at a path.
func find(v property.Value, path []string) property.Value {
	for _, step := range path {
		switch {
		case v.IsMap():
			v = v.AsMap().Get(step)
		case v.IsArray():
			i, err := strconv.Atoi(step)
			if err != nil || i >= v.AsArray().Len() {
				return property.Value{}
			}
			v = v.AsArray().Get(i)
		default:
			return property.Value{}
		}
	}
	return v
}

// alter sets the value at a path, or removes it. Secret marks on the path are kept.
func alter(v property.Value, path []string, to *property.Value) property.Value {
	if len(path) == 0 {
		return *to
	}
	step := path[0]
	if v.IsArray() {
		elements := v.AsArray().AsSlice()
		i, _ := strconv.Atoi(step)
		if len(path) == 1 && to == nil {
			return property.New(slices.Delete(elements, i, i+1)).WithSecret(v.Secret())
		}
		elements[i] = alter(elements[i], path[1:], to)
		return property.New(elements).WithSecret(v.Secret())
	}
	fields := map[string]property.Value{}
	if v.IsMap() {
		maps.Copy(fields, v.AsMap().AsMap())
	}
	if len(path) == 1 && to == nil {
		delete(fields, step)
	} else {
		fields[step] = alter(fields[step], path[1:], to)
	}
	return property.New(fields).WithSecret(v.Secret())
}
