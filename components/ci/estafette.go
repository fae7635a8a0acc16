package ci

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/ci/values"
	"bastide/components/scope"
	"bastide/environment"
)

// keyLength is that of Estafette's keys: AES-256 takes 32 characters.
const keyLength = 32

// makeEstafetteKeys makes the key that Estafette encrypts its manifests' secrets
// with, and the one that it signs tokens with. They are in the state, encrypted,
// and in no Secret: people put them into OpenBao once (docs/ci.md), and an agent
// hands them to the API. Left to itself the chart would make new ones whenever it
// can't see the old, and nothing encrypted before could be read.
func (c *CI) makeEstafetteKeys(s scope.Scope) error {
	c.EstafetteKeys = pulumi.String("").ToStringOutput()
	if !c.args.Values.CI.Sends(environment.Estafette) {
		return nil
	}
	keys := pulumi.StringMap{}
	for _, field := range values.EstafetteKeys {
		made, err := random.NewRandomPassword(s.Context(), s.Name("estafette-"+field), &random.RandomPasswordArgs{
			Length: pulumi.Int(keyLength), Special: pulumi.Bool(false),
		}, s.Child(pulumi.Protect(c.args.Protected))...)
		if err != nil {
			return err
		}
		keys[field] = made.Result
	}
	c.EstafetteKeys = pulumi.ToSecret(pulumi.JSONMarshal(keys)).(pulumi.StringOutput)
	agent, err := agentConfig()
	if err != nil {
		return err
	}
	return configMap(s, environment.CISystemNamespace, values.EstafetteAgent, map[string]string{"agent.json": agent})
}

// agentConfig has OpenBao's agent log in as the API's own service account, and
// write each key into a file.
func agentConfig() (string, error) {
	var templates []map[string]any
	for _, field := range values.EstafetteKeys {
		templates = append(templates, map[string]any{
			"contents":    fmt.Sprintf(`{{ with secret "kv/data/%s/%s" }}{{ .Data.data.%s }}{{ end }}`, environment.CISystemNamespace, values.EstafetteSecret, field),
			"destination": "/secrets/" + field,
			"perms":       "0440",
		})
	}
	text, err := json.MarshalIndent(map[string]any{
		"auto_auth": map[string]any{"method": []any{map[string]any{
			"type": "kubernetes", "mount_path": "auth/kubernetes",
			"config": map[string]any{"role": "app", "token_path": "/var/run/secrets/openbao/token"}, //nolint:gosec // a path
		}}},
		"template_config": map[string]any{"exit_on_retry_failure": true, "static_secret_render_interval": "5m"},
		"template":        templates,
	}, "", "  ")
	if err != nil {
		return "", fmt.Errorf("writing the configuration of Estafette's agent: %w", err)
	}
	return string(text), nil
}
