// Package state_test tests docs/state.md: state can be moved between backends, and no secret
// is committed to git in clear.
package state_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment/environmenttest"
	"bastide/environment/stackfile"
	"bastide/internal/rehearsal/engine"
	"bastide/internal/rehearsal/toolchain"
	"bastide/internal/secretscan"
)

const passphrase, secret = "correct horse battery staple", "nobody-may-read-this"

// cli is the real CLI in a folder, with its own home.
type cli struct {
	path, dir, home string
}

func (c cli) run(t *testing.T, backend, stdin string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), c.path, append(args, "--non-interactive")...)
	cmd.Dir, cmd.Stdin = c.dir, strings.NewReader(stdin)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + c.home, "PULUMI_HOME=" + c.home, "PULUMI_SKIP_UPDATE_CHECK=true",
		"PULUMI_BACKEND_URL=" + backend, "PULUMI_CONFIG_PASSPHRASE=" + passphrase,
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (c cli) must(t *testing.T, backend, stdin string, args ...string) string {
	t.Helper()
	out, err := c.run(t, backend, stdin, args...)
	require.NoError(t, err, out)
	return out
}

// stack creates a stack on a file backend, with a secret in its settings and one in its state.
func stack(t *testing.T) (c cli, backend string) {
	t.Helper()
	root := environmenttest.Root(t)
	path, err := toolchain.Pulumi(t.Context(), root, t.Output())
	require.NoError(t, err)
	c = cli{path: path, dir: t.TempDir(), home: t.TempDir()}
	project, err := os.ReadFile(filepath.Join(root, "Pulumi.yaml"))
	require.NoError(t, err)
	salt, crypter, err := engine.NewSalt(passphrase)
	require.NoError(t, err)
	sealed, err := crypter.EncryptValue(t.Context(), `"`+secret+`"`)
	require.NoError(t, err)
	for name, text := range map[string]string{
		"Pulumi.yaml":         string(project),
		"Pulumi.staging.yaml": "# ours\nencryptionsalt: " + salt + "\nconfig:\n  gcp:project: acme-staging # one to an environment\n",
		"state.json": fmt.Sprintf(`{"version":3,"deployment":{"manifest":{"time":"2026-11-26T00:00:00Z","magic":"","version":""},
			"secrets_providers":{"type":"passphrase","state":{"salt":%q}},
			"resources":[{"urn":"urn:pulumi:staging::bastide::pulumi:pulumi:Stack::bastide-staging","custom":false,"type":"pulumi:pulumi:Stack",
			"outputs":{"made":{"4dabf18193072939515e22adb298388d":"1b47061264138c4ac30d75fd1eb44270","ciphertext":%q}}}]}}`, salt, sealed),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o600))
	}
	backend = "file://" + t.TempDir()
	c.must(t, backend, "", "stack", "init", "staging")
	c.must(t, backend, secret, "config", "set", "--secret", "--stack", "staging", "bastide:adminCidrs")
	c.must(t, backend, "", "stack", "import", "--stack", "staging", "--file", "state.json")
	return c, backend
}

// The commands of docs/state.md, with file backends on both sides.
func TestStateMovesToAnotherBackend(t *testing.T) {
	c, laptop := stack(t)
	shared := "file://" + t.TempDir()
	before := c.must(t, laptop, "", "stack", "export", "--stack", "staging", "--show-secrets")
	require.Contains(t, before, secret)

	c.must(t, shared, "", "stack", "migrate", laptop, "staging", "--yes")
	after := c.must(t, shared, "", "stack", "export", "--stack", "staging", "--show-secrets")
	assert.Equal(t, resources(before), resources(after))
	assert.Equal(t, secret, strings.TrimSpace(c.must(t, shared, "", "config", "get", "--stack", "staging", "bastide:adminCidrs")))
	assert.Equal(t, before, c.must(t, laptop, "", "stack", "export", "--stack", "staging", "--show-secrets"), "the old state is kept")
	for _, dir := range []string{strings.TrimPrefix(laptop, "file://"), strings.TrimPrefix(shared, "file://"), c.dir} {
		secretscan.AssertAbsent(t, dir, []string{secret})
	}
	file, err := stackfile.Read(c.dir, "staging")
	require.NoError(t, err)
	assert.NotNil(t, engine.Unlock(file.Salt, passphrase))
	text, err := os.ReadFile(filepath.Join(c.dir, "Pulumi.staging.yaml"))
	require.NoError(t, err)
	assert.Contains(t, string(text), "# one to an environment", "comments stay")

	// An existing stack is not overwritten.
	out, err := c.run(t, shared, "", "stack", "migrate", laptop, "staging", "--yes")
	assert.Error(t, err)
	assert.Contains(t, out, "already exists")
	assert.Equal(t, after, c.must(t, shared, "", "stack", "export", "--stack", "staging", "--show-secrets"))
}

// resources is the part of an export from the resources on.
func resources(export string) string {
	_, rest, _ := strings.Cut(export, `"resources"`)
	return rest
}

// repository is a git repository after `make hooks`.
func repository(t *testing.T) (root string, git func(args ...string) (string, error)) {
	t.Helper()
	from, root := environmenttest.Root(t), t.TempDir()
	for _, name := range []string{"Makefile", ".gitleaks.toml", ".gitignore", ".githooks/pre-commit", "tools/secrets/go.mod", "tools/secrets/go.sum", "build/bin/gitleaks"} {
		text, err := os.ReadFile(filepath.Join(from, name))
		require.NoError(t, err, "type `make build/bin/gitleaks` to build it")
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, text, 0o700))
	}
	git = func(args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=x", "-c", "user.email=x@example.com"}, args...)...)
		cmd.Dir = root
		cmd.Env = append(cmd.Environ(), "MAKEFLAGS=", "MFLAGS=")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"commit", "-q", "-m", "first"}, {"config", "core.hooksPath", ".githooks"}} {
		out, err := git(args...)
		require.NoError(t, err, out)
	}
	return root, git
}

func TestNoSecretIsCommitted(t *testing.T) {
	root, git := repository(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalECPrivateKey(key)
	require.NoError(t, err)
	private := string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))
	for name, text := range map[string]string{
		"key.pem":    private,
		"notes.md":   "export PULUMI_CONFIG_PASSPHRASE=" + strings.ReplaceAll(passphrase, " ", "-") + "\n",
		"state.json": `{"outputs":{"key":` + fmt.Sprintf("%q", private) + `}}`,
	} {
		path := filepath.Join(root, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := git("add", name)
		require.NoError(t, err)
		out, err := git("commit", "-q", "-m", name)
		assert.Error(t, err, name)
		assert.Contains(t, out, "REDACTED", name)
		assert.NotContains(t, out, passphrase)
		_, err = git("rm", "-q", "-f", name)
		require.NoError(t, err)
	}

	// Encrypted secrets may be committed; the backups of `stack migrate` may not.
	c, _ := stack(t)
	for _, name := range []string{"Pulumi.staging.yaml", "state.json"} {
		text, err := os.ReadFile(filepath.Join(c.dir, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(root, name), text, 0o600))
	}
	require.NoError(t, os.WriteFile(filepath.Join(root, "Pulumi.staging.yaml.bak.1"), nil, 0o600))
	_, err = git("add", "-A")
	require.NoError(t, err)
	out, err := git("commit", "-q", "-m", "encrypted")
	require.NoError(t, err, out)
	committed, err := git("show", "--stat", "--format=", "HEAD")
	require.NoError(t, err)
	assert.Contains(t, committed, "state.json")
	assert.NotContains(t, committed, ".bak")
}
