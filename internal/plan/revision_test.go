package plan

import (
	"archive/tar"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"bastide/environment/environmenttest"
)

func command(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), "GIT_AUTHOR_NAME=x", "GIT_AUTHOR_EMAIL=x@example.com", "GIT_COMMITTER_NAME=x", "GIT_COMMITTER_EMAIL=x@example.com")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
}

func commit(t *testing.T, root, name string) {
	t.Helper()
	path := filepath.Join(root, "deep", "er", name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte("content"), 0o600))
	command(t, root, "git", "add", "-A")
	command(t, root, "git", "commit", "-q", "-m", name)
}

// repository is a git repository with a commit, and a branch and a tag of the same name.
func repository(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	command(t, root, "git", "init", "-q", "-b", "main")
	commit(t, root, "file")
	command(t, root, "git", "branch", "twice")
	command(t, root, "git", "tag", "twice")
	return root
}

func TestRevisionIsFoundAndUnpacked(t *testing.T) {
	root := repository(t)
	for name, wrong := range map[string]string{
		"nowhere":    `there is no revision "nowhere" here, and no remote to fetch it from`,
		"--help":     `"--help" is an option, not a revision; name a branch, a tag or a commit`,
		"--output=x": `"--output=x" is an option, not a revision`,
		"":           "the revision to compare with is empty",
		"twice":      `"twice" names more than one revision; write refs/heads/twice`,
	} {
		_, err := find(t.Context(), root, name)
		assert.ErrorContains(t, err, wrong, name)
	}
	assert.NoFileExists(t, filepath.Join(root, "x"))
	_, err := find(t.Context(), t.TempDir(), "main")
	assert.ErrorContains(t, err, "not a git repository")

	r, err := find(t.Context(), root, "main")
	require.NoError(t, err)
	assert.Regexp(t, `^main \([0-9a-f]{10}\)$`, r.String())
	dir := t.TempDir()
	require.NoError(t, r.unpack(t.Context(), dir))
	text, err := os.ReadFile(filepath.Join(dir, "deep", "er", "file"))
	require.NoError(t, err)
	assert.Equal(t, "content", string(text))

	dirty, err := uncommitted(t.Context(), root)
	require.NoError(t, err)
	assert.False(t, dirty)
	for path, same := range map[string]bool{"Pulumi.dev.yaml": true, "docs/x.md": true, "main.go": false, "docs/../Pulumi.go": false} {
		require.NoError(t, os.MkdirAll(filepath.Join(root, "docs"), 0o700))
		path := filepath.Join(root, path)
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		is, err := r.sameProgram(t.Context())
		require.NoError(t, err)
		assert.Equal(t, same, is, path)
		require.NoError(t, os.Remove(path))
	}
	require.NoError(t, os.WriteFile(filepath.Join(root, "new"), nil, 0o600))
	dirty, err = uncommitted(t.Context(), root)
	require.NoError(t, err)
	assert.True(t, dirty)
}

// upstream has two commits on main and a branch, feature, of which it makes a clone with
// the given flags.
func upstream(t *testing.T, flags ...string) (clone string) {
	t.Helper()
	from := repository(t)
	commit(t, from, "second")
	command(t, from, "git", "tag", "v1.0.0", "HEAD~1")
	command(t, from, "git", "checkout", "-q", "-b", "feature")
	commit(t, from, "third")
	commit(t, from, "fourth")
	clone = filepath.Join(t.TempDir(), "clone")
	command(t, "", "git", append(append([]string{"clone", "-q", "-b", "feature"}, flags...), "file://"+from, clone)...)
	return clone
}

// hint matches the command that an error says to type.
var hint = regexp.MustCompile("`(git fetch [^`]*)`")

// Each case runs the command that the error gives, after which the revision is found.
func TestTypedCommandFetchesTheMissingRevision(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(environmenttest.Root(t), "tests", "reports", "revisions.yaml"))
	require.NoError(t, err)
	var reports []struct {
		Source string
		Given  struct {
			Clone []string
			Name  string
		}
		Expected struct{ Typed, Called, Commit string }
	}
	require.NoError(t, yaml.UnmarshalStrict(text, &reports))
	require.NotEmpty(t, reports)
	for _, report := range reports {
		t.Run(report.Source, func(t *testing.T) {
			root, name := upstream(t, report.Given.Clone...), report.Given.Name
			_, err := find(t.Context(), root, name)
			require.ErrorContains(t, err, "there is no revision")
			var hints []string
			for _, found := range hint.FindAllStringSubmatch(err.Error(), -1) {
				hints = append(hints, found[1])
			}
			require.Contains(t, hints, report.Expected.Typed)
			command(t, root, "sh", "-c", report.Expected.Typed)
			r, err := find(t.Context(), root, name)
			require.NoError(t, err)
			assert.Equal(t, report.Expected.Called, r.name)
			require.NoError(t, r.unpack(t.Context(), t.TempDir()))
			said, _, err := git(t.Context(), root, "log", "-1", "--format=%s", r.commit)
			require.NoError(t, err)
			assert.Equal(t, report.Expected.Commit, strings.TrimSpace(said))
		})
	}
}

func TestFindsRemoteBranchByItsName(t *testing.T) {
	root := upstream(t)
	r, err := find(t.Context(), root, "main")
	require.NoError(t, err, "a clone has the branch that is checked out, and main as origin/main")
	assert.Equal(t, "origin/main", r.name)
}

func TestExplainsRevisionsThatCantBeFetched(t *testing.T) {
	root := upstream(t)
	for name, wrong := range map[string]string{
		"feature~90": "the history of feature does not go back that far",
		"HEAD~90":    "the history of HEAD does not go back that far",
		"a b":        "that is not a valid name",
		"a..b":       "that is not a valid name",
		"it's;$(x)":  `git fetch origin 'it'"'"'s;$(x):refs/remotes/origin/it'"'"'s;$(x)'`,
	} {
		_, err := find(t.Context(), root, name)
		assert.ErrorContains(t, err, wrong, name)
	}
}

func TestTypedCommandMakesAnotherUsersRepositoryReadable(t *testing.T) {
	root := filepath.Join(t.TempDir(), "it's mine")
	require.NoError(t, os.Mkdir(root, 0o700))
	command(t, root, "git", "init", "-q", "-b", "main")
	commit(t, root, "file")
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", home)
	t.Setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
	_, err := find(t.Context(), root, "main")
	require.ErrorContains(t, err, "git refuses to read a repository that belongs to another user")
	typed := regexp.MustCompile("`(git config [^`]*)`").FindStringSubmatch(err.Error())
	require.NotNil(t, typed, err)
	command(t, root, "sh", "-c", typed[1])
	_, err = find(t.Context(), root, "main")
	assert.NoError(t, err)
}

func TestRejectsArchivePathOutsideItsFolder(t *testing.T) {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	require.NoError(t, w.WriteHeader(&tar.Header{Name: "../outside", Typeflag: tar.TypeReg, Mode: 0o600}))
	require.NoError(t, w.Close())
	dir := filepath.Join(t.TempDir(), "inside")
	require.NoError(t, os.Mkdir(dir, 0o700))
	assert.Error(t, extract(&archive, dir))
	assert.NoFileExists(t, filepath.Join(dir, "..", "outside"))
}
