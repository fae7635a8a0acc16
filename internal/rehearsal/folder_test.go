package rehearsal

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestClearKeepsFilesThatNoRehearsalWrote(t *testing.T) {
	dir := t.TempDir()
	for _, name := range written {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, name, "inside"), 0o700))
	}
	kept := filepath.Join(dir, "thesis.txt")
	require.NoError(t, os.WriteFile(kept, nil, 0o600))
	require.NoError(t, Clear(dir))
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	assert.Equal(t, []string{kept}, left)
}

func TestLockRejectsASecondRehearsalInTheSameFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dev")
	unlock, err := lock(dir)
	require.NoError(t, err)
	require.NoError(t, Clear(dir))

	_, err = lock(dir)
	assert.ErrorContains(t, err, "another rehearsal is running in "+dir)
	require.NoError(t, unlock())
	unlock, err = lock(dir)
	require.NoError(t, err)
	assert.NoError(t, unlock())
}

// Run takes the lock before it builds or clears anything.
func TestRunLeavesTheFilesOfARunningRehearsalAlone(t *testing.T) {
	dir := t.TempDir()
	report := filepath.Join(dir, stateFile)
	require.NoError(t, os.WriteFile(report, nil, 0o600))
	unlock, err := lock(dir)
	require.NoError(t, err)
	err = Run(t.Context(), Options{Root: "../..", Environment: "dev", Dir: dir, Out: t.Output()})
	assert.ErrorContains(t, err, "another rehearsal is running")
	assert.FileExists(t, report)
	assert.NoError(t, unlock())
}
