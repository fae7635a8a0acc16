// Package secretscan asserts in tests that a secret was not written to disk.
package secretscan

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// AssertAbsent reads all regular files below a directory, except those below the named
// subdirectories, and fails for each that contains one of the secrets. A directory
// without files fails too, because nothing would have been checked. It returns the number
// of files.
func AssertAbsent(t *testing.T, dir string, secrets []string, except ...string) (files int) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains(except, entry.Name()):
			return fs.SkipDir
		case !entry.Type().IsRegular():
			return nil
		}
		files++
		text, err := os.ReadFile(path)
		for _, secret := range secrets {
			// NotContains would print the file, and the secret with it.
			assert.False(t, strings.Contains(string(text), secret), "%s contains a secret", path)
		}
		return err
	}))
	assert.NotZero(t, files, "%s has no files", dir)
	return files
}
