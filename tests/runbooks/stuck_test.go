package runbooks_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/internal/rehearsal/engine"
	"bastide/internal/rehearsal/simulation"
)

// copied opens the environment with a copy of its state, which a test may damage. If change
// is not nil it changes the copy before the engine opens it.
func copied(t *testing.T, change func(backend string)) *engine.Engine {
	t.Helper()
	dir := t.TempDir()
	backend := filepath.Join(dir, "backend")
	require.NoError(t, os.CopyFS(backend, os.DirFS(filepath.Join(up.Dir, "backend"))))
	if change != nil {
		change(backend)
	}
	project, err := os.ReadFile(filepath.Join(tools.Root, "Pulumi.yaml"))
	require.NoError(t, err)
	stack, err := os.ReadFile(filepath.Join(up.Dir, "work", "Pulumi."+name+".yaml"))
	require.NoError(t, err)
	opened, err := engine.Open(t.Context(), engine.Options{
		Dir: dir, CLI: tools.CLI, Program: tools.Program, Stack: name, Passphrase: engine.Passphrase,
		Files: engine.Files{Project: project, Stack: stack}, Providers: (&simulation.Simulation{Cloud: up.Cloud, Cluster: up.Cluster}).Providers(),
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, opened.Close()) })
	return opened
}

// docs/runbooks/stuck.md: a lock of a user whose machine is gone.
func TestCancelRemovesAStaleLock(t *testing.T) {
	lock := ""
	e := copied(t, func(backend string) {
		lock = filepath.Join(backend, ".pulumi", "locks", "organization", "bastide", name, "0.json")
		require.NoError(t, os.MkdirAll(filepath.Dir(lock), 0o700))
		require.NoError(t, os.WriteFile(lock, []byte(`{"pid":1,"username":"somebody","hostname":"elsewhere","timestamp":"2026-11-01T00:00:00Z"}`), 0o600))
	})
	_, err := e.Run(t.Context(), "refresh", "--yes", "--skip-preview", "--stack", name)
	require.ErrorContains(t, err, "the stack is currently locked by 1 lock(s)")
	assert.ErrorContains(t, err, "somebody@elsewhere")
	_, err = e.Run(t.Context(), "cancel", "--stack", name)
	require.NoError(t, err)
	assert.NoFileExists(t, lock)
	_, err = e.Preview(t.Context())
	assert.NoError(t, err)
}

// docs/runbooks/stuck.md: a creation whose result is unknown.
func TestImportRemovesPendingOperations(t *testing.T) {
	e := copied(t, func(backend string) {
		path := filepath.Join(backend, ".pulumi", "stacks", "bastide", name+".json")
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		var state struct {
			Version    int            `json:"version"`
			Checkpoint map[string]any `json:"checkpoint"`
		}
		require.NoError(t, json.Unmarshal(text, &state))
		latest := state.Checkpoint["latest"].(map[string]any)
		first := latest["resources"].([]any)[0].(map[string]any)
		latest["pending_operations"] = []any{map[string]any{"type": "creating", "resource": map[string]any{
			"urn": first["urn"].(string) + "-more", "custom": false, "type": first["type"],
		}}}
		text, err = json.Marshal(state)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, text, 0o600))
	})
	exported, before, err := e.Export(t.Context())
	require.NoError(t, err)
	require.Len(t, before.PendingOperations, 1)
	kept := filepath.Join(t.TempDir(), "before.json")
	require.NoError(t, os.WriteFile(kept, exported, 0o600))
	_, err = e.Run(t.Context(), "stack", "import", "--stack", name, "--file", kept)
	require.NoError(t, err)
	_, after, err := e.Export(t.Context())
	require.NoError(t, err)
	assert.Empty(t, after.PendingOperations)
	assert.Len(t, after.Resources, len(before.Resources))
}

// docs/runbooks/stuck.md: all protection is removed without an up.
func TestUnprotectRemovesProtectionFromState(t *testing.T) {
	e := copied(t, nil)
	protected := func() (all []string) {
		_, deployment, err := e.Export(t.Context())
		require.NoError(t, err)
		for _, r := range deployment.Resources {
			if r.Protect {
				all = append(all, r.URN.Name())
			}
		}
		return all
	}
	require.NotEmpty(t, protected())
	_, err := e.Run(t.Context(), "state", "unprotect", "--all", "--stack", name, "--yes")
	require.NoError(t, err)
	assert.Empty(t, protected())
}
