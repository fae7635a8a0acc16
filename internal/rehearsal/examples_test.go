package rehearsal

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFolderPrefersTheProjectsFileToAnExample(t *testing.T) {
	root := t.TempDir()
	examples := filepath.Join(root, "tests", "environments")
	require.NoError(t, os.MkdirAll(examples, 0o700))
	write := func(path string) {
		require.NoError(t, os.WriteFile(filepath.Join(root, path), []byte("config: {}\n"), 0o600))
	}
	write("Pulumi.dev.yaml")
	write("tests/environments/Pulumi.showcase.yaml")
	write("tests/environments/Pulumi.production.yaml")
	write("tests/environments/levels.showcase.json")
	for name, folder := range map[string]string{
		"dev": root, "showcase": examples, "production": examples, "nowhere": root,
		"../tests/environments/Pulumi.showcase": root, "": root,
	} {
		assert.Equal(t, folder, Folder(root, name), name)
	}
	assert.Equal(t, filepath.Join(examples, "levels.showcase.json"), levels(examples, "showcase"))
	assert.Empty(t, levels(examples, "production"))

	write("Pulumi.production.yaml")
	assert.Equal(t, root, Folder(root, "production"), "the project's file takes precedence over an example of the same name")
}

func TestRunNamesTheExamplesForAnUnknownEnvironment(t *testing.T) {
	err := Run(t.Context(), Options{Root: "../..", Environment: "nowhere", Dir: t.TempDir(), Out: t.Output()})
	assert.ErrorContains(t, err, `there is no environment "nowhere"`)
	assert.ErrorContains(t, err, "the examples private, production, showcase can be rehearsed, too")
}
