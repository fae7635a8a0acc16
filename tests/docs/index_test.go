package docs_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment/environmenttest"
)

func TestIndexListsEveryDocument(t *testing.T) {
	dir := filepath.Join(environmenttest.Root(t), "docs")
	index, err := os.ReadFile(filepath.Join(dir, "README.md"))
	require.NoError(t, err)
	documents, err := filepath.Glob(filepath.Join(dir, "*.md"))
	require.NoError(t, err)
	require.NotEmpty(t, documents)
	for _, document := range documents {
		if name := filepath.Base(document); name != "README.md" {
			assert.Contains(t, string(index), "]("+name+")", "docs/README.md does not list docs/%s", name)
		}
	}
}
