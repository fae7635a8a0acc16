package engine_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/internal/rehearsal"
	"bastide/internal/rehearsal/corpus"
	"bastide/internal/rehearsal/engine"
	"bastide/internal/rehearsal/toolchain"
	"bastide/internal/secretscan"
	"bastide/tests/inventory"
)

// devSecret is dev's admin address, which Pulumi.dev.yaml holds encrypted.
const devSecret = "203.0.113.7"

// `make rehearse DESTROY=1` for the environment that users begin with, and for the one with
// everything for build jobs.
func TestRehearsalUpDestroyAndUpAgain(t *testing.T) {
	// The user who runs this test may be logged in; the rehearsal must use none of that.
	home := t.TempDir()
	for key, value := range map[string]string{
		"HOME": home, "PULUMI_HOME": home, "PULUMI_BACKEND_URL": "https://example.invalid", "PULUMI_ACCESS_TOKEN": "poison",
		"PULUMI_CONFIG_PASSPHRASE": "poison", "PULUMI_STACK": "poison", "GOOGLE_PROJECT": "poison",
		"GOOGLE_CREDENTIALS": "poison", "GOOGLE_APPLICATION_CREDENTIALS": "/poison", "KUBECONFIG": "/poison",
	} {
		t.Setenv(key, value)
	}
	// The Go toolchain needs its caches.
	for _, key := range []string{"GOCACHE", "GOMODCACHE", "GOPATH"} {
		t.Setenv(key, goEnv[key])
	}
	counts := inventory.Counts(t)
	for _, environment := range []string{"dev", "showcase"} {
		t.Run(environment, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), environment)
			before := inRealHome(t)
			out := rehearseUpDownAndUpAgain(t, environment, dir)
			assert.Equal(t, before, inRealHome(t))
			lines := strings.Split(strings.TrimSpace(out), "\n")
			last := fmt.Sprintf("rehearsal: %d resources, %d policies, 0 violations, makespan 558 s (critical path 558 s)", counts[environment].Resources, counts[environment].Policies)
			assert.Equal(t, last, lines[len(lines)-1])
			assertUntouched(t, home)
			if environment == "dev" { // the only one with an encrypted setting
				assert.Greater(t, secretscan.AssertAbsent(t, dir, []string{devSecret}), 5)
				assert.NotContains(t, out, devSecret)
			}
			require.NoError(t, rehearsal.Clear(dir))
			left, err := filepath.Glob(filepath.Join(dir, "*"))
			require.NoError(t, err)
			assert.Equal(t, []string{filepath.Join(dir, "lock")}, left, "the rehearsal left files behind")
		})
	}
}

func rehearseUpDownAndUpAgain(t *testing.T, environment, dir string) string {
	t.Helper()
	var out bytes.Buffer
	err := rehearsal.Run(t.Context(), rehearsal.Options{
		Root: tools.Root, Environment: environment, Dir: dir, Destroy: true, Out: &out,
	})
	require.NoError(t, err, out.String())
	assert.Equal(t, 2, strings.Count(out.String(), "== up\n"))
	assert.NotContains(t, out.String(), "poison")
	assert.Greater(t, secretscan.AssertAbsent(t, filepath.Join(dir, "backend"), []string{"PRIVATE KEY"}), 5) // OpenBao's, in state
	for _, name := range []string{"inventory.yaml", "timeline.json", "state.json", "report.html"} {
		assert.FileExists(t, filepath.Join(dir, name))
	}
	return out.String()
}

// assertUntouched checks that nothing was written into a home, except ~/.config/go, which
// the Go toolchain writes when it builds the program.
func assertUntouched(t *testing.T, home string) {
	t.Helper()
	for _, pattern := range []string{"*", ".*", ".config/*"} {
		found, err := filepath.Glob(filepath.Join(home, pattern))
		require.NoError(t, err)
		for _, path := range found {
			assert.Contains(t, []string{".config", "go"}, filepath.Base(path), "something was written into the user's home")
		}
	}
}

// inRealHome lists Pulumi's files in the home from the system's user database. Pulumi writes
// there by default, whatever HOME is.
func inRealHome(t *testing.T) (found []string) {
	t.Helper()
	who, err := user.LookupId(strconv.Itoa(os.Getuid()))
	if err != nil {
		t.Log("the user database has no home: ", err) // as in some containers
		return nil
	}
	err = filepath.WalkDir(filepath.Join(who.HomeDir, ".pulumi"), func(path string, _ os.DirEntry, err error) error {
		found = append(found, path)
		return err
	})
	if !errors.Is(err, fs.ErrNotExist) {
		require.NoError(t, err)
	}
	return found
}

func TestPulumiVersionWritesNothingIntoHome(t *testing.T) {
	before := inRealHome(t)
	_, err := toolchain.PulumiVersion(t.Context(), tools.CLI)
	require.NoError(t, err)
	assert.Equal(t, before, inRealHome(t))
}

func TestExamplesComeUpWithoutDrift(t *testing.T) {
	t.Parallel()
	for stack, settings := range map[string]string{
		"production": file(t, "tests", "environments", "Pulumi.production.yaml"),
		"private":    file(t, "tests", "environments", "Pulumi.private.yaml"),
	} {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			s := openWithPolicies(t, stack, settings, levels(t, stack))
			up, err := s.Up(t.Context())
			require.NoError(t, err)
			assert.Empty(t, up.Diagnostics)
			assert.Empty(t, up.PolicyResults.Violations)
			assert.Zero(t, up.PolicyResults.Unknown, "during `up` every value is known")
			again, err := s.Preview(t.Context())
			require.NoError(t, err)
			assert.True(t, again.Unchanged(), again.Steps)

			_, deployment, err := s.Export(t.Context())
			require.NoError(t, err)
			steps := paths(deployment, "destroy-lock")
			assert.Greater(t, steps, 1000.0)
			assert.Less(t, steps, float64(mostPaths), "a refused destroy would seem to hang; see docs/adr/0012")
			checker, namespaces, err := corpus.For(t.Context(), filepath.Join(tools.Root, "tests", "admission"), deployment, s.Cluster.ControlPlane().Admin())
			require.NoError(t, err)
			for _, namespace := range namespaces {
				shown, wrong, err := checker.CheckAll(t.Context(), namespace)
				require.NoError(t, err)
				assert.Greater(t, shown, 150)
				assert.Empty(t, wrong)
			}

			// The environment is protected, so a destroy deletes nothing.
			before := s.Cloud.Objects()
			_, err = s.Destroy(t.Context())
			require.ErrorContains(t, err, "destroy-lock")
			require.ErrorContains(t, err, "protected")
			assert.Equal(t, before, s.Cloud.Objects())
		})
	}
}

func TestWrongPassphraseChangesNothing(t *testing.T) {
	_, err := open(t, "dev", file(t, "Pulumi.dev.yaml"), func(o *engine.Options) { o.Passphrase = "wrong" })
	if err == nil {
		t.Fatal("a wrong passphrase was accepted")
	}
	assert.Contains(t, err.Error(), "incorrect passphrase")
}
