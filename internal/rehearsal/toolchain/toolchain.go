// Package toolchain builds the tools that a rehearsal runs, from the modules
// under tools/ that pin them. What is there already, and of the right version,
// is left alone.
package toolchain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/blang/semver"
)

// Oldest is the first Pulumi CLI that takes a policy pack as an executable, and
// so the oldest that a rehearsal runs on.
var Oldest = semver.MustParse("3.255.0")

const pulumiModule = "github.com/pulumi/pulumi/pkg/v3"

// Pulumi gives the path of the Pulumi CLI: the one on PATH if it is new enough,
// else one of the pinned version, built if need be.
func Pulumi(ctx context.Context, root string, progress io.Writer) (path string, err error) {
	if onPath, err := exec.LookPath("pulumi"); err == nil {
		if version, err := PulumiVersion(ctx, onPath); err == nil && version.GTE(Oldest) {
			return onPath, nil
		}
	}
	module := filepath.Join(root, "tools", "pulumi")
	pinned, err := pin(module, pulumiModule)
	if err != nil {
		return "", err
	}
	path = filepath.Join(root, "build", "bin", "pulumi")
	if builtWith(path, pulumiModule) == pinned {
		return path, nil
	}
	return path, Build{
		What:    "the Pulumi CLI " + pinned,
		Module:  module,
		Command: pulumiModule + "/cmd/pulumi",
		LDFlags: stripped + " -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=" + pinned,
		Out:     path,
	}.Run(ctx, progress)
}

// Crane gives the path of a tool that asks registries for digests.
func Crane(ctx context.Context, root string, progress io.Writer) (path string, err error) {
	path = filepath.Join(root, "build", "bin", "crane")
	return path, Build{
		What:    "crane",
		Module:  filepath.Join(root, "tools", "images"),
		Command: "github.com/google/go-containerregistry/cmd/crane",
		LDFlags: stripped,
		Out:     path,
	}.Run(ctx, progress)
}

// PulumiVersion asks a CLI for its version. Even then the CLI writes a log, into
// .pulumi in the home that the system's list of users names, whatever HOME says,
// unless PULUMI_HOME is set. Source: pulumi/sdk 3.260.0, common/util/pulumihome.
func PulumiVersion(ctx context.Context, path string) (version semver.Version, err error) {
	home, err := os.MkdirTemp("", "bastide-pulumi-")
	if err != nil {
		return version, fmt.Errorf("asking %s for its version: %w", path, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(home)) }()
	cmd := exec.CommandContext(ctx, path, "version")
	cmd.Env = []string{"PULUMI_SKIP_UPDATE_CHECK=true", "HOME=" + home, "PULUMI_HOME=" + home}
	out, err := cmd.Output()
	if err != nil {
		return version, fmt.Errorf("asking %s for its version: %w", path, err)
	}
	return semver.ParseTolerant(strings.TrimSpace(string(out)))
}

// ProgramPath is where the program goes, as Pulumi.yaml tells the real language host
// with runtime.options.buildTarget.
const ProgramPath = "build/bin/program"

// stripped are the linker's flags for what nobody debugs. The language host links
// the program with the same.
const stripped = "-w -s"

// builds is how many there are: the helper, and what Prepare builds.
const builds = 5

// Helper gives the path of the helper, internal/cmd/bastide, built anew if need be.
func Helper(ctx context.Context, root string, progress io.Writer) (path string, err error) {
	path = filepath.Join(root, "build", "bin", "bastide")
	build := Build{What: "the helper", Module: root, Command: "./internal/cmd/bastide", LDFlags: stripped, Out: path}
	return path, build.Run(ctx, numbered{to: progress, which: 1, all: builds})
}

// Program gives the path of the program, built anew if need be: what runs is never
// older than the source.
func Program(ctx context.Context, root string, progress io.Writer) (path string, err error) {
	path = filepath.Join(root, ProgramPath)
	return path, Build{What: "the program", Module: root, Command: ".", LDFlags: stripped, Out: path}.Run(ctx, progress)
}

// Policies gives the path of the policy pack, built anew if need be, with its
// description beside it. The CLI takes a folder as well, but then builds it each time.
func Policies(ctx context.Context, root string, progress io.Writer) (path string, err error) {
	const description = "PulumiPolicy.yaml"
	path = filepath.Join(root, "build", "policies", "bastide")
	build := Build{What: "the policy pack", Module: root, Command: "./policies", LDFlags: stripped, Out: path}
	if err := build.Run(ctx, progress); err != nil {
		return "", err
	}
	text, err := os.ReadFile(filepath.Join(root, "policies", description))
	if err != nil {
		return "", fmt.Errorf("reading the policy pack: %w", err)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), description), text, 0o600); err != nil {
		return "", fmt.Errorf("writing the policy pack: %w", err)
	}
	return path, nil
}

// Tools are the paths of all that a rehearsal runs: the Pulumi CLI, the folder of the
// control plane's binaries, the program and the policy pack.
type Tools struct {
	CLI, Kubernetes, Program, Policies string
}

// Prepare builds what is not there yet or out of date. Pinned, if there is one, is
// called when all but the program and the policy pack are there.
func Prepare(ctx context.Context, root string, progress io.Writer, pinned func(Tools)) (t Tools, err error) {
	for i, tool := range []struct {
		build func(context.Context, string, io.Writer) (string, error)
		path  *string
	}{{Pulumi, &t.CLI}, {Kubernetes, &t.Kubernetes}, {Program, &t.Program}, {Policies, &t.Policies}} {
		if tool.path == &t.Program && pinned != nil {
			pinned(t)
		}
		if *tool.path, err = tool.build(ctx, root, numbered{to: progress, which: i + 2, all: builds}); err != nil {
			return t, err
		}
	}
	return t, nil
}

func goOutput(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s in %s: %w", strings.Join(args, " "), dir, err)
	}
	return strings.TrimSpace(string(out)), nil
}
