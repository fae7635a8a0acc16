// Package secretscan asserts in tests that a secret was not written to disk.
package secretscan

import (
	"io/fs"
	"os"
	"slices"
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
	root := os.DirFS(dir)
	require.NoError(t, fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains(except, entry.Name()):
			return fs.SkipDir
		case !entry.Type().IsRegular():
			return nil
		}
		files++
		text, err := fs.ReadFile(root, path)
		for _, secret := range secrets {
			assert.NotContains(t, string(text), secret, path)
		}
		return err
	}))
	assert.NotZero(t, files, "%s has no files", dir)
	return files
}
