// Package toolchain builds the tools that a rehearsal runs, from the modules
// under tools/ that pin them. What is there already, and of the right version,
// is left alone.
package toolchain

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

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
	pinned, err := goOutput(ctx, filepath.Join(root, "tools", "pulumi"), "list", "-m", "-f", "{{.Version}}", pulumiModule)
	if err != nil {
		return "", err
	}
	path = filepath.Join(root, "build", "bin", "pulumi")
	if built, err := PulumiVersion(ctx, path); err == nil && "v"+built.String() == pinned {
		return path, nil
	}
	return path, Build{
		What:    "the Pulumi CLI " + pinned,
		Module:  filepath.Join(root, "tools", "pulumi"),
		Command: pulumiModule + "/cmd/pulumi",
		LDFlags: "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=" + pinned,
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
		LDFlags: "-s -w",
		Out:     path,
	}.Run(ctx, progress)
}

// PulumiVersion asks a CLI for its version.
func PulumiVersion(ctx context.Context, path string) (semver.Version, error) {
	cmd := exec.CommandContext(ctx, path, "version")
	cmd.Env = []string{"PULUMI_SKIP_UPDATE_CHECK=true", "HOME=" + os.TempDir()}
	out, err := cmd.Output()
	if err != nil {
		return semver.Version{}, fmt.Errorf("asking %s for its version: %w", path, err)
	}
	return semver.ParseTolerant(strings.TrimSpace(string(out)))
}

// Build is one command to be built from a module.
type Build struct {
	// What it is, in words.
	What string
	// Module is the folder of the module, Command the package in it.
	Module, Command string
	// LDFlags are for the linker.
	LDFlags string
	// Out is where the command goes.
	Out string
}

// Run builds, and says how far it is when that takes long. Go leaves a command
// alone that is there and up to date.
func (b Build) Run(ctx context.Context, progress io.Writer) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-v", "-buildvcs=false", "-ldflags", b.LDFlags, "-o", b.Out, b.Command)
	cmd.Dir = b.Module
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return fmt.Errorf("building %s: %w", b.What, err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("building %s: %w", b.What, err)
	}
	said := follow(b.What, stderr, progress)
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("building %s: %w\n%s", b.What, err, said)
	}
	return nil
}

// follow counts the packages that `go build -v` names, and returns the rest of
// what it says, which is what went wrong.
func follow(what string, lines io.Reader, progress io.Writer) string {
	var rest []string
	var once sync.Once
	start, packages, last := time.Now(), 0, time.Now()
	scanner := bufio.NewScanner(lines)
	for scanner.Scan() {
		line := scanner.Text()
		once.Do(func() { fmt.Fprintf(progress, "building %s; the first time takes minutes\n", what) })
		if strings.ContainsAny(line, " \t") {
			if !strings.HasPrefix(line, "go: downloading ") {
				rest = append(rest, line)
			}
			continue
		}
		packages++
		if time.Since(last) > 10*time.Second {
			last = time.Now()
			fmt.Fprintf(progress, "  %4.0f s: %d packages compiled, now %s\n", time.Since(start).Seconds(), packages, line)
		}
	}
	return strings.Join(rest, "\n")
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
