package reports_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"bastide/environment/environmenttest"
	"bastide/environment/stackfile"
	"bastide/internal/rehearsal/engine"
	"bastide/internal/rehearsal/toolchain"
)

// odd is an entry of stackfiles.yaml; its fields are explained there.
type odd struct {
	Name, Source, Given string
	Expected            struct {
		Settings          map[string]string
		Secrets           []string
		Refused, Stricter string
	}
}

func oddFiles(t *testing.T) (all []odd) {
	t.Helper()
	text, err := os.ReadFile("stackfiles.yaml")
	require.NoError(t, err)
	require.NoError(t, yaml.UnmarshalStrict(text, &all))
	require.Greater(t, len(all), 40)
	return all
}

// read returns the values that the program would get, and the encrypted keys. It includes
// the defaults from Pulumi.yaml.
func read(t *testing.T, file stackfile.File) (texts map[string]string, secrets []string) {
	t.Helper()
	secrets = file.Encrypted()
	source, err := stackfile.NewSource(environmenttest.Root(t), "odd", file.Settings, secrets)
	require.NoError(t, err)
	texts = map[string]string{}
	for _, key := range source.Keys() {
		if !slices.Contains(secrets, key) {
			texts[key], _ = source.Get(key)
		}
	}
	return texts, secrets
}

func TestOddStackFilesAreReadAsTheTableSays(t *testing.T) {
	for _, c := range oddFiles(t) {
		t.Run(c.Name, func(t *testing.T) {
			assert.NotEmpty(t, c.Source)
			file, err := stackfile.Parse([]byte(c.Given))
			if c.Expected.Refused != "" {
				require.ErrorContains(t, err, c.Expected.Refused)
				return
			}
			require.NoError(t, err)
			texts, secrets := read(t, file)
			assert.ElementsMatch(t, c.Expected.Secrets, secrets)
			for key, want := range c.Expected.Settings {
				assert.Equal(t, want, texts[key], key)
			}
			assert.Len(t, file.Settings, len(c.Expected.Settings)+len(secrets))

			written, err := file.YAML()
			require.NoError(t, err)
			again, err := stackfile.Parse(written)
			require.NoError(t, err)
			assert.Equal(t, file, again, "it changes when it is written for the engine and read again")
		})
	}
}

// cli is the real Pulumi CLI in its own project, with an empty stack "odd" and without the
// user's home.
type cli struct {
	path, dir string
	env       []string
}

func newCLI(t *testing.T) cli {
	t.Helper()
	root := environmenttest.Root(t)
	path, err := toolchain.Pulumi(t.Context(), root, t.Output())
	require.NoError(t, err)
	home := t.TempDir()
	c := cli{path: path, dir: t.TempDir(), env: []string{
		"HOME=" + home, "PULUMI_HOME=" + home, "PATH=" + os.Getenv("PATH"), "PULUMI_BACKEND_URL=file://" + t.TempDir(),
		"PULUMI_CONFIG_PASSPHRASE=" + engine.Passphrase, "PULUMI_SKIP_UPDATE_CHECK=true",
	}}
	project, err := os.ReadFile(filepath.Join(root, stackfile.Project))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(c.dir, stackfile.Project), project, 0o600))
	_, said, err := c.run(t, "stack", "init", "odd")
	require.NoError(t, err, said)
	return c
}

func (c cli) run(t *testing.T, args ...string) (out []byte, said string, err error) {
	t.Helper()
	var complaint bytes.Buffer
	cmd := exec.CommandContext(t.Context(), c.path, append([]string{"--non-interactive"}, args...)...)
	cmd.Dir, cmd.Env, cmd.Stderr = c.dir, c.env, &complaint
	out, err = cmd.Output()
	return out, complaint.String(), err
}

// config are the values and secrets that the CLI reads from a file.
func (c cli) config(t *testing.T, path string, more ...string) (texts map[string]string, secrets []string, said string, err error) {
	t.Helper()
	out, said, err := c.run(t, append([]string{"config", "--json", "--stack", "odd", "--config-file", path}, more...)...)
	if err != nil {
		return nil, nil, said, err
	}
	var values map[string]struct {
		Value  *string
		Secret bool
	}
	require.NoError(t, json.Unmarshal(out, &values))
	texts = map[string]string{}
	for key, value := range values {
		if value.Secret {
			secrets = append(secrets, key)
		}
		if value.Value != nil {
			texts[key] = *value.Value
		}
	}
	slices.Sort(secrets)
	return texts, secrets, said, nil
}

// This project reads a stack file as the CLI does. Where it is stricter, the table says so,
// and why.
func TestOddStackFilesAreReadAsTheCLIReadsThem(t *testing.T) {
	c := newCLI(t)
	for i, odd := range oddFiles(t) {
		t.Run(odd.Name, func(t *testing.T) {
			path := filepath.Join(c.dir, strings.Repeat("x", i+1)+".yaml")
			require.NoError(t, os.WriteFile(path, []byte(odd.Given), 0o600))
			file, failed := stackfile.Parse([]byte(odd.Given))
			want, wantSecret, said, err := c.config(t, path)
			if odd.Expected.Stricter != "" {
				require.NoError(t, err, "the CLI refuses it, too: %s", said)
				require.Error(t, failed)
				return
			}
			if err != nil {
				require.Error(t, failed, "the CLI says: %s", said)
				return
			}
			require.NoError(t, failed)
			texts, secrets := read(t, file)
			assert.Equal(t, want, texts)
			assert.Equal(t, wantSecret, secrets)
		})
	}
}

// The environments in this repository are read as the CLI reads them, secrets included.
func TestCommittedEnvironmentsAreReadAsTheCLIReadsThem(t *testing.T) {
	c, root := newCLI(t), environmenttest.Root(t)
	for _, dir := range []string{root, filepath.Join(root, "tests", "environments")} {
		for _, name := range stackfile.Environments(dir) {
			text, err := stackfile.Text(dir, name)
			require.NoError(t, err)
			file, err := stackfile.Parse(text)
			require.NoError(t, err)
			crypter := engine.Unlock(file.Salt, engine.Passphrase)
			decrypt := func(text string) string {
				require.NotNil(t, crypter, "%s is encrypted with another passphrase than that of rehearsals", name)
				plain, err := crypter.DecryptValue(t.Context(), text)
				require.NoError(t, err)
				return plain
			}
			opened := stackfile.File{Settings: file.Decrypted(decrypt)}
			texts, _ := read(t, opened)
			want, secrets, said, err := c.config(t, filepath.Join(dir, stackfile.Name(name)), "--show-secrets")
			require.NoError(t, err, said)
			assert.Equal(t, want, texts, name)
			assert.Equal(t, secrets, file.Encrypted(), name)
			assert.NotEmpty(t, slices.Collect(maps.Keys(texts)))
		}
	}
}
