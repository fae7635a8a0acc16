package engine_test

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/components/ci"
	"bastide/components/cluster"
	"bastide/components/guardrails"
	"bastide/components/keys"
	"bastide/components/network"
	"bastide/components/openbao"
	"bastide/components/project"
	"bastide/internal/rehearsal/engine"
	"bastide/internal/stage"
)

// The steps share one protected environment and build on each other.
func TestEnvironmentLifecycle(t *testing.T) {
	t.Parallel()
	s := mustOpen(t, protected)
	_, err := s.Up(t.Context())
	require.NoError(t, err)
	s.Cloud.History()
	for _, step := range []struct {
		name string
		run  func(*testing.T, *stage.Stage)
	}{
		{"components register their outputs", componentsRegisterTheirOutputs},
		{"a change that would replace the cluster is refused", replacementIsRefused},
		{"a destroy is refused until deletion protection is off", destroyIsRefused},
		{"a destroyed environment comes up again with another key ring", newKeyRing},
		{"drift is found", driftIsFound},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.run(t, s) }) {
			return // later steps build on this one
		}
	}
}

// protected is small with deletion protection, in one zone.
var protected = safe + "  bastide:zones: [europe-west1-b]\n"

// rewrite changes the settings for the next operation.
func rewrite(t *testing.T, s *stage.Stage, settings string) {
	t.Helper()
	fresh, err := engine.NewEnvironment([]byte(settings))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "work", "Pulumi.small.yaml"), fresh, 0o600))
}

// Some settings can be changed only by replacing the cluster or the network.
func replacementIsRefused(t *testing.T, s *stage.Stage) {
	t.Helper()
	for was, becomes := range map[string]string{
		"[europe-west1-b]": "[europe-west1-b, europe-west1-c]",
		"10.64.0.0/20":     "10.65.0.0/20",
	} {
		rewrite(t, s, strings.ReplaceAll(protected, was, becomes))
		_, err := s.Preview(t.Context())
		require.ErrorContains(t, err, "protect", becomes)
		_, err = s.Up(t.Context())
		require.ErrorContains(t, err, "protect", becomes)
		assert.Empty(t, s.Cloud.History(), "something was done before the refusal")
	}
	rewrite(t, s, protected)
}

func destroyIsRefused(t *testing.T, s *stage.Stage) {
	t.Helper()
	_, err := s.Destroy(t.Context())
	require.ErrorContains(t, err, "protected")

	rewrite(t, s, strings.ReplaceAll(protected, "deletionProtection: true", "deletionProtection: false"))
	_, err = s.Up(t.Context())
	require.NoError(t, err)
}

// Google Cloud never deletes a key ring, so the next environment needs another name.
func newKeyRing(t *testing.T, s *stage.Stage) {
	t.Helper()
	first := keyRing(t, s)
	destroy, err := s.Destroy(t.Context())
	require.NoError(t, err)
	assert.Empty(t, destroy.Diagnostics)
	_, err = s.Up(t.Context())
	require.NoError(t, err)
	assert.NotEqual(t, first, keyRing(t, s), "the name of a key ring can't be used twice")
	assert.Regexp(t, `^bastide-small-[a-z0-9]{6}$`, keyRing(t, s))
}

func keyRing(t *testing.T, s *stage.Stage) string {
	t.Helper()
	_, deployment, err := s.Export(t.Context())
	require.NoError(t, err)
	for _, r := range deployment.Resources {
		if r.Type == "gcp:kms/keyRing:KeyRing" {
			return r.Inputs["name"].(string)
		}
	}
	t.Fatal("there is no key ring")
	return ""
}

func driftIsFound(t *testing.T, s *stage.Stage) {
	t.Helper()
	_, deployment, err := s.Export(t.Context())
	require.NoError(t, err)
	_, err = s.Cloud.Handshake(t.Context(), plugin.ProviderHandshakeRequest{}) // as someone else
	require.NoError(t, err)
	for _, r := range deployment.Resources {
		if r.URN.Name() == "network-deny-ingress" {
			_, err := s.Cloud.Delete(t.Context(), plugin.DeleteRequest{URN: r.URN, Type: r.Type, ID: r.ID})
			require.NoError(t, err)
		}
	}
	refresh, err := s.Refresh(t.Context())
	require.NoError(t, err)
	assert.False(t, refresh.Unchanged())
	assert.Contains(t, strings.Join(refresh.Steps, "\n"), "network-deny-ingress")
}

// A component's outputs in the state are exactly its fields with a pulumi tag.
func componentsRegisterTheirOutputs(t *testing.T, s *stage.Stage) {
	t.Helper()
	_, deployment, err := s.Export(t.Context())
	require.NoError(t, err)

	components := map[string]reflect.Type{
		project.Type:    reflect.TypeFor[project.Project](),
		keys.Type:       reflect.TypeFor[keys.Keys](),
		network.Type:    reflect.TypeFor[network.Network](),
		cluster.Type:    reflect.TypeFor[cluster.Cluster](),
		guardrails.Type: reflect.TypeFor[guardrails.Guardrails](),
		openbao.Type:    reflect.TypeFor[openbao.OpenBao](),
		ci.Type:         reflect.TypeFor[ci.CI](),

		guardrails.NamespaceType: reflect.TypeFor[guardrails.Namespace](),
		openbao.InClusterType:    reflect.TypeFor[openbao.InCluster](),
	}
	seen := map[string]bool{}
	for _, r := range deployment.Resources {
		if r.Custom || !strings.HasPrefix(string(r.Type), "bastide:") {
			continue
		}
		component, known := components[string(r.Type)]
		require.True(t, known, r.Type)
		seen[string(r.Type)] = true
		var tags []string
		for i := range component.NumField() {
			if tag := component.Field(i).Tag.Get("pulumi"); tag != "" {
				tags = append(tags, tag)
			}
		}
		assert.ElementsMatch(t, tags, slices.Collect(maps.Keys(r.Outputs)), r.Type)
		assert.NotEmpty(t, r.Inputs, "%s: policies see no settings", r.Type)
	}
	assert.Len(t, seen, len(components))
}
