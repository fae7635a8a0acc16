// Package values makes the values for the charts of Estafette, GitLab's runner and GitHub's
// runner controller, with which their jobs meet the cluster's admission rules. It creates
// no resources.
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
	// Name is the name of the release, and of the file.
	Name string
	// System is the system that sends jobs: Estafette, GitLab or GitHub.
	System string
	// Namespace is the namespace of the release.
	Namespace string
	// Chart is the chart to install.
	Chart Chart
	// Values are the chart's values.
	Values map[string]any
}

// Chart is a version of a Helm chart.
type Chart struct {
	// Name is the chart's name, or its full address in an OCI registry.
	Name string
	// Repository is the URL of the chart's repository; empty for an OCI registry.
	Repository string
	// Version is the version of the chart.
	Version string
}

// The charts, each of the version for which the documents were written. The keys of their
// values are recorded in internal/rehearsal/charts/keys. Sources: estafette/helm-charts of
// 2025-10-20; gitlab-runner's values.yaml of 0.89.0 as somaz94/cicd-monitoring has it,
// 84a129a; the releases of actions/actions-runner-controller.
var (
	EstafetteChart  = Chart{"estafette-ci", "https://helm.estafette.io", "1.5.14"}
	GitLabChart     = Chart{"gitlab-runner", "https://charts.gitlab.io", "0.89.0"}
	ControllerChart = Chart{"oci://ghcr.io/actions/actions-runner-controller-charts/gha-runner-scale-set-controller", "", "0.14.2"}
	RunnerSetChart  = Chart{"oci://ghcr.io/actions/actions-runner-controller-charts/gha-runner-scale-set", "", "0.14.2"}
)

// Settings are what the documents are derived from. Fields without a default are required.
type Settings struct {
	// CI is the systems that send build jobs, the namespaces and the mode in which jobs
	// run, and the taint of their nodes.
	CI environment.CI
	// OwnImages is the pattern of images in the cluster's own registry, which jobs may use.
	OwnImages string
	// OpenBaoImage is the image of the agent that fetches Estafette's keys. Not needed if
	// Estafette sends no jobs.
	OpenBaoImage environment.Image
}

// All are the documents of each system that sends jobs, for each namespace of its jobs.
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

// affinity is the label of the jobs' nodes as a node affinity, the form that Estafette
// documents.
func (s Settings) affinity() map[string]any {
	match := map[string]any{"key": s.taint().Key, "operator": "In", "values": []any{s.taint().Value}}
	terms := []any{map[string]any{"matchExpressions": []any{match}}}
	return map[string]any{"nodeAffinity": map[string]any{
		"requiredDuringSchedulingIgnoredDuringExecution": map[string]any{"nodeSelectorTerms": terms},
	}}
}

// concurrent is the number of jobs that a system may run at once, one pod each: its share
// of the namespace's quota of pods.
func (s Settings) concurrent(jobs environment.JobNamespace) int {
	return max(1, environment.JobPods[jobs.Size]/len(s.CI.SystemsIn(jobs)))
}

// The security contexts that the restricted Pod Security level of the runners' namespace,
// and the admission rules, require.
var (
	restrictedPod = map[string]any{"runAsNonRoot": true, "seccompProfile": map[string]any{"type": "RuntimeDefault"}}

	restrictedContainer = map[string]any{
		"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true,
		"capabilities": map[string]any{"drop": []any{"ALL"}},
	}
)

// runnerBounds are the bounds of the runners' namespace.
func (s Settings) runnerBounds() sizes.Bounds {
	return sizes.Of(nil, s.CI.Namespaces)[environment.CISystemNamespace]
}

// resources are requests of CPU and memory, a limit of memory, and the namespace's default
// request and limit of disk, which the admission rule resource-limits requires where no
// policy sets them.
func resources(bounds sizes.Bounds, cpu, memory, limit string) map[string]any {
	return map[string]any{
		"requests": map[string]any{sizes.CPU: cpu, sizes.Memory: memory, sizes.Disk: bounds.Requests[sizes.Disk]},
		"limits":   map[string]any{sizes.Memory: limit, sizes.Disk: bounds.Limits[sizes.Disk]},
	}
}

// standard is the namespace's defaults, set explicitly.
func standard(bounds sizes.Bounds) map[string]any {
	return resources(bounds, bounds.Requests[sizes.CPU], bounds.Requests[sizes.Memory], bounds.Limits[sizes.Memory])
}

// with is a copy of a map with one key set.
func with(base map[string]any, key string, value any) map[string]any {
	all := map[string]any{key: value}
	for k, v := range base {
		if k != key {
			all[k] = v
		}
	}
	return all
}
