package engine_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The program reports all problems with the settings at once, through the real CLI, before
// it registers anything.
func TestAllSettingsProblemsAreReportedBeforeAnythingIsRegistered(t *testing.T) {
	s := mustOpen(t, `config:
  gcp:project: bastide-small
  gcp:region: europe-west1
  bastide:adminCidrs: [0.0.0.0/0, 203.0.113.7/32]
  bastide:networkCidr: 8.8.0.0/16
  bastide:adminCidr: 203.0.113.7/32
  bastide:generalMinNodes: 9
`)
	for name, operation := range map[string]func() error{
		"preview": func() error { _, err := s.Preview(t.Context()); return err },
		"up":      func() error { _, err := s.Up(t.Context()); return err },
	} {
		err := operation()
		require.Error(t, err, name)
		for _, part := range []string{
			`5 problems in the settings of environment "small"; nothing was changed`,
			"bastide:adminCidrs[0]", "whole internet",
			"bastide:adminCidrs[1]", "only a rehearsal may use it",
			"bastide:networkCidr", "is public",
			"bastide:generalMinNodes", "pulumi config set --stack small bastide:generalMinNodes 6",
			"bastide:adminCidr: is not a setting of this program", "did you mean bastide:adminCidrs?",
		} {
			assert.Contains(t, err.Error(), part, name)
		}
		assert.Zero(t, s.Cloud.Objects(), name)
	}
	_, deployment, err := s.Export(t.Context())
	require.NoError(t, err)
	for _, r := range deployment.Resources {
		assert.False(t, r.Custom && !strings.HasPrefix(string(r.Type), "pulumi:"), "%s was registered", r.URN)
	}
}

// The CLI itself rejects a value whose type differs from that declared in Pulumi.yaml.
func TestCLIRejectsSettingOfWrongType(t *testing.T) {
	s := mustOpen(t, small+"  bastide:securityBulletins: sometimes\n")
	_, err := s.Preview(t.Context())
	require.Error(t, err)
	assert.Contains(t, err.Error(), "securityBulletins")
	assert.Contains(t, err.Error(), "must be of type 'boolean'")
}

func TestEmptySettingsReportEveryRequiredKey(t *testing.T) {
	s := mustOpen(t, "config: {}\n")
	_, err := s.Preview(t.Context())
	require.Error(t, err)
	for _, key := range []string{"gcp:project", "gcp:region", "bastide:adminCidrs", "bastide:networkCidr"} {
		assert.Contains(t, err.Error(), key)
	}
}
