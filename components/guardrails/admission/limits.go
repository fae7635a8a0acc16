package admission

import (
	"fmt"
	"strings"

	"bastide/components/guardrails/sizes"
)

// limitRules require limits of the resources that can't be reclaimed from a running
// container. A LimitRange can't supply them: see sizes.Bounds. Debug containers have no
// resources, so they are not checked.
func limitRules() []Rule {
	var conditions []string
	for _, resource := range sizes.Limited {
		conditions = append(conditions, fmt.Sprintf("(%s || variables.containers.all(c, isQuantity(string(c.?resources.?limits[?'%s'].orValue('')))))", hasPodLimit(resource), resource))
	}
	return []Rule{{
		ID: "resource-limits", Controls: []string{"OWN limits"}, Match: []Match{newPods},
		Message: "set resources.limits.memory and resources.limits.ephemeral-storage in every container, including init containers, to at least what the container requests; " +
			"from Kubernetes 1.36 on, a missing limit defaults to that of the namespace's size, or to the request if that is higher",
		Variables: containerVariables[:1],
		Valid:     strings.Join(conditions, " && "),
	}}
}

// hasPodLimit is true for a pod with a pod-level limit of a resource, which no
// container's limit may exceed. Kubernetes has pod-level limits of memory, but not of
// ephemeral storage. Source: Kubernetes 1.36.3, pkg/apis/core/validation;
// component-helpers, SupportedPodLevelResources. The types with which the API server
// checks expressions lack the field, hence dyn.
func hasPodLimit(resource string) string {
	return fmt.Sprintf("dyn(object.spec).?resources.?limits[?'%s'].hasValue()", resource)
}

// limits set the limits that a container leaves out: to those of its namespace's size, or
// to what it requests if that is more.
func limits(p Params) (patches []Patch) {
	for _, list := range []string{"containers", "initContainers"} {
		for _, resource := range sizes.Limited {
			patches = append(patches, Patch{"JSONPatch", limitPatch(list, resource, defaultOf(p, resource))})
		}
	}
	return patches
}

// limitPatch adds one limit where it is missing. It adds as much of the path as is
// missing, because an empty map does not survive from one patch to the next.
func limitPatch(list, resource, standard string) string {
	const limits = "c.?resources.?limits"
	request := fmt.Sprintf("c.?resources.?requests[?'%s']", resource)
	value := fmt.Sprintf("(%[1]s.hasValue() && quantity(string(%[1]s.value())).isGreaterThan(quantity(%[2]s)) ? string(%[1]s.value()) : %[2]s)", request, standard)
	patch := func(when, path, value string) string {
		return fmt.Sprintf(`object.spec.?%s.orValue([]).transformList(i, c, %s, JSONPatch{op: "add", path: "/spec/%s/" + string(i) + "/resources%s", value: %s})`,
			list, when, list, path, value)
	}
	added := strings.Join([]string{
		patch("!c.?resources.hasValue()", "", fmt.Sprintf(`{"limits": {"%s": %s}}`, resource, value)),
		patch("c.?resources.hasValue() && !"+limits+".hasValue()", "/limits", fmt.Sprintf(`{"%s": %s}`, resource, value)),
		patch(limits+".hasValue() && !"+limits+"[?'"+resource+"'].hasValue()", "/limits/"+resource, value),
	}, " +\n")
	return hasPodLimit(resource) + " ? [] : " + added
}

// defaultOf is a CEL expression of the default limit in the request's namespace. A
// namespace that the program did not create gets the limit of the smallest size.
func defaultOf(p Params, resource string) string {
	least := sizes.Workloads(sizes.All[0]).Limits[resource]
	var all []string
	for _, name := range sizes.Names(p.Bounds) {
		if limit := p.Bounds[name].Limits[resource]; limit != least {
			all = append(all, fmt.Sprintf("'%s': '%s'", name, limit))
		}
	}
	if len(all) == 0 {
		return "'" + least + "'"
	}
	return fmt.Sprintf("{%s}[?request.namespace].orValue('%s')", strings.Join(all, ", "), least)
}
