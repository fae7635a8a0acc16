// Package workflows_test tests the workflows in .github: syntax, pinned actions, and rights of pull requests.
package workflows_test

import (
	"fmt"
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

// workflow has the parts of a workflow that these tests check.
type workflow struct {
	On          any
	Permissions map[string]string
	Jobs        map[string]job
}

type job struct {
	If             string
	Environment    string
	Permissions    map[string]string
	TimeoutMinutes int `json:"timeout-minutes"`
	Steps          []stepOf
}

type stepOf struct {
	Uses, Run string
	With      map[string]any
	Env       map[string]string
}

// files are the texts of the workflows and actions, by path below .github.
func files(t *testing.T) map[string]string {
	t.Helper()
	root := filepath.Join(environmenttest.Root(t), ".github")
	found := map[string]string{}
	for _, pattern := range []string{"workflows/*.yml", "actions/*/action.yml"} {
		paths, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		require.NotEmpty(t, paths, pattern)
		for _, path := range paths {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			name, err := filepath.Rel(root, path)
			require.NoError(t, err)
			found[name] = string(text)
		}
	}
	return found
}

// workflows parses the workflows. The key `on` is quoted first, because YAML reads it as true.
func workflows(t *testing.T) map[string]workflow {
	t.Helper()
	all := map[string]workflow{}
	for name, text := range files(t) {
		if !strings.HasPrefix(name, "workflows/") {
			continue
		}
		var w workflow
		require.NoError(t, yaml.Unmarshal([]byte(strings.Replace(text, "\non:\n", "\n\"on\":\n", 1)), &w), name)
		require.NotNil(t, w.On, name)
		require.NotEmpty(t, w.Jobs, name)
		all[strings.TrimSuffix(filepath.Base(name), ".yml")] = w
	}
	return all
}

func TestActionlintReportsNothing(t *testing.T) {
	root := environmenttest.Root(t)
	files(t) // so that Go's test cache depends on them
	cmd := exec.CommandContext(t.Context(), filepath.Join(root, "build", "bin", "actionlint"))
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Fatalf("running actionlint: %v; type `make build/bin/actionlint` to build it", err)
	}
	assert.NoError(t, err, string(out))
}

var (
	uses   = regexp.MustCompile(`(?m)^\s*(?:- )?uses: *(.*)$`)
	pinned = regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
)

func TestActionsArePinnedByTheCommitOfARelease(t *testing.T) {
	seen := map[string]string{}
	for name, text := range files(t) {
		for _, match := range uses.FindAllStringSubmatch(text, -1) {
			if strings.HasPrefix(match[1], "./") {
				assert.DirExists(t, filepath.Join(environmenttest.Root(t), match[1]))
				continue
			}
			assert.Regexp(t, pinned, match[1], name)
			action, pin, _ := strings.Cut(match[1], "@")
			if other, known := seen[action]; known {
				assert.Equal(t, other, pin, "%s is pinned in two ways", action)
			}
			seen[action] = pin
		}
	}
	assert.Greater(t, len(seen), 4)
}

func TestJobsHaveLeastPrivilege(t *testing.T) {
	writes := map[string]string{} // "workflow job permission"
	for name, w := range workflows(t) {
		require.NotNil(t, w.Permissions, "%s sets no permissions, so it gets the repository's default", name)
		for scope, right := range w.Permissions {
			assert.Equal(t, "contents: read", scope+": "+right, name)
		}
		for jobName, j := range w.Jobs {
			assert.NotZero(t, j.TimeoutMinutes, "%s %s may run for six hours", name, jobName)
			for scope, right := range j.Permissions {
				if right == "write" {
					writes[name+" "+scope] = jobName
				}
			}
			for _, step := range j.Steps {
				if strings.HasPrefix(step.Uses, "actions/checkout@") {
					assert.Equal(t, false, step.With["persist-credentials"], "%s leaves its token behind", name)
				}
				assert.NotContains(t, step.Run, "${{", "%s %s: text from a contributor would be run; pass it in env", name, jobName)
			}
		}
	}
	assert.Equal(t, map[string]string{
		"comment pull-requests": "comment", "preview id-token": "preview", "up id-token": "up", "drift id-token": "drift",
	}, writes)
}

// A workflow that runs a pull request's code has neither secrets nor write access, unless the
// pull request comes from this repository. A workflow with write access runs none of its
// code. Contributors open pull requests from forks.
func TestPullRequestsFromForksGetNoSecretsAndNoRights(t *testing.T) {
	text := files(t)
	all := workflows(t)
	for name, w := range all {
		on := fmt.Sprint(w.On)
		assert.NotContains(t, on, "pull_request_target", name)
		source := text["workflows/"+name+".yml"]
		secrets := strings.Contains(source, "secrets.")
		switch {
		case strings.Contains(on, "workflow_run"):
			assert.NotContains(t, source, "actions/checkout", name)
			assert.NotContains(t, source, "secrets.", name)
		case strings.Contains(on, "pull_request") && !secrets:
			assert.NotContains(t, source, "id-token", name)
		case strings.Contains(on, "pull_request"):
			for _, j := range w.Jobs {
				assert.Contains(t, j.If, "github.event.pull_request.head.repo.full_name == github.repository", name)
				assert.NotEmpty(t, j.Environment, name)
			}
		}
		if secrets {
			for _, j := range w.Jobs {
				assert.NotEmpty(t, j.Environment, "%s: secrets belong to a protected environment", name)
			}
		}
	}
	for _, name := range []string{"plan", "verify"} {
		assert.NotContains(t, text["workflows/"+name+".yml"], "secrets.", name)
	}
	assert.Contains(t, all["up"].Jobs["up"].If, "github.event.repository.default_branch")
}

