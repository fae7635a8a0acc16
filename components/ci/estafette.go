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

// keyLength is the length of Estafette's keys. AES-256 needs 32 bytes.
const keyLength = 32

// createEstafetteKeys creates the key with which Estafette encrypts secrets in manifests,
// and the one with which it signs tokens. They are encrypted in the state, and in no
// Kubernetes Secret: people copy them to OpenBao once (docs/ci.md), from where an agent
// fetches them for the API. The chart itself would generate new keys whenever it does not
// find the old ones, and everything encrypted before would be lost.
func (c *CI) createEstafetteKeys(s scope.Scope) error {
	c.EstafetteKeys = pulumi.String("").ToStringOutput()
	if !c.args.Values.CI.Sends(environment.Estafette) {
		return nil
	}
	keys := pulumi.StringMap{}
	for _, field := range values.EstafetteKeys {
		password, err := random.NewRandomPassword(s.Context(), s.Name("estafette-"+field), &random.RandomPasswordArgs{
			Length: pulumi.Int(keyLength), Special: pulumi.Bool(false),
		}, s.Child(pulumi.Protect(c.args.Protected))...)
		if err != nil {
			return err
		}
		keys[field] = password.Result
	}
	c.EstafetteKeys = pulumi.ToSecret(pulumi.JSONMarshal(keys)).(pulumi.StringOutput)
	agent, err := agentConfig()
	if err != nil {
		return err
	}
	return configMap(s, environment.CISystemNamespace, values.EstafetteAgent, map[string]string{"agent.json": agent})
}

// agentConfig makes OpenBao's agent log in as the API's service account and write each key
// to a file.
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
