// Package plan_test makes plans with the pinned CLI, as users and pull requests do, and
// without anything that could decrypt a secret.
package plan_test

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment/environmenttest"
	"bastide/internal/plan"
	"bastide/internal/rehearsal/toolchain"
	"bastide/internal/stage"
	"bastide/tests/inventory"
)

// devSecret is the address that Pulumi.dev.yaml encrypts. The placeholder that a plan
// replaces it with is the same address.
const devSecret = "203.0.113.7"

// poison are credentials that do not work: a plan must not use any.
var poison = []string{
	"PULUMI_CONFIG_PASSPHRASE=poison", "PULUMI_BACKEND_URL=https://example.invalid", "PULUMI_ACCESS_TOKEN=poison",
	"GOOGLE_CREDENTIALS=poison", "GOOGLE_APPLICATION_CREDENTIALS=/poison", "KUBECONFIG=/poison",
}

func TestPlanNeedsNoCredentials(t *testing.T) {
	root := environmenttest.Root(t)
	require.NoError(t, stage.TrackSources(root))
	for _, variable := range poison {
		key, value, _ := strings.Cut(variable, "=")
		t.Setenv(key, value)
	}
	o := plan.Options{Root: root, Environment: "dev", Progress: t.Output()}
	made, err := plan.Make(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, inventory.Counts(t)["dev"].Types, made.Inventory.Counts)
	assert.Greater(t, len(made.PolicyResults.Policies), 80)
	assert.Empty(t, made.PolicyResults.Violations)
	assert.Equal(t, []string{"bastide:adminCidrs"}, made.Placeholders)

	text, err := made.Inventory.YAML()
	require.NoError(t, err)
	assert.NotContains(t, string(text)+made.String(), devSecret, "a secret, or a placeholder of one, is not masked")
	assert.Contains(t, string(text), "[secret]")
	assert.Contains(t, string(text), "[known after up]")
	assert.NotContains(t, string(text), "04da6b54", "the engine's marker of unknown values is not readable")
	assert.Regexp(t, `\nplan: \d+ resources, \d+ policies, 0 violations; \d+ values can be checked only during .up.\n$`, made.String())
	assertNothingLeft(t, o)
}

func assertNothingLeft(t *testing.T, o plan.Options) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(o.Dir(), "bench-*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

// copied is a copy of the project with its own git repository. It is always in the same
// folder: in another one Go would compile and link the program again. Its build/ is kept.
func copied(t *testing.T) string {
	t.Helper()
	from := environmenttest.Root(t)
	to := filepath.Join(from, "build", "tests", "plan")
	left, err := filepath.Glob(filepath.Join(to, "*"))
	require.NoError(t, err)
	for _, path := range append(left, filepath.Join(to, ".git")) {
		if filepath.Base(path) != "build" {
			require.NoError(t, os.RemoveAll(path))
		}
	}
	require.NoError(t, filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(from, path)
		switch {
		case name == ".git" || name == "build" || name == "state":
			if entry.IsDir() {
				return filepath.SkipDir
			}
			return nil
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o700)
		}
		return copyFile(path, filepath.Join(to, name))
	}))
	linkTools(t, from, to)
	git(t, to, "init", "-q", "-b", "main")
	git(t, to, "add", "-A")
	git(t, to, "commit", "-q", "-m", "base")
	return to
}

// copyFile copies a file with its mode and its times, from which Go's build cache sees that
// it has not changed.
func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if err := os.WriteFile(to, text, info.Mode()); err != nil {
		return err
	}
	return os.Chtimes(to, info.ModTime(), info.ModTime())
}