// The scripts that workflows call exist and are executable.
func TestScriptsThatWorkflowsCallExist(t *testing.T) {
	root := environmenttest.Root(t)
	for name, w := range workflows(t) {
		for _, j := range w.Jobs {
			for _, step := range j.Steps {
				if script, called := strings.CutPrefix(step.Run, ".ci/"); called {
					info, err := os.Stat(filepath.Join(root, ".ci", strings.Fields(script)[0]))
					require.NoError(t, err, name)
					assert.NotZero(t, info.Mode()&0o100, "%s can't be run", script)
				}
			}
		}
	}
}

func TestWorkflowsUseThePinnedPulumiVersion(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(environmenttest.Root(t), "tools", "pulumi", "go.mod"))
	require.NoError(t, err)
	version := regexp.MustCompile(`github.com/pulumi/pulumi/pkg/v3 v(\S+)`).FindSubmatch(text)
	require.NotNil(t, version)
	assert.Contains(t, files(t)["actions/cloud/action.yml"], "pulumi-version: "+string(version[1])+" ")
}

// The test runs the script of the comment workflow with a gh that records its arguments.
func TestCommentIsCreatedOrUpdated(t *testing.T) {
	script := workflows(t)["comment"].Jobs["comment"].Steps[0].Run
	require.NotEmpty(t, script)
	const gh = `#!/bin/sh
echo "$*" >> "$LOG"
case "$*" in
"run download"*) mkdir -p found/comment; cp "$NUMBER" found/comment/number; echo "what was found" > found/comment/comment.md;;
*"/pulls/"*) echo "$PULL_HEAD";;
*"--jq"*) echo "$EXISTING";;
*) exit 0;;
esac
`
	for _, c := range []struct {
		number, head, existing, wants string
		refuses                       string
	}{
		{number: "7", head: "abc", wants: "api --method POST repos/o/r/issues/7/comments"},
		{number: "7", head: "abc", existing: "99", wants: "api --method PATCH repos/o/r/issues/comments/99"},
		{number: "7", head: "other", refuses: "another commit"},
		{number: "7/../../x", head: "abc", refuses: "not the number"},
		{number: "", head: "abc", refuses: "not the number"},
	} {
		dir := t.TempDir()
		log := filepath.Join(dir, "log")
		require.NoError(t, os.WriteFile(filepath.Join(dir, "gh"), []byte(gh), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "n"), []byte(c.number+"\n"), 0o600))
		cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
		cmd.Dir = dir
		cmd.Env = append(cmd.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "LOG="+log, "NUMBER="+filepath.Join(dir, "n"),
			"PULL_HEAD="+c.head, "EXISTING="+c.existing, "GH_REPO=o/r", "RUN=1", "WORKFLOW=plan", "HEAD=abc")
		out, _ := cmd.CombinedOutput()
		asked, err := os.ReadFile(log)
		require.NoError(t, err, string(out))
		if c.refuses != "" {
			assert.Contains(t, string(out), c.refuses)
			assert.NotContains(t, string(asked), "--method")
			continue
		}
		assert.Contains(t, string(asked), c.wants, string(out))
		body, err := os.ReadFile(filepath.Join(dir, "body.md"))
		require.NoError(t, err)
		assert.Equal(t, "<!-- bastide plan -->\nwhat was found\n", string(body))
	}
}

// The test runs .ci/preview with a script in place of make.
func TestPreviewCommentShowsTheOutput(t *testing.T) {
	for said, want := range map[string]string{
		"0": "Output of `pulumi preview`, with secrets masked:\n\n    preview ENV=staging\n    # no heading @nobody\n",
		"3": "**It failed.** Output of `pulumi preview`, with secrets masked:\n\n    preview ENV=staging\n    # no heading @nobody\n",
	} {
		dir := t.TempDir()
		const fake = "#!/bin/sh\nshift\necho \"$*\"\necho '# no heading @nobody'\nexit \"$STATUS\"\n"
		require.NoError(t, os.WriteFile(filepath.Join(dir, "make"), []byte(fake), 0o700))
		cmd := exec.CommandContext(t.Context(), filepath.Join(environmenttest.Root(t), ".ci", "preview"), "staging", filepath.Join(dir, "comment"))
		cmd.Env = append(cmd.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "STATUS="+said)
		out, err := cmd.CombinedOutput()
		assert.Equal(t, said == "0", err == nil, string(out))
		text, err := os.ReadFile(filepath.Join(dir, "comment", "comment.md"))
		require.NoError(t, err)
		assert.Equal(t, "### Preview of `staging`\n\n"+want, string(text))
	}
}
