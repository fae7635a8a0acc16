package main

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/internal/rehearsal/engine"
	"bastide/internal/stage"
)

var tools stage.Tools

// TestMain also runs the program: the engine starts this test binary as the Pulumi program,
// so that it need not be linked a second time.
func TestMain(m *testing.M) {
	if os.Getenv(pulumi.EnvMonitor) != "" {
		main()
		return
	}
	stage.MainWithTools(m, stage.Budget{CLI: 4}, func(t stage.Tools) error { tools = t; return nil })
}

const settings = `config:
  gcp:project: acme-parts
  gcp:region: europe-west1
  parts:settings:
    networkCidr: 10.64.0.0/20
    adminCidrs: [198.51.100.7/32]
    openbaoImage: quay.io/openbao/openbao:2.6.2@sha256:0000000000000000000000000000000000000000000000000000000000000000
    uploadImage: example.com/cloud-cli:1@sha256:1111111111111111111111111111111111111111111111111111111111111111
`

// preview previews the program with the real Pulumi engine.
func preview(t *testing.T, settings string) (engine.Outcome, error) {
	t.Helper()
	project, err := os.ReadFile("Pulumi.yaml")
	require.NoError(t, err)
	program, err := os.Executable()
	require.NoError(t, err)
	s, err := tools.Open(t.Context(), t.TempDir(), "example", settings, func(o *engine.Options) {
		o.Program, o.Files = program, engine.Files{Project: project, Stack: []byte(settings)}
	})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	return s.Preview(t.Context())
}

func TestAnotherProgramCanUseSomeComponentsOnly(t *testing.T) {
	outcome, err := preview(t, settings)
	require.NoError(t, err)
	assert.Empty(t, outcome.Diagnostics)

	components, inputs := map[string]int{}, map[string]map[string]any{}
	for _, planned := range outcome.Planned {
		if strings.HasPrefix(planned.Type, "bastide:") {
			components[planned.Type]++
		} else if planned.New != nil {
			inputs[planned.URN[strings.LastIndex(planned.URN, ":")+1:]] = planned.New.Inputs
		}
	}
	assert.Equal(t, []string{
		"bastide:components:Cluster", "bastide:components:Keys", "bastide:components:Network", "bastide:components:OpenBao",
		"bastide:components:OpenBaoInside", "bastide:components:Project",
	}, slices.Sorted(maps.Keys(components)))

	controlPlane := inputs["cluster-control-plane"]
	assert.Equal(t, "parts-example", controlPlane["name"])
	assert.Equal(t, "europe-west1", controlPlane["location"])
	assert.Equal(t, []any{map[string]any{"cidrBlock": "198.51.100.7/32", "displayName": "admin"}},
		controlPlane["masterAuthorizedNetworksConfig"].(map[string]any)["cidrBlocks"])
	assert.Equal(t, map[string]any{"workloadPool": "acme-parts.svc.id.goog"}, controlPlane["workloadIdentityConfig"])
	assert.Len(t, inputs["cluster-image-policy"]["admissionWhitelistPatterns"], 3, "its own registry, and two images")
	assert.Contains(t, inputs, "cluster-general")
	assert.NotContains(t, inputs, "cluster-ci")
	assert.InDelta(t, 3, inputs["openbao-servers"]["spec"].(map[string]any)["replicas"], 0)
}

func TestReportsInvalidArgumentsBeforeRegisteringTheComponent(t *testing.T) {
	outcome, err := preview(t, strings.Replace(settings, "198.51.100.7/32", "0.0.0.0/0", 1))
	require.ErrorContains(t, err, `1 problem in the arguments of bastide:components:Network "network"; nothing was registered`)
	require.ErrorContains(t, err, "Admin: has a range that is not an IPv4 range, or that covers the whole internet")
	for _, planned := range outcome.Planned {
		assert.NotContains(t, planned.URN, "components:Network")
	}
}
