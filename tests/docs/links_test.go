package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment/environmenttest"
)

// links matches the targets of links and images that are files of the project.
var links = regexp.MustCompile(`(?:\]\(|src=")([^)"\s#:]+)`)

// spans matches code spans, in which brackets are not links.
var spans = regexp.MustCompile("`[^`\n]*`")

func TestEveryLinkLeadsToAFile(t *testing.T) {
	root := environmenttest.Root(t)
	documents := []string{filepath.Join(root, "README.md")}
	require.NoError(t, filepath.WalkDir(filepath.Join(root, "docs"), func(path string, _ os.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".md" {
			documents = append(documents, path)
		}
		return err
	}))
	followed := 0
	for _, document := range documents {
		text, err := os.ReadFile(document)
		require.NoError(t, err)
		for _, match := range links.FindAllStringSubmatch(spans.ReplaceAllString(string(text), "code"), -1) {
			if strings.HasPrefix(match[1], "http") {
				continue
			}
			followed++
			_, err := os.Stat(filepath.Join(filepath.Dir(document), match[1]))
			assert.NoError(t, err, "%s links to %s", document, match[1])
		}
	}
	assert.Greater(t, followed, 50)
}
