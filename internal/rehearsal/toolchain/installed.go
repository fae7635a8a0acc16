package toolchain

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// assets is the variable by which controller-runtime's envtest is told where etcd and
// kube-apiserver are. Source: controller-runtime, pkg/envtest.
const assets = "KUBEBUILDER_ASSETS"

// installed gives the paths of those commands that this machine has already, in
// exactly the versions that are wanted by name: in the folder that KUBEBUILDER_ASSETS
// names, or on PATH. Each tells its version with --version.
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

// candidates are the places where a command may be.
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

// versionOf is what a command says of its version; nothing if it says none soon.
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

// tell names the commands that are used as they are installed.
func tell(found map[string]string) string {
	var paths []string
	for _, path := range found {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	return fmt.Sprintf("using what is installed: %s", strings.Join(paths, ", "))
}
