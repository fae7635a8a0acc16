// Package toolchain builds the tools that a rehearsal runs, from the modules under
// tools/ that pin their versions. It does not rebuild tools that are up to date.
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

// Oldest is the first version of the Pulumi CLI that accepts a policy pack as an
// executable, and so the oldest that works for rehearsals.
var Oldest = semver.MustParse("3.255.0")

const pulumiModule = "github.com/pulumi/pulumi/pkg/v3"

// Pulumi returns the path of the Pulumi CLI: the one on PATH if it is new enough,
// otherwise one of the pinned version, built unless it is up to date.
func Pulumi(ctx context.Context, root string, progress io.Writer) (path string, err error) {
	if onPath, err := exec.LookPath("pulumi"); err == nil {
		if version, err := PulumiVersion(ctx, onPath); err == nil && version.GTE(Oldest) {
			return onPath, nil
		}
	}
	module := filepath.Join(root, "tools", "pulumi")
	var pinned string
	if err := pin(module, map[string]*string{pulumiModule: &pinned}); err != nil {
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

// Crane returns the path of crane, which reads image digests from registries.
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

// PulumiVersion runs a CLI to get its version. Unless PULUMI_HOME is set, even that
// writes a log to .pulumi in the user's home from the system's user database, whatever
// HOME is. Source: pulumi/sdk 3.260.0, common/util/pulumihome.
func PulumiVersion(ctx context.Context, path string) (version semver.Version, err error) {
	home, err := os.MkdirTemp("", "bastide-pulumi-")
	if err != nil {
		return version, fmt.Errorf("getting the version of %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(home)) }()
	cmd := exec.CommandContext(ctx, path, "version")
	cmd.Env = []string{"PULUMI_SKIP_UPDATE_CHECK=true", "HOME=" + home, "PULUMI_HOME=" + home}
	out, err := cmd.Output()
	if err != nil {
		return version, fmt.Errorf("getting the version of %s: %w", path, err)
	}
	return semver.ParseTolerant(strings.TrimSpace(string(out)))
}

// ProgramPath is the path of the program's executable, the same as
// runtime.options.buildTarget in Pulumi.yaml.
const ProgramPath = "build/bin/program"

// stripped are the linker's flags that leave out debug information. Pulumi's language
// host links the program with the same flags.
const stripped = "-w -s"

// builds is the number of builds: the helper, those of Pinned, and those of Build.
const builds = 5

// Helper returns the path of the helper, internal/cmd/bastide, rebuilt unless it is up
// to date.
func Helper(ctx context.Context, root string, progress io.Writer) (path string, err error) {
	path = filepath.Join(root, "build", "bin", "bastide")
	build := Build{What: "the helper", Module: root, Command: "./internal/cmd/bastide", LDFlags: stripped, Out: path}
	return path, build.Run(ctx, numbered{to: progress, which: 1, all: builds})
}

// Program returns the path of the program, rebuilt unless it is up to date.
func Program(ctx context.Context, root string, progress io.Writer) (path string, err error) {
	path = filepath.Join(root, ProgramPath)
	return path, Build{What: "the program", Module: root, Command: ".", LDFlags: stripped, Out: path}.Run(ctx, progress)
}

// Policies returns the path of the policy pack, rebuilt unless it is up to date, with
// PulumiPolicy.yaml beside it. The CLI also accepts the source folder, but then builds
// it each time.
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

// Tools are the paths of the Pulumi CLI, the folder of the control plane's binaries, the
// program and the policy pack.
type Tools struct {
	CLI, Kubernetes, Program, Policies string
}

// Pinned builds the tools of pinned versions that are missing: the Pulumi CLI and the
// control plane.
func Pinned(ctx context.Context, root string, progress io.Writer) (t Tools, err error) {
	if t.CLI, err = Pulumi(ctx, root, numbered{to: progress, which: 2, all: builds}); err != nil {
		return t, err
	}
	t.Kubernetes, err = Kubernetes(ctx, root, numbered{to: progress, which: 3, all: builds})
	return t, err
}

// Build adds the program and the policy pack, rebuilt unless they are up to date.
func (t *Tools) Build(ctx context.Context, root string, progress io.Writer) (err error) {
	if t.Program, err = Program(ctx, root, numbered{to: progress, which: 4, all: builds}); err != nil {
		return err
	}
	t.Policies, err = Policies(ctx, root, numbered{to: progress, which: 5, all: builds})
	return err
}

// Prepare builds all tools that are missing or out of date.
func Prepare(ctx context.Context, root string, progress io.Writer) (t Tools, err error) {
	if t, err = Pinned(ctx, root, progress); err != nil {
		return t, err
	}
	return t, t.Build(ctx, root, progress)
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
