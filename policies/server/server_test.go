package server

import (
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"

	"bastide/environment"
	"bastide/environment/environmenttest"
	"bastide/policies/controls"
	"bastide/policies/rule"
)

// The cluster ignores changes of nodeConfig, so the engine sends what it was created with.
// A promise about nodes that is newer than the cluster must not fail every preview.
func TestDemandsNothingOfPropertiesWhoseChangesAreIgnored(t *testing.T) {
	pack := New(Pack{Name: "test", Version: "1.0.0", Rules: func(*environment.Environment) ([]rule.Rule, error) {
		return []rule.Rule{{
			Name: "limited", Promise: "Processes are limited", Level: controls.Mandatory, Types: []string{"a:b:Cluster"},
			Evaluate: func(r *rule.Resource) { r.At("nodeConfig.limit").Is(4096) },
		}}, nil
	}})
	settings := environmenttest.File(t, environmenttest.Root(t)+"/Pulumi.dev.yaml")
	_, err := pack.ConfigureStack(t.Context(), &pulumirpc.AnalyzerStackConfigureRequest{
		Stack: settings.Environment, Config: settings.Config(), ConfigSecretKeys: settings.Secrets,
	})
	require.NoError(t, err)
	created, err := structpb.NewStruct(map[string]any{"nodeConfig": map[string]any{}})
	require.NoError(t, err)
	for ignored, findings := range map[string]int{"": 1, "nodeConfig": 0, "nodeConfig.limit": 0, "node": 1, "nodeConfig.limits": 1} {
		response, err := pack.Analyze(t.Context(), &pulumirpc.AnalyzeRequest{
			Type: "a:b:Cluster", Name: "c", Urn: "urn:pulumi:dev::bastide::a:b:Cluster::" + ignored, Properties: created,
			Options: &pulumirpc.AnalyzerResourceOptions{IgnoreChanges: []string{ignored}},
		})
		require.NoError(t, err)
		assert.Len(t, response.GetDiagnostics(), findings, "ignoring changes of %q", ignored)
	}
}
