package admission

import (
	"slices"

	"bastide/components/guardrails/sizes"
	"bastide/environment"
)

// For is what the rules have to know of an environment.
func For(e *environment.Environment) Params {
	trusted := append([]string{e.OwnImages()}, e.Images()...)
	return Params{
		Exempt:         e.SystemNamespaces,
		Version:        e.Kubernetes.PodSecurity(),
		Platform:       e.Platform(),
		Registry:       e.Registry(),
		Images:         trusted,
		Admin:          e.Admin.All(),
		Taint:          *e.BuildTaint,
		Jobs:           jobs(e, trusted),
		StorageClasses: []string{environment.KeepClass, environment.ScratchClass},
		Bounds:         sizes.Of(e),
	}
}

func jobs(e *environment.Environment, trusted []string) JobParams {
	if e.CI == nil {
		return JobParams{}
	}
	return JobParams{
		Namespaces: e.CI.JobNames(), Privileged: e.CI.Mode == environment.Privileged, Sandbox: e.CI.Mode == environment.Sandbox,
		Images: append([]string{e.OwnImages()}, e.CI.JobImages()...), RunnerImages: slices.Concat(trusted, e.CI.RunnerImages()),
	}
}

// PolicyName is the name that a rule's policy and binding have in the cluster.
func PolicyName(id string) string { return environment.Namespace + "-" + id }

// Warns tells whether a rule warns where the others refuse.
func Warns(e *environment.Environment, id string) bool { return slices.Contains(e.WarnOnly, id) }

// Actions is what a rule does. Whatever it does, it leaves a line in the audit
// log.
func Actions(e *environment.Environment, id string) []string {
	if Warns(e, id) {
		return []string{"Warn", "Audit"}
	}
	return []string{"Deny", "Audit"}
}
