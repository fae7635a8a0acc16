package admission

import (
	"fmt"
	"maps"
	"slices"

	"bastide/environment"
)

// SandboxRuntime is the runtime class that GKE creates for gVisor. It is also the value,
// with the key sandboxTaint, of the taint and label that GKE puts on the nodes of a
// sandbox pool. Source: GKE, "Harden workload isolation with GKE Sandbox".
const (
	SandboxRuntime = "gvisor"
	sandboxTaint   = "sandbox.gke.io/runtime"
)

// JobSelector is the node selector of jobs: the label of their node pool and, if they are
// sandboxed, the label that GKE gives to nodes with gVisor. The pool's label can't have a
// prefix that kubelets may not set, since GKE refuses those: docs/adr/0022.
func JobSelector(t environment.Taint, sandboxed bool) map[string]string {
	labels := t.Labels()
	if sandboxed {
		labels[sandboxTaint] = SandboxRuntime
	}
	return labels
}

// JobTolerations are the taints that a job has to tolerate to run on its node pool.
func JobTolerations(t environment.Taint, sandboxed bool) []environment.Taint {
	all := []environment.Taint{t}
	if sandboxed {
		all = append(all, environment.Taint{Key: sandboxTaint, Value: SandboxRuntime, Effect: t.Effect})
	}
	return all
}

// privilegedNamespaces are the namespaces that may have the Pod Security level privileged.
func (j JobParams) privilegedNamespaces() []string {
	if j.Privileged {
		return j.Namespaces
	}
	return nil
}

// allowedTolerations are the keys of the taints that a job may tolerate: those of its
// node pool, and the two that Kubernetes makes every pod tolerate for some minutes.
// Source: Kubernetes, admission controller DefaultTolerationSeconds.
func allowedTolerations(p Params) []string {
	keys := []string{"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}
	for _, t := range JobTolerations(p.Taint, p.Jobs.Sandbox) {
		keys = append(keys, t.Key)
	}
	return keys
}

// jobRules apply in the namespaces of build jobs only.
func jobRules(p Params) []Rule {
	if len(p.Jobs.Namespaces) == 0 {
		return nil
	}
	label := p.Taint.Key
	rules := []Rule{
		{
			ID: "job-placement", Controls: []string{"OWN build placement"}, Match: []Match{changedPods}, Scope: Jobs,
			Message: fmt.Sprintf("run build jobs on their own node pool: set nodeSelector to %s: %s, tolerate no taint but the pool's (%s), and omit nodeName", label, p.Taint.Value, p.Taint.Key),
			Variables: []NamedExpression{
				{"before", "oldObject == null ? [] : oldObject.spec.?tolerations.orValue([])"},
				{"keys", quoted(allowedTolerations(p))},
			},
			Valid: "(request.operation == 'UPDATE' || object.spec.?nodeName.orValue('') == '' && " +
				"object.spec.?nodeSelector[?'" + label + "'].orValue('') == '" + p.Taint.Value + "') && " +
				"object.spec.?tolerations.orValue([]).all(t, t in variables.before || t.?key.orValue('') in variables.keys)",
		},
		{
			ID: "job-identity", Controls: []string{"OWN build identity", "CIS 4.1.5"}, Match: []Match{newPods}, Scope: Jobs,
			Message: "run build jobs as the service account " + environment.JobAccount + " and without a token: remove automountServiceAccountToken and projected serviceAccountToken volumes",
			Valid: "object.spec.?serviceAccountName.orValue('default') in ['', 'default', '" + environment.JobAccount + "'] && " +
				"!object.spec.?automountServiceAccountToken.orValue(false) && " +
				"object.spec.?volumes.orValue([]).all(v, v.?projected.?sources.orValue([]).all(s, !has(s.serviceAccountToken)))",
		},
	}
	if p.Jobs.Sandbox {
		rules = append(rules, Rule{
			ID: "job-sandbox", Controls: []string{"CIS 5.10.3"}, Match: []Match{newPods}, Scope: Jobs,
			Message: "run build jobs under gVisor: set runtimeClassName to " + SandboxRuntime,
			Valid:   "object.spec.?runtimeClassName.orValue('') == '" + SandboxRuntime + "'",
		})
	}
	return rules
}

// Mutation is a MutatingAdmissionPolicy that sets fields which an object leaves out.
type Mutation struct {
	// Name is the policy's name, without its prefix.
	Name       string
	Match      []Match
	Namespaces Selector
	Patches    []Patch
}

// Mutations are all mutating policies of an environment. They never change a field that
// is set.
func Mutations(p Params) []Mutation {
	all := []Mutation{
		{Name: "pod-defaults", Match: []Match{newPods, debugPods}, Namespaces: p.Select(Unprivileged), Patches: Defaults(p)},
		{Name: "pod-limits", Match: []Match{newPods}, Namespaces: p.Select(NonExempt), Patches: limits(p)},
	}
	if len(p.Jobs.Namespaces) > 0 {
		all = append(all, Mutation{Name: "job-placement", Match: []Match{newPods}, Namespaces: p.Select(Jobs), Patches: placements(p)})
	}
	return all
}

// placements set the node selector, tolerations and runtime class of a job that does not
// set them itself. A job that asks for another node pool is left as it is, and the rules
// refuse it. Tolerations are an atomic list that ApplyConfiguration can't merge, hence
// JSON patches.
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
