// Package values writes what the charts of Estafette, GitLab's runner and GitHub's
// runner controller are told, so that their jobs ask for the place that the
// cluster gives them anyway. It is pure: no resource is made here.
package values

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"bastide/components/guardrails/admission"
	"bastide/components/guardrails/sizes"
	"bastide/environment"
)

// Document is the values of one release of a chart.
type Document struct {
	// Name is the release's, and the file's.
	Name string
	// System is the one that it belongs to.
	System string
	// Namespace is where the release goes.
	Namespace string
	// Chart is what is installed.
	Chart Chart
	// Values are for the chart.
	Values map[string]any
}

// Chart is a chart in a repository, of one version.
type Chart struct {
	// Name is the chart's, or its whole address in an OCI registry.
	Name string
	// Repository is where it is; empty for an OCI registry.
	Repository string
	// Version is the chart's own.
	Version string
}

// The charts, each of the version whose values were read: internal/rehearsal/charts/keys has
// them. Sources: estafette/helm-charts of 2025-10-20; gitlab-runner's values.yaml of
// 0.89.0 as somaz94/cicd-monitoring has it, 84a129a; the releases of
// actions/actions-runner-controller.
var (
	EstafetteChart  = Chart{"estafette-ci", "https://helm.estafette.io", "1.5.14"}
	GitLabChart     = Chart{"gitlab-runner", "https://charts.gitlab.io", "0.89.0"}
	ControllerChart = Chart{"oci://ghcr.io/actions/actions-runner-controller-charts/gha-runner-scale-set-controller", "", "0.14.2"}
	RunnerSetChart  = Chart{"oci://ghcr.io/actions/actions-runner-controller-charts/gha-runner-scale-set", "", "0.14.2"}
)

// Settings is what the documents are made from. What has no default has to be given.
type Settings struct {
	// CI is who sends build jobs, where they run and how, with the taint of their nodes.
	CI environment.CI
	// OwnImages is the pattern of the images of the cluster's own registry, which jobs
	// may run.
	OwnImages string
	// OpenBaoImage is OpenBao's, for the agent that fetches Estafette's keys. Not
	// needed where Estafette sends no jobs.
	OpenBaoImage environment.Image
}

// All are the documents of each system that sends jobs, for each of its namespaces.
func All(s Settings) (all []Document, err error) {
	for system, write := range map[string]func(Settings, environment.JobNamespace) ([]Document, error){
		environment.Estafette: estafette, environment.GitLab: gitlab, environment.GitHub: github,
	} {
		for _, namespace := range s.CI.NamespacesOf(system) {
			documents, err := write(s, namespace)
			if err != nil {
				return nil, err
			}
			all = append(all, documents...)
		}
	}
	slices.SortStableFunc(all, func(a, b Document) int { return strings.Compare(a.System, b.System) })
	return all, nil
}

// YAML is the document as a file for `helm --values`.
func (d Document) YAML() (string, error) {
	text, err := yaml.Marshal(d.Values)
	if err != nil {
		return "", fmt.Errorf("writing the values of %s: %w", d.Name, err)
	}
	where := d.Chart.Name
	if d.Chart.Repository != "" {
		where += " --repo " + d.Chart.Repository
	}
	return fmt.Sprintf("# helm upgrade --install %s %s --version %s --namespace %s --values %s.yaml\n%s",
		d.Name, where, d.Chart.Version, d.Namespace, d.Name, text), nil
}

func (s Settings) taint() environment.Taint { return *s.CI.Pool.Taint }
func (s Settings) sandboxed() bool          { return s.CI.Mode == environment.Sandbox }

func (s Settings) selector() map[string]any {
	labels := map[string]any{}
	for key, value := range admission.JobSelector(s.taint(), s.sandboxed()) {
		labels[key] = value
	}
	return labels
}

func (s Settings) tolerations() []any {
	var all []any
	for _, t := range admission.JobTolerations(s.taint(), s.sandboxed()) {
		all = append(all, map[string]any{"key": t.Key, "operator": "Equal", "value": t.Value, "effect": t.Effect})
	}
	return all
}

// affinity is the same demand in the form that Estafette documents.
func (s Settings) affinity() map[string]any {
	match := map[string]any{"key": s.taint().Key, "operator": "In", "values": []any{s.taint().Value}}
	terms := []any{map[string]any{"matchExpressions": []any{match}}}
	return map[string]any{"nodeAffinity": map[string]any{
		"requiredDuringSchedulingIgnoredDuringExecution": map[string]any{"nodeSelectorTerms": terms},
	}}
}

// concurrent is how many jobs a system runs at once, one pod each: its share of what
// the namespace has room for.
func (s Settings) concurrent(jobs environment.JobNamespace) int {
	return max(1, environment.JobPods[jobs.Size]/len(s.CI.SystemsIn(jobs)))
}

// What the restricted level of the runners' namespace wants, and the admission
// rules beside it.
var (
	restrictedPod = map[string]any{"runAsNonRoot": true, "seccompProfile": map[string]any{"type": "RuntimeDefault"}}

	restrictedContainer = map[string]any{
		"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true,
		"capabilities": map[string]any{"drop": []any{"ALL"}},
	}
)

// runnerBounds are those of the namespace of runners.
func (s Settings) runnerBounds() sizes.Bounds {
	return sizes.Of(nil, s.CI.Namespaces)[environment.CISystemNamespace]
}

// resources are requests of CPU and memory, a limit of memory, and what the namespace
// gives of disk: where nothing is filled in, the rule resource-limits wants it said.
func resources(bounds sizes.Bounds, cpu, memory, limit string) map[string]any {
	return map[string]any{
		"requests": map[string]any{sizes.CPU: cpu, sizes.Memory: memory, sizes.Disk: bounds.Requests[sizes.Disk]},
		"limits":   map[string]any{sizes.Memory: limit, sizes.Disk: bounds.Limits[sizes.Disk]},
	}
}

// standard is what a container gets that says nothing.
func standard(bounds sizes.Bounds) map[string]any {
	return resources(bounds, bounds.Requests[sizes.CPU], bounds.Requests[sizes.Memory], bounds.Limits[sizes.Memory])
}

// with is a map with more in it.
func with(base map[string]any, key string, value any) map[string]any {
	all := map[string]any{key: value}
	for k, v := range base {
		if k != key {
			all[k] = v
		}
	}
	return all
}
