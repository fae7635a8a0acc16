package ci

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/arguments"
	"bastide/components/ci/values"
	"bastide/environment"
)

// Args are the arguments of CI. Fields without a default are required.
type Args struct {
	// Values are the settings from which the values of the systems' charts are derived,
	// with the systems that send jobs and the namespaces that jobs run in.
	Values values.Settings
	// Protected makes Pulumi refuse to delete Estafette's keys. Default: false.
	Protected bool
}

// Check implements scope.Args.
func (a Args) Check(c *arguments.Check) {
	ci := a.Values.CI
	if ci.Mode != environment.Sandbox && ci.Mode != environment.Privileged {
		c.Report("Values.CI.Mode", "environment.Sandbox", "%q is neither %s nor %s; without build jobs, omit the component", ci.Mode, environment.Sandbox, environment.Privileged)
	}
	if len(ci.Namespaces) == 0 {
		c.Report("Values.CI.Namespaces", `[]environment.JobNamespace{{Name: "ci-jobs", Size: environment.Medium}}`, "is empty, so jobs have no namespace to run in")
	}
	if ci.Pool.Taint == nil {
		c.Report("Values.CI.Pool.Taint", `&environment.Taint{Key: "role", Value: "builds", Effect: "NoSchedule"}`, "is nil, but jobs need it to run on their own nodes")
	}
	c.Text("Values.OwnImages", a.Values.OwnImages, `"europe-west1-docker.pkg.dev/acme-platform/images/**"`)
	if ci.Sends(environment.Estafette) {
		c.Text("Values.OpenBaoImage.Repository", a.Values.OpenBaoImage.Repository, `"quay.io/openbao/openbao"`)
	}
	if tokens, wanted := len(ci.Install.GitLabTokens), len(ci.NamespacesOf(environment.GitLab)); ci.Install.On && tokens < wanted {
		c.Report("Values.CI.Install.GitLabTokens", "one for each namespace of GitLab's jobs, in their order", "has %d of %d runner authentication tokens", tokens, wanted)
	}
}

// Settings implements scope.Args.
func (a Args) Settings() pulumi.Map {
	ci := a.Values.CI
	return pulumi.Map{
		"mode":       pulumi.String(ci.Mode),
		"systems":    pulumi.ToStringArray(ci.Systems),
		"namespaces": pulumi.ToStringArray(ci.JobNames()),
		"install":    pulumi.Bool(ci.Install.On),
	}
}
