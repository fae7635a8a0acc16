package engine_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/internal/rehearsal/engine"
	"bastide/internal/stage"
)

// openWithPolicies prepares an environment with the policy pack, and with levels that
// override the policies' own.
func openWithPolicies(t *testing.T, stack, settings string, levels map[string]string) *stage.Stage {
	t.Helper()
	file := filepath.Join(t.TempDir(), "levels.json")
	text, err := json.Marshal(levels)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, text, 0o600))
	s, err := open(t, stack, settings, func(o *engine.Options) {
		o.Policies = engine.Policies{Pack: tools.Policies.Pack, Levels: file}
	})
	require.NoError(t, err)
	return s
}

// levels are the levels that an example overrides.
func levels(t *testing.T, example string) (own map[string]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(tools.Root, "tests", "environments", "levels."+example+".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &own))
	return own
}

// safe is small with deletion protection.
var safe = strings.ReplaceAll(small, "deletionProtection: false", "deletionProtection: true")

func TestViolationFailsPreviewAndUp(t *testing.T) {
	for setting, want := range map[string][]string{
		"bastide:deletionProtection: false": {
			"deletion-protection, cluster-control-plane", "deletionProtection is false; write true", "OWN deletion protection",
			"deletion-protection, keys-ring", "the resource option protect is off; set bastide:deletionProtection to true",
		},
		"bastide:securityBulletins: false": {
			"security-bulletins, cluster-control-plane", "notificationConfig.pubsub.enabled is not set; write true", "GUIDE bulletins",
		},
	} {
		key, _, _ := strings.Cut(setting, ": ")
		var kept []string
		for line := range strings.Lines(safe) {
			if !strings.Contains(line, key) {
				kept = append(kept, line)
			}
		}
		s := openWithPolicies(t, "small", strings.Join(kept, "")+"  "+setting+"\n", nil)
		_, err := s.Preview(t.Context())
		for _, words := range want {
			assert.ErrorContains(t, err, words, setting)
		}
		assert.NotContains(t, err.Error(), devSecret)

		// An `up` creates neither the resource with a violation nor those that depend on it.
		_, err = s.Up(t.Context())
		policy, _, _ := strings.Cut(want[0], ",")
		assert.ErrorContains(t, err, policy)
		for _, operation := range s.Cloud.History() {
			assert.NotContains(t, operation.Type, "container/cluster")
		}
	}
}

func TestEnvironmentMayOverridePolicyLevels(t *testing.T) {
	s := openWithPolicies(t, "small", small, map[string]string{"deletion-protection": "advisory"})
	preview, err := s.Preview(t.Context())
	require.NoError(t, err)
	assert.NotEmpty(t, preview.PolicyResults.Violations)
	assert.Contains(t, preview.PolicyResults.Policies, "deletion-protection")

	s = openWithPolicies(t, "small", small, map[string]string{"deletion-protection": "disabled"})
	preview, err = s.Preview(t.Context())
	require.NoError(t, err)
	assert.Empty(t, preview.PolicyResults.Violations)
	assert.NotContains(t, preview.PolicyResults.Policies, "deletion-protection")
	assert.Positive(t, preview.PolicyResults.Unknown, "a first preview has unknown values")
}

func TestRejectsUnknownPolicyOrLevel(t *testing.T) {
	s := openWithPolicies(t, "small", safe, map[string]string{"deletion-protected": "disabled"})
	_, err := s.Preview(t.Context())
	assert.ErrorContains(t, err, `names the policy "deletion-protected", which does not exist`)
	s = openWithPolicies(t, "small", safe, map[string]string{"secure-boot": "remediate"})
	_, err = s.Preview(t.Context())
	assert.ErrorContains(t, err, "no policy of this pack changes resources")
}

func TestPolicyPackReportsWrongSettings(t *testing.T) {
	s := openWithPolicies(t, "small", strings.ReplaceAll(safe, "10.64.0.0/20", "10.64.0.0/30"), nil)
	_, err := s.Preview(t.Context())
	assert.ErrorContains(t, err, "bastide:networkCidr")
	assert.ErrorContains(t, err, "is too small")
}
