package admission

import (
	"fmt"
	"strings"

	"bastide/components/guardrails/sizes"
)

// limitRules demand a limit of what can't be taken back. A LimitRange can't give
// it: see sizes.Bounds. Debug containers have no resources.
func limitRules() []Rule {
	var demands []string
	for _, resource := range sizes.Limited {
		demands = append(demands, fmt.Sprintf("(%s || variables.containers.all(c, isQuantity(string(c.?resources.?limits[?'%s'].orValue('')))))", limitedAsAWhole(resource), resource))
	}
	return []Rule{{
		ID: "resource-limits", Controls: []string{"OWN limits"}, Match: []Match{newPods},
		Message: "set resources.limits.memory and resources.limits.ephemeral-storage in every container, init containers included, to no less than it requests; " +
			"from Kubernetes 1.36 on, what is absent is filled in by the namespace's size, and is never less than what is requested",
		Variables: containerVariables[:1],
		Valid:     strings.Join(demands, " && "),
	}}
}

// limitedAsAWhole tells whether a pod has a limit for all its containers together,
// which the limit of one may not exceed. There is none for disk. Source: Kubernetes
// 1.36.3, pkg/apis/core/validation; component-helpers, SupportedPodLevelResources.
// The API server's own types don't know the field of a pod, hence dyn.
func limitedAsAWhole(resource string) string {
	return fmt.Sprintf("dyn(object.spec).?resources.?limits[?'%s'].hasValue()", resource)
}

// limits fill in the limits that a container does not set: those of its namespace's
// size, or what it requests if that is more.
func limits(p Params) (patches []Patch) {
	for _, list := range []string{"containers", "initContainers"} {
		for _, resource := range sizes.Limited {
			patches = append(patches, Patch{"JSONPatch", limitPatch(list, resource, defaultOf(p, resource))})
		}
	}
	return patches
}

// limitPatch adds one limit where there is none. An empty map does not survive
// from one patch to the next, so each adds as much of the path as is missing.
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
	return limitedAsAWhole(resource) + " ? [] : " + added
}

// defaultOf is the limit that a container of the request's namespace gets. In one
// that was made by hand it is that of the smallest size.
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
