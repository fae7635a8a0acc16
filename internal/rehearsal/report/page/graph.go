package page

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// The types that the picture leaves out: the stack itself, and providers.
const (
	stackType    = "pulumi:pulumi:Stack"
	providerType = "pulumi:providers:"
	// rest is the title of the box for resources that belong to no component.
	rest = "program"
)

// tree assigns resources to boxes.
type tree struct {
	states  map[resource.URN]apitype.ResourceV3
	boxes   map[resource.URN]*box
	order   []*box
	program *box
}

// gather makes a box for each component of the program, with nested ones for the
// components in it.
func gather(deployment *apitype.DeploymentV3) []*box {
	t := tree{states: map[resource.URN]apitype.ResourceV3{}, boxes: map[resource.URN]*box{}}
	for _, r := range deployment.Resources {
		t.states[r.URN] = r
	}
	members := map[*box]map[string][]string{} // names by type
	sizes := map[*box]int{}
	for _, r := range deployment.Resources {
		if r.Type == stackType || strings.HasPrefix(string(r.Type), providerType) {
			continue
		}
		if component(r) {
			t.at(r.URN)
			continue
		}
		home := t.home(r)
		if members[home] == nil {
			members[home] = map[string][]string{}
		}
		members[home][string(r.Type)] = append(members[home][string(r.Type)], r.URN.Name())
		sizes[t.top(r)]++
		t.need(r)
	}
	for home, types := range members {
		home.Chips = chips(types)
	}
	for _, b := range t.order {
		b.Note = counted(sizes[b]) + b.note()
	}
	return t.order
}

func counted(resources int) string {
	if resources == 1 {
		return "1 resource"
	}
	return fmt.Sprintf("%d resources", resources)
}

func component(r apitype.ResourceV3) bool { return !r.Custom }

// at is the box of a component, made on first use.
func (t *tree) at(urn resource.URN) *box {
	if known, ok := t.boxes[urn]; ok {
		return known
	}
	made := &box{Title: urn.Name(), needs: map[string]int{}}
	t.boxes[urn] = made
	parent, known := t.states[t.states[urn].Parent]
	if !known || parent.Type == stackType {
		t.order = append(t.order, made)
		return made
	}
	outer := t.at(parent.URN)
	made.Title = strings.TrimPrefix(made.Title, outer.Title+"-")
	outer.Nested = append(outer.Nested, made)
	return made
}

// home is the innermost box around a resource.
func (t *tree) home(r apitype.ResourceV3) *box {
	for parent, known := t.states[r.Parent]; known; parent, known = t.states[parent.Parent] {
		if component(parent) && parent.Type != stackType {
			return t.at(parent.URN)
		}
	}
	if t.program == nil {
		t.program = &box{Title: rest, needs: map[string]int{}}
		t.order = append(t.order, t.program)
	}
	return t.program
}

// top is the outermost box around a resource.
func (t *tree) top(r apitype.ResourceV3) *box {
	outermost := t.home(r)
	for parent, known := t.states[r.Parent]; known && parent.Type != stackType; parent, known = t.states[parent.Parent] {
		if component(parent) {
			outermost = t.at(parent.URN)
		}
	}
	return outermost
}

// need counts the dependencies of a resource, and of the components around it, on other
// boxes.
func (t *tree) need(r apitype.ResourceV3) {
	own := t.top(r)
	for _, urn := range t.before(r) {
		other, known := t.states[urn]
		if !known || other.Type == stackType || strings.HasPrefix(string(other.Type), providerType) {
			continue
		}
		needed := t.top(other)
		if component(other) {
			needed = t.outermost(other)
		}
		if needed != own {
			own.needs[needed.Title]++
		}
	}
}

func (t *tree) outermost(r apitype.ResourceV3) *box {
	found := t.at(r.URN)
	for parent, known := t.states[r.Parent]; known && parent.Type != stackType; parent, known = t.states[parent.Parent] {
		found = t.at(parent.URN)
	}
	return found
}

// before are the dependencies of a resource, of its provider and of its parents.
func (t *tree) before(r apitype.ResourceV3) []resource.URN {
	all := slices.Clone(r.Dependencies)
	if at := strings.LastIndex(r.Provider, "::"); at >= 0 {
		all = append(all, t.states[resource.URN(r.Provider[:at])].Dependencies...)
	}
	for parent, known := t.states[r.Parent]; known && component(parent) && parent.Type != stackType; parent, known = t.states[parent.Parent] {
		all = append(all, parent.Dependencies...)
	}
	return all
}

// chips makes a chip for each type, the most numerous first.
func chips(types map[string][]string) (all []chip) {
	for kind, names := range types {
		slices.Sort(names)
		text := kind[strings.LastIndex(kind, ":")+1:]
		if len(names) > 1 {
			text += fmt.Sprintf(" × %d", len(names))
		}
		platform, _, _ := strings.Cut(kind, ":")
		all = append(all, chip{Text: text, Package: platform, Names: strings.Join(names, "\n")})
	}
	slices.SortFunc(all, func(a, b chip) int {
		return cmp.Or(cmp.Compare(strings.Count(b.Names, "\n"), strings.Count(a.Names, "\n")), strings.Compare(a.Text, b.Text))
	})
	return all
}
