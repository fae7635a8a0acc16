// Package engine_test runs the whole program on the real engine.
package engine_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"bastide/internal/rehearsal/engine"
	"bastide/internal/stage"
)

// Set once, by TestMain.
var (
	tools stage.Tools
	goEnv map[string]string
)

func TestMain(m *testing.M) {
	stage.MainWithTools(m, stage.Budget{CLI: 90, ControlPlanes: 8}, func(t stage.Tools) error {
		tools = t
		text, err := exec.Command("go", "env", "-json").Output()
		if err != nil {
			return fmt.Errorf("go env: %w", err)
		}
		return json.Unmarshal(text, &goEnv)
	})
}

// open prepares an environment; change may alter its options.
func open(t *testing.T, stack, settings string, change ...func(*engine.Options)) (*stage.Stage, error) {
	t.Helper()
	s, err := tools.Open(t.Context(), t.TempDir(), stack, settings, change...)
	t.Cleanup(func() {
		if s != nil {
			require.NoError(t, s.Close())
		}
	})
	return s, err
}

// mustOpen is open for settings that have to be valid.
func mustOpen(t *testing.T, settings string) *stage.Stage {
	t.Helper()
	s, err := open(t, "small", settings)
	require.NoError(t, err)
	return s
}

// file reads an example's settings.
func file(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{tools.Root}, path...)...))
	require.NoError(t, err)
	return string(text)
}

// small are the settings of an environment without secrets and without deletion protection.
const small = `config:
  gcp:project: bastide-small
  gcp:region: europe-west1
  bastide:rehearsal: true
  bastide:adminCidrs: [203.0.113.7/32]
  bastide:networkCidr: 10.64.0.0/20
  bastide:deletionProtection: false
`
