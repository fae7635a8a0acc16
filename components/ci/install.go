package ci

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/ci/values"
	"bastide/components/scope"
	"bastide/environment"
)

// install creates a Helm release of each document, after the credentials that it uses.
func (c *CI) install(s scope.Scope) error {
	if !c.args.Values.CI.Install.On {
		return nil
	}
	if err := c.createCredentials(s); err != nil {
		return err
	}
	var previous []pulumi.Resource // GitHub's runner set has to come after its controller
	for _, document := range c.documents {
		installed, err := newRelease(s, document, pulumi.DependsOn(previous))
		if err != nil {
			return err
		}
		previous = []pulumi.Resource{installed}
	}
	return nil
}

// createCredentials creates the Secrets from which the charts read credentials.
func (c *CI) createCredentials(s scope.Scope) error {
	ci := c.args.Values.CI
	for i, namespace := range ci.NamespacesOf(environment.GitLab) {
		if err := secret(s, environment.CISystemNamespace, values.GitLabSecret(namespace.Name), map[string]string{
			"runner-token":              string(ci.Install.GitLabTokens[i]),
			"runner-registration-token": "", // the chart requires the key, with an empty value
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
