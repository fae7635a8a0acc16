// Package generated keeps the generated sections of documents up to date: tests compare
// them with the data, and `make update` regenerates them.
package generated

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Section compares the text between <!-- NAME --> and <!-- /NAME --> in a file with the
// wanted one, or replaces it.
func Section(t *testing.T, path, name, want string, update bool) {
	t.Helper()
	begin, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(text), begin)
	require.True(t, found, "%s has no %s", path, begin)
	has, after, found := strings.Cut(rest, end)
	require.True(t, found, "%s has no %s", path, end)
	if update {
		require.NoError(t, os.WriteFile(path, []byte(before+begin+want+end+after), 0o600))
		return
	}
	assert.Equal(t, want, has, "%s is stale; type `make update`", path)
}
