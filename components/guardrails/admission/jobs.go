package admission

import (
	"fmt"
	"maps"
	"slices"

	"bastide/environment"
)

// SandboxRuntime is the runtime class that GKE makes for gVisor, and the key and
// value of the taint and label that it puts on nodes of a sandbox pool. Source:
// GKE, "Harden workload isolation with GKE Sandbox".
const (
	SandboxRuntime = "gvisor"
	sandboxTaint   = "sandbox.gke.io/runtime"
)

// JobSelector is what jobs ask of their node: the label of their pool, and under
// gVisor the one that GKE gives to nodes which have it. GKE takes no label of the
// prefixes that kubelets can't set: docs/adr/0022.
func JobSelector(t environment.Taint, sandboxed bool) map[string]string {
	labels := t.Labels()
	if sandboxed {
		labels[sandboxTaint] = SandboxRuntime
	}
	return labels
}

// JobTolerations are what a job needs to get there.
func JobTolerations(t environment.Taint, sandboxed bool) []environment.Taint {
	all := []environment.Taint{t}
	if sandboxed {
		all = append(all, environment.Taint{Key: sandboxTaint, Value: SandboxRuntime, Effect: t.Effect})
	}
	return all
}

// owners are the namespaces whose containers may own their node.
func (j JobParams) owners() []string {
	if j.Privileged {
		return j.Namespaces
	}
	return nil
}

// ownTolerations are the keys of taints that a job may tolerate: the pool's, and
// those for which Kubernetes lets every pod wait a while. Source: Kubernetes,
// admission controller DefaultTolerationSeconds.
func ownTolerations(p Params) []string {
	keys := []string{"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}
	for _, t := range JobTolerations(p.Taint, p.Jobs.Sandbox) {
		keys = append(keys, t.Key)
	}
	return keys
}

// jobRules are about build jobs, and nothing else.
func jobRules(p Params) []Rule {
	if len(p.Jobs.Namespaces) == 0 {
		return nil
	}
	label := p.Taint.Key
	rules := []Rule{
		{
			ID: "job-placement", Controls: []string{"OWN build placement"}, Match: []Match{changedPods}, Scope: Jobs,
			Message: fmt.Sprintf("let build jobs run on their own pool: nodeSelector %s: %s, tolerations of its taint %s and no other, and no nodeName", label, p.Taint.Value, p.Taint.Key),
			Variables: []Named{
				{"before", "oldObject == null ? [] : oldObject.spec.?tolerations.orValue([])"},
				{"keys", quoted(ownTolerations(p))},
			},
			Valid: "(request.operation == 'UPDATE' || object.spec.?nodeName.orValue('') == '' && " +
				"object.spec.?nodeSelector[?'" + label + "'].orValue('') == '" + p.Taint.Value + "') && " +
				"object.spec.?tolerations.orValue([]).all(t, t in variables.before || t.?key.orValue('') in variables.keys)",
		},
		{
			ID: "job-identity", Controls: []string{"OWN build identity", "CIS 4.1.5"}, Match: []Match{newPods}, Scope: Jobs,
			Message: "let build jobs run as the service account " + environment.JobAccount + ", without a token: leave out automountServiceAccountToken and projected serviceAccountToken volumes",
			Valid: "object.spec.?serviceAccountName.orValue('default') in ['', 'default', '" + environment.JobAccount + "'] && " +
				"!object.spec.?automountServiceAccountToken.orValue(false) && " +
				"object.spec.?volumes.orValue([]).all(v, v.?projected.?sources.orValue([]).all(s, !has(s.serviceAccountToken)))",
		},
	}
	if p.Jobs.Sandbox {
		rules = append(rules, Rule{
			ID: "job-sandbox", Controls: []string{"CIS 5.10.3"}, Match: []Match{newPods}, Scope: Jobs,
			Message: "let build jobs run under gVisor: runtimeClassName " + SandboxRuntime,
			Valid:   "object.spec.?runtimeClassName.orValue('') == '" + SandboxRuntime + "'",
		})
	}
	return rules
}

// Filling is a policy that fills in what is absent.
type Filling struct {
	// Name is the policy's.
	Name       string
	Match      []Match
	Namespaces Selector
	Patches    []Patch
}

// Fillings are all of them. They never change what is there.
func Fillings(p Params) []Filling {
	all := []Filling{
		{Name: "pod-defaults", Match: []Match{newPods, debugPods}, Namespaces: p.Select(Confined), Patches: Defaults(p)},
		{Name: "pod-limits", Match: []Match{newPods}, Namespaces: p.Select(Guarded), Patches: limits(p)},
	}
	if len(p.Jobs.Namespaces) > 0 {
		all = append(all, Filling{Name: "job-placement", Match: []Match{newPods}, Namespaces: p.Select(Jobs), Patches: placements(p)})
	}
	return all
}

// placements bring a job to its pool that does not ask for it by itself. What
// asks for another place is left as it is, for the rules to refuse. Selectors and
// tolerations are lists and maps that can't be merged, hence patches.
func placements(p Params) []Patch {
	var patches []Patch
	selector := JobSelector(p.Taint, p.Jobs.Sandbox)
	for _, label := range slices.Sorted(maps.Keys(selector)) {
		patches = append(patches, Patch{"JSONPatch", fmt.Sprintf(
			"object.spec.?nodeSelector[?'%[1]s'].hasValue() ? [] : has(object.spec.nodeSelector) ? "+
				`[JSONPatch{op: "add", path: "/spec/nodeSelector/" + jsonpatch.escapeKey("%[1]s"), value: "%[2]s"}] : `+
				`[JSONPatch{op: "add", path: "/spec/nodeSelector", value: {"%[1]s": "%[2]s"}}]`, label, selector[label])})
	}
	for _, t := range JobTolerations(p.Taint, p.Jobs.Sandbox) {
		toleration := fmt.Sprintf("{'key': '%s', 'operator': 'Equal', 'value': '%s', 'effect': '%s'}", t.Key, t.Value, t.Effect)
		patches = append(patches, Patch{"JSONPatch", fmt.Sprintf(
			"object.spec.?tolerations.orValue([]).exists(t, t.?key.orValue('') == '%[1]s') ? [] : has(object.spec.tolerations) ? "+
				`[JSONPatch{op: "add", path: "/spec/tolerations/-", value: %[2]s}] : [JSONPatch{op: "add", path: "/spec/tolerations", value: [%[2]s]}]`,
			t.Key, toleration)})
	}
	if p.Jobs.Sandbox {
		patches = append(patches, Patch{"ApplyConfiguration", fmt.Sprintf(
			"Object{spec: Object.spec{?runtimeClassName: object.spec.?runtimeClassName.or(optional.of('%s'))}}", SandboxRuntime)})
	}
	return patches
}
