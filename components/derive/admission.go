// Package derive turns an environment into arguments that need no Pulumi SDK, so that the
// program and the policy pack evaluate the same admission rules.
package derive

import (
	"slices"

	"bastide/components/guardrails/admission"
	"bastide/components/guardrails/sizes"
	"bastide/environment"
)

// Admission derives the parameters of the admission rules from an environment.
func Admission(e *environment.Environment) admission.Params {
	images := append([]string{e.OwnImages()}, e.Images()...)
	params := admission.Params{
		Exempt:         e.SystemNamespaces,
		Version:        e.Kubernetes.PodSecurity(),
		Platform:       e.Platform(),
		Registry:       e.Registry(),
		Images:         images,
		Admin:          e.Admin.All(),
		Taint:          *e.BuildTaint,
		StorageClasses: []string{environment.KeepClass, environment.ScratchClass},
		Bounds:         sizes.Of(e.Namespaces, nil),
	}
	if e.CI != nil {
		params.Bounds = sizes.Of(e.Namespaces, e.CI.Namespaces)
		params.Jobs = jobs(e, images)
	}
	return params
}

func jobs(e *environment.Environment, images []string) admission.JobParams {
	return admission.JobParams{
		Namespaces: e.CI.JobNames(), Privileged: e.CI.Mode == environment.Privileged, Sandbox: e.CI.Mode == environment.Sandbox,
		Images: append([]string{e.OwnImages()}, e.CI.JobImages()...), RunnerImages: slices.Concat(images, e.CI.RunnerImages()),
	}
}
