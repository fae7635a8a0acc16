// Package runbooks_test follows docs/runbooks on one environment, on the real engine.
package runbooks_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastide/internal/rehearsal/engine"
	"bastide/internal/stage"
)

// Set once, by TestMain: the environment that every runbook is followed on.
var (
	tools stage.Tools
	up    *stage.Stage
)

const name = "small"

// settings are those of a protected environment with everything that the runbooks need. The
// tests change its stack file; the new admin address is kept.
var settings = `config:
  gcp:project: bastide-small
  gcp:region: europe-west1
  bastide:rehearsal: true
  bastide:adminCidrs: [203.0.113.7/32]
  bastide:networkCidr: 10.64.0.0/20
  bastide:namespaces: ["apps owner=team-apps openbao=client"]
  bastide:openbaoExpose: true
  bastide:ci: privileged
`

func TestMain(m *testing.M) {
	stage.Main(m, stage.Budget{CLI: 85, ControlPlanes: 1}, name, settings, func(t stage.Tools, s *stage.Stage) { tools, up = t, s })
}

// set writes the settings with one text replaced, and restores them after the test.
func set(t *testing.T, was, becomes string) {
	t.Helper()
	require.NoError(t, stage.TrackSources(tools.Root))
	fresh, err := engine.NewEnvironment([]byte(settings))
	require.NoError(t, err)
	require.Contains(t, string(fresh), was)
	write(t, strings.ReplaceAll(string(fresh), was, becomes))
	t.Cleanup(func() { write(t, string(fresh)) })
}

func write(t *testing.T, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(up.Dir, "work", "Pulumi."+name+".yaml"), []byte(text), 0o600))
}

// planned are the steps that an `up` would take, without the stack in the names.
func planned(t *testing.T) (steps []string) {
	t.Helper()
	preview, err := up.Preview(t.Context())
	require.NoError(t, err)
	require.Empty(t, preview.Diagnostics)
	return bare(preview.Steps)
}

// bare are steps without the stack in the names.
func bare(steps []string) (short []string) {
	for _, step := range steps {
		operation, urn, _ := strings.Cut(step, " ")
		short = append(short, operation+" "+urn[strings.LastIndex(urn, "::")+2:])
	}
	return short
}
