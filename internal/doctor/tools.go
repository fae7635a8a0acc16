package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/blang/semver"

	"bastide/internal/rehearsal/toolchain"
)

// timeout is how long a tool or a server may take to answer.
const timeout = 60 * time.Second

// tools runs the user's own tools in the project's folder.
type tools struct{ dir string }

// errAbsent is the error of a tool that is not on PATH.
var errAbsent = errors.New("is not on PATH")

// output runs a tool and returns its standard output. The tool can't prompt the user,
// and its standard error is dropped, except for the first line if the tool fails.
func (t tools) output(ctx context.Context, name string, args ...string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s %w", name, errAbsent)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = t.dir, &stdout, &stderr
	cmd.Env = append(os.Environ(), "PULUMI_SKIP_UPDATE_CHECK=true", "CLOUDSDK_CORE_DISABLE_PROMPTS=1")
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		said, _, _ := strings.Cut(strings.TrimSpace(stderr.String()), "\n")
		return "", fmt.Errorf("%s %s: %w: %s", name, args[0], err, said)
	}
	return strings.TrimSpace(stdout.String()), nil
}

func checkGo(ctx context.Context, x *examination) Report {
	const install = "install Go from https://go.dev/dl/"
	text, err := os.ReadFile(filepath.Join(x.Root, "go.mod"))
	if err != nil {
		return Report{Skipped: err.Error()}
	}
	wanted := regexp.MustCompile(`(?m)^go (\S+)`).FindSubmatch(text)
	said, err := x.tools.output(ctx, "go", "env", "GOVERSION")
	if err != nil || wanted == nil {
		return found(Finding{What: fmt.Sprint(err), Why: "the program is built on this machine", Remedy: install, Blocks: true})
	}
	version, err := semver.ParseTolerant(strings.TrimPrefix(strings.Fields(said)[0], "go"))
	if err != nil {
		return Report{Skipped: fmt.Sprintf("the version %q could not be parsed", said)}
	}
	if least, err := semver.ParseTolerant(string(wanted[1])); err == nil && version.LT(least) {
		return found(Finding{
			What: fmt.Sprintf("Go is %s; go.mod asks for %s", version, least), Why: "an older Go can't build the program, unless it may download a newer toolchain",
			Remedy: install,
		})
	}
	return Report{Seen: said}
}

func checkPulumi(ctx context.Context, x *examination) Report {
	const install, why = "install it from https://www.pulumi.com/docs/install/", "it brings environments up"
	said, err := x.tools.output(ctx, "pulumi", "version")
	if err != nil {
		return found(Finding{What: err.Error(), Why: why, Remedy: install, Blocks: true})
	}
	version, err := semver.ParseTolerant(said)
	if err != nil {
		return Report{Skipped: fmt.Sprintf("the version %q could not be parsed", said)}
	}
	if version.LT(toolchain.Oldest) {
		return found(Finding{
			What: fmt.Sprintf("pulumi is %s; %s or newer is needed", version, toolchain.Oldest), Why: "an older one can't run the policy pack",
			Remedy: install, Blocks: true,
		})
	}
	return Report{Seen: version.String()}
}

func checkGcloud(ctx context.Context, x *examination) Report {
	said, err := x.tools.output(ctx, "gcloud", "version", "--format=value(\"Google Cloud SDK\")")
	if err != nil {
		return found(Finding{
			What: err.Error(), Why: "it logs in to Google Cloud, and most of the checks below use it",
			Remedy: "install it from https://cloud.google.com/sdk/docs/install, unless you only use GOOGLE_APPLICATION_CREDENTIALS",
		})
	}
	return Report{Seen: said}
}

func checkPlugin(ctx context.Context, x *examination) Report {
	said, err := x.tools.output(ctx, "gke-gcloud-auth-plugin", "--version")
	if err != nil {
		return found(Finding{
			What: err.Error(), Why: "the kubeconfig holds no credential: the plugin fetches one whenever something is done inside the cluster",
			Remedy: "gcloud components install gke-gcloud-auth-plugin", Blocks: true,
		})
	}
	return Report{Seen: said}
}

// found is the report of a check that found something.
func found(findings ...Finding) Report { return Report{Findings: findings} }
