package reports_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"bastide/environment"
	"bastide/environment/environmenttest"
	"bastide/environment/stackfile"
	"bastide/internal/rehearsal/engine"
	"bastide/internal/rehearsal/toolchain"
)

// The CLI checks types before it starts the program, so the test needs none: an accepted
// value ends in an error about the missing program.
func TestTypesAreRefusedAsTheCLIRefusesThem(t *testing.T) {
	var cases []struct{ Source, Given, Expected string }
	text, err := os.ReadFile("types.yaml")
	require.NoError(t, err)
	require.NoError(t, yaml.UnmarshalStrict(text, &cases))
	root := environmenttest.Root(t)
	project, err := os.ReadFile(filepath.Join(root, stackfile.Project))
	require.NoError(t, err)
	path, err := toolchain.Pulumi(t.Context(), root, t.Output())
	require.NoError(t, err)
	salt, crypter, err := engine.NewSalt(engine.Passphrase)
	require.NoError(t, err)
	encrypted, err := crypter.EncryptValue(t.Context(), "8.8.4.4/32")
	require.NoError(t, err)

	for _, c := range cases {
		t.Run(c.Given, func(t *testing.T) {
			assert.NotEmpty(t, c.Source)
			settings := "encryptionsalt: " + salt + "\nconfig:\n  " + strings.ReplaceAll(c.Given, "ENCRYPTED", encrypted) + "\n"
			said := previewed(t, engine.Options{CLI: path, Stack: "odd", Files: engine.Files{Project: project, Stack: []byte(settings)}})
			key, _, _ := strings.Cut(c.Given, ": ")
			key = strings.TrimSuffix(key, ":")

			file, err := stackfile.Parse([]byte(settings))
			require.NoError(t, err)
			_, err = file.LoadWithPlaceholders(root, "odd")
			var problems environment.Problems
			require.ErrorAs(t, err, &problems, "other settings are missing, too")
			assert.Equal(t, c.Expected != "", problems.About(key), "%v", err)
			if c.Expected == "" {
				assert.NotContains(t, said, "must be of type")
				assert.Contains(t, said, "/nonexistent")
				return
			}
			assert.Contains(t, said, "'"+key+"' must be of type '"+c.Expected+"'")
		})
	}
}

// previewed is the CLI's error for an environment whose program can't start.
func previewed(t *testing.T, options engine.Options) string {
	t.Helper()
	options.Dir, options.Passphrase, options.Program = t.TempDir(), engine.Passphrase, "/nonexistent"
	opened, err := engine.Open(t.Context(), options)
	require.NoError(t, err)
	_, err = opened.Preview(t.Context())
	require.NoError(t, opened.Close())
	require.Error(t, err)
	return err.Error()
}
