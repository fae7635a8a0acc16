package toolchain

import (
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// assets is the variable that tells controller-runtime's envtest the folder of etcd and
// kube-apiserver. Source: controller-runtime, pkg/envtest.
const assets = "KUBEBUILDER_ASSETS"

// installed returns the paths of those commands that are installed in exactly the wanted
// versions, which are given by name. It looks in the folder KUBEBUILDER_ASSETS and on
// PATH, and runs the commands with --version.
func installed(ctx context.Context, wanted map[string]string) map[string]string {
	found := map[string]string{}
	for name, version := range wanted {
		for _, path := range candidates(name) {
			if slices.Contains(strings.Fields(versionOf(ctx, path)), version) {
				found[name] = path
				break
			}
		}
	}
	return found
}

// candidates are the paths at which a command is installed.
func candidates(name string) (paths []string) {
	if dir := os.Getenv(assets); dir != "" {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			paths = append(paths, path)
		}
	}
	if path, err := exec.LookPath(name); err == nil {
		paths = append(paths, path)
	}
	return paths
}

// versionOf is a command's output with --version; empty if it fails or takes too long.
func versionOf(ctx context.Context, path string) string {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "--version")
	cmd.Env = []string{}
	out, err := cmd.Output()
	if err != nil {
		return ""
	}
	return string(out)
}

// pathsOf lists the paths of commands, in the same order for the same commands.
func pathsOf(found map[string]string) string {
	return strings.Join(slices.Sorted(maps.Values(found)), ", ")
}
