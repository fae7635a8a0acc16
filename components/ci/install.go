package ci

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/ci/values"
	"bastide/components/scope"
	"bastide/environment"
)

// install makes a release of each document, after what it logs in with.
func (c *CI) install(s scope.Scope) error {
	if !c.args.Values.CI.Install.On {
		return nil
	}
	if err := c.createCredentials(s); err != nil {
		return err
	}
	var before []pulumi.Resource // of the same system: GitHub's controller goes first
	for _, document := range c.documents {
		made, err := newRelease(s, document, pulumi.DependsOn(before))
		if err != nil {
			return err
		}
		before = []pulumi.Resource{made}
	}
	return nil
}

// createCredentials puts what the settings hold encrypted where the charts look.
func (c *CI) createCredentials(s scope.Scope) error {
	ci := c.args.Values.CI
	for i, namespace := range ci.NamespacesOf(environment.GitLab) {
		if err := secret(s, environment.CISystemNamespace, values.GitLabSecret(namespace.Name), map[string]string{
			"runner-token":              string(ci.Install.GitLabTokens[i]),
			"runner-registration-token": "", // the chart wants the key, and nothing in it
		}); err != nil {
			return err
		}
	}
	for _, namespace := range ci.NamespacesOf(environment.GitHub) {
		app := ci.Install.GitHubApp
		if err := secret(s, namespace.Name, values.GitHubSecret, map[string]string{
			"github_app_id":              app.ID,
			"github_app_installation_id": app.Installation,
			"github_app_private_key":     string(app.Key),
		}); err != nil {
			return err
		}
	}
	return nil
}