// linkTools links the tools that are built already into a copy, except for the program and
// the policy pack, which the copy builds itself.
func linkTools(t *testing.T, from, to string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Join(to, "build", "bin"), 0o700))
	for _, tool := range []string{"bin/pulumi", "kubernetes"} {
		link := filepath.Join(to, "build", tool)
		require.NoError(t, os.RemoveAll(link))
		if path := filepath.Join(from, "build", tool); exists(path) {
			require.NoError(t, os.Symlink(path, link))
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func git(t *testing.T, root string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", root, "-c", "user.name=x", "-c", "user.email=x@example.com"}, args...)...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

// bastide is the path of the helper, as make builds it.
func bastide(t *testing.T) string {
	t.Helper()
	path, err := toolchain.Helper(t.Context(), environmenttest.Root(t), t.Output())
	require.NoError(t, err)
	return path
}

func edit(t *testing.T, path string, replacements ...string) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	changed := strings.NewReplacer(replacements...).Replace(string(text))
	require.NotEqual(t, string(text), changed)
	require.NoError(t, os.WriteFile(path, []byte(changed), 0o600))
}

// The steps of .github/workflows/plan.yml, as a pull request runs them.
func TestPullRequestCommentListsChangesAndViolations(t *testing.T) {
	require.NoError(t, stage.TrackSources(environmenttest.Root(t)))
	root, helper := copied(t), bastide(t)
	edit(t, filepath.Join(root, "Pulumi.dev.yaml"),
		"size=small", "size=medium",
		"  bastide:deletionProtection: false\n", "  bastide:deletionProtection: false\n  bastide:generalMachineType: n2-standard-4\n  bastide:securityBulletins: false\n")
	git(t, root, "commit", "-q", "-a", "-m", "change")

	script := func(base string) (comment, progress string, err error) {
		cmd := exec.CommandContext(t.Context(), ".ci/plan", base, "build/comment")
		cmd.Dir = root
		cmd.Env = append(append(cmd.Environ(), poison...), "BASTIDE="+helper)
		out, err := cmd.CombinedOutput()
		text, readErr := os.ReadFile(filepath.Join(root, "build", "comment", "comment.md"))
		require.NoError(t, readErr, string(out))
		return string(text), string(out), err
	}
	comment, progress, err := script("HEAD^1")
	require.Error(t, err, "the policy pack reports a violation, so the check fails")
	for _, part := range []string{
		"### Plan for `dev`, compared with `HEAD^1 (",
		"#### New violations\n- `security-bulletins, cluster-control-plane: ",
		"- `bastide:generalMachineType`: `e2-standard-4` → `n2-standard-4`\n",
		"- **REPLACED** `gcp:container/nodePool:NodePool` `cluster-general`, because of `nodeConfig.machineType`, which comes from `bastide:generalMachineType`\n  - `nodeConfig.machineType`: `e2-standard-4` → `n2-standard-4` **forces the replacement**\n",
		"#### Removed\n- `gcp:pubsub/topic:Topic` `cluster-bulletins`\n",
		"- `bastide:components:Namespace` `guardrails-apps`\n  - `size`: `small` → `medium`\n",
		"nothing was decrypted",
	} {
		assert.Contains(t, comment, part, progress)
	}
	assert.NotContains(t, comment, "Uncommitted")
	assert.NotContains(t, comment, "openbao-servers", "unchanged resources are not listed")
	assert.NotContains(t, comment+progress, devSecret)
	assert.NotContains(t, comment+progress, "poison")

	comment, _, err = script("nowhere")
	require.Error(t, err)
	assert.Contains(t, comment, "It could not be made:\n\n    \n    error: there is no revision \"nowhere\" here")
	assertNothingLeft(t, plan.Options{Root: root, Environment: "dev"})
	assert.Len(t, strings.Split(strings.TrimSpace(git(t, root, "worktree", "list")), "\n"), 1)
	assert.Empty(t, git(t, root, "status", "--porcelain"), "the working tree was changed")

	interrupt(t, root, helper)
}

// A second zone replaces the cluster, in an environment with deletion protection.
func TestReplacementOfAProtectedClusterIsListedFirst(t *testing.T) {
	require.NoError(t, stage.TrackSources(environmenttest.Root(t)))
	root, helper := copied(t), bastide(t)
	file := filepath.Join(root, "Pulumi.dev.yaml")
	edit(t, file, "bastide:deletionProtection: false", "bastide:deletionProtection: true")
	git(t, root, "commit", "-q", "-a", "-m", "protect")
	edit(t, file, "    - europe-west1-b\n", "    - europe-west1-b\n    - europe-west1-c\n", "size=small", "size=medium")

	cmd := exec.CommandContext(t.Context(), helper, "plan", "dev", "--against", "HEAD")
	var progress bytes.Buffer
	cmd.Dir, cmd.Stderr = root, &progress
	said, err := cmd.Output()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	assert.Equal(t, 1, exit.ExitCode(), progress.String())
	text := string(said)
	at := 0
	for _, part := range []string{
		"**The preview failed**",
		"\n#### REPLACED\n",
		"- **REPLACED** `gcp:container/cluster:Cluster` `cluster-control-plane`, because of `location`",
		", which comes from `bastide:zones`: **refused**, since it is protected\n",
		"\n#### Refused\n- `cluster-control-plane` is protected (`bastide:deletionProtection`) and would be replaced because of `bastide:zones`. Leave `bastide:zones` as it was;",
		"\n#### Settings\n",
		"`bastide:namespaces`",
		"\n#### Changed\n",
	} {
		found := strings.Index(text[at:], part)
		require.GreaterOrEqual(t, found, 0, "%s\n\nis missing after the previous part, in\n%s\n%s", part, text, progress.String())
		at += found
	}
	head, _, _ := strings.Cut(text, "#### REPLACED")
	assert.Less(t, strings.Count(head, "\n"), 12)
	assert.NotContains(t, text, "protect` flag", "the comment gives its own remedy, not Pulumi's")
	lines := map[string]bool{}
	for line := range strings.Lines(text[strings.Index(text, "#### The preview failed"):strings.Index(text, "#### Settings")]) {
		assert.False(t, lines[line] && strings.HasPrefix(line, "- "), line)
		lines[line] = true
	}
}

// interrupt sends Ctrl-C while the environment is brought up from a revision.
func interrupt(t *testing.T, root, helper string) {
	t.Helper()
	var out, ignored bytes.Buffer
	started := make(chan struct{})
	cmd := exec.Command(helper, "plan", "dev", "--against", "HEAD^1")
	cmd.Dir, cmd.Stdout, cmd.Stderr = root, &ignored, &notice{text: "bringing dev up", seen: started, to: &out}
	require.NoError(t, cmd.Start())
	select {
	case <-started:
	case <-time.After(2 * time.Minute):
		_ = cmd.Process.Kill() // the exit code is reported below
		t.Error("the environment was never brought up")
	}
	<-time.After(500 * time.Millisecond) // so that resources are being created
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	var exit *exec.ExitError
	require.ErrorAs(t, cmd.Wait(), &exit)
	assert.Equal(t, 2, exit.ExitCode(), out.String())
	assert.Contains(t, out.String(), "interrupted; everything that was started has been stopped, and nothing is left behind")
	assertNothingLeft(t, plan.Options{Root: root, Environment: "dev"})
	assert.Empty(t, git(t, root, "status", "--porcelain"))
}

// notice passes text on, and closes seen when it has passed on a given text.
type notice struct {
	text string
	seen chan struct{}
	to   io.Writer
	once sync.Once
}

func (n *notice) Write(text []byte) (int, error) {
	if bytes.Contains(text, []byte(n.text)) {
		n.once.Do(func() { close(n.seen) })
	}
	return n.to.Write(text)
}

// The commands of docs/bring-up.md for a second environment: fork, init, set the secret.
func TestForkedEnvironmentWorksWithTheCLI(t *testing.T) {
	root := copied(t)
	helper := bastide(t)
	cli := filepath.Join(root, "build", "bin", "pulumi")
	if !exists(cli) {
		cli = "pulumi"
	}
	home := t.TempDir()
	run := func(stdin, passphrase, name string, args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir, cmd.Stdin = root, strings.NewReader(stdin)
		cmd.Env = append(cmd.Environ(), "PULUMI_HOME="+home, "PULUMI_BACKEND_URL=file://"+home, "PULUMI_SKIP_UPDATE_CHECK=true", "PULUMI_CONFIG_PASSPHRASE="+passphrase)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	began := time.Now()
	said, err := run("", "own", helper, "fork", "staging", "--from", "dev", "--project", "acme-staging")
	require.NoError(t, err, said)
	t.Logf("forked and planned in %s", time.Since(began).Round(time.Second))
	assert.Contains(t, said, "with the block 10.64.16.0/20")
	assert.Regexp(t, `\nplan: \d+ resources, \d+ policies, 0 violations; `, said)
	const set = "pulumi config set --secret --path 'bastide:adminCidrs[0]' --stack staging"
	assert.Contains(t, said, "  pulumi stack init staging\n  "+set)

	said, err = run("", "own", helper, "plan", "staging", "--against", "HEAD")
	require.Error(t, err, "its secret is not set yet, and a plan has no placeholder for a missing setting")
	assert.Contains(t, said, "no admin range is set")

	out, err := run("", "wrong", cli, "stack", "init", "staging", "--non-interactive")
	require.Error(t, err, "the salt is not that of the passphrase that was set")
	assert.Contains(t, out, "incorrect passphrase")
	for _, args := range [][]string{{"stack", "init", "staging"}, {"config", "set", "--secret", "--path", "bastide:adminCidrs[0]", "--stack", "staging"}} {
		out, err := run("8.8.4.4/32", "own", cli, args...)
		require.NoError(t, err, out)
	}
	out, err = run("", "own", cli, "config", "get", "--path", "bastide:adminCidrs[0]", "--stack", "staging")
	require.NoError(t, err, out)
	assert.Equal(t, "8.8.4.4/32", strings.TrimSpace(out))
	text, err := os.ReadFile(filepath.Join(root, "Pulumi.staging.yaml"))
	require.NoError(t, err)
	assert.NotContains(t, string(text), "8.8.4.4")
	assert.Contains(t, string(text), "# for the first up; then set it to false", "the CLI keeps comments")

	said, err = run("", "own", helper, "plan", "staging", "--against", "HEAD")
	require.NoError(t, err, said)
	assert.Contains(t, said, "has no environment `staging`, so everything is new")
	assert.Regexp(t, `\*\*\d{3} added, 0 changed, 0 REPLACED, 0 removed\*\*; 0 stay as they are`, said)
	assert.Contains(t, said, "Uncommitted changes of the working tree are included.")

	// A rejected fork changes nothing.
	before := git(t, root, "status", "--porcelain")
	for wrong, args := range map[string][]string{
		"already exists":                     {"staging", "--project", "acme-other"},
		"belongs to environment \"staging\"": {"other", "--project", "acme-staging"},
		"the block 10.64.0.0/19 overlaps":    {"other", "--project", "acme-other", "--network-cidr", "10.64.0.0/19"},
		"name one new environment":           {},
		"unknown flag":                       {"other", "--projekt", "x"},
	} {
		out, err := run("", "own", helper, append([]string{"fork"}, args...)...)
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit, fmt.Sprint(args))
		assert.Equal(t, 2, exit.ExitCode())
		assert.Contains(t, out, wrong)
	}
	out, err = run("", "rehearsal", helper, "fork", "other", "--project", "acme-other")
	require.Error(t, err)
	assert.Contains(t, out, "the public one of rehearsals")
	assert.Equal(t, before, git(t, root, "status", "--porcelain"))
}
