package toolchain

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Stages is the name of the file, beside the Kubernetes binaries, with kwok's stages: how
// it simulates the life cycle of nodes and pods.
const Stages = "kwok-stages.yaml"

// parts are the names under which the one binary of tools/kubernetes runs.
var parts = []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"}

// stageFiles are kwok's own stages, in the order in which they apply: nodes and pods
// become ready at once, pods of jobs complete, and deleted pods disappear.
var stageFiles = []string{
	"node/fast/node-initialize.yaml", "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
	"pod/fast/pod-ready.yaml", "pod/fast/pod-complete.yaml", "pod/fast/pod-delete.yaml",
}

// Kubernetes returns the folder with the control plane's binaries. Those that are
// installed in the pinned version are used; one binary for the others is built unless it
// is up to date. The folder's name depends on the versions, so that they never mix.
func Kubernetes(ctx context.Context, root string, progress io.Writer) (dir string, err error) {
	module := filepath.Join(root, "tools", "kubernetes")
	pinned, err := pins(module)
	if err != nil {
		return "", err
	}
	found := installed(ctx, pinned.commands())
	paths := pathsOf(found)
	if len(found) > 0 {
		fmt.Fprintf(progress, "using installed commands: %s\n", paths)
	}
	name, err := digest(paths, filepath.Join(module, "go.mod"), filepath.Join(module, "go.sum"), filepath.Join(module, "main.go"))
	if err != nil {
		return "", err
	}
	dir = filepath.Join(root, "build", "kubernetes", name)
	// The stages are written last: if they exist, everything else does.
	if _, err := os.Stat(filepath.Join(dir, Stages)); err == nil {
		return dir, nil
	}
	if len(found) < len(parts) {
		if err := buildKubernetes(ctx, module, dir, pinned.kubernetes, progress); err != nil {
			return "", err
		}
	}
	for _, part := range parts {
		if err := link(cmp.Or(found[part], binary), filepath.Join(dir, part)); err != nil {
			return "", err
		}
	}
	return dir, copyStages(ctx, module, filepath.Join(dir, Stages))
}

// binary is the name of the executable of tools/kubernetes.
const binary = "kubernetes"

func buildKubernetes(ctx context.Context, module, dir, version string, progress io.Writer) error {
	return Build{
		What: "the control plane of Kubernetes " + version, Module: module, Command: ".",
		LDFlags: stripped + " -X k8s.io/component-base/version.gitVersion=" + version,
		Out:     filepath.Join(dir, binary),
	}.Run(ctx, progress)
}

// pinned are the versions that tools/kubernetes requires.
type pinned struct{ kubernetes, etcd, kwok string }

func pins(module string) (p pinned, err error) {
	err = pin(module, map[string]*string{
		"k8s.io/kubernetes": &p.kubernetes, "go.etcd.io/etcd/server/v3": &p.etcd, "sigs.k8s.io/kwok": &p.kwok,
	})
	return p, err
}

// commands are the versions by command, as the commands print them.
func (p pinned) commands() map[string]string {
	return map[string]string{
		"etcd":           strings.TrimPrefix(p.etcd, "v"),
		"kube-apiserver": p.kubernetes, "kube-controller-manager": p.kubernetes, "kube-scheduler": p.kubernetes,
		"kwok": p.kwok,
	}
}

// link makes a symbolic link to a file. It replaces one that an interrupted run has left.
func link(file, name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("linking a Kubernetes command: %w", err)
	}
	if err := os.Symlink(file, name); err != nil {
		return fmt.Errorf("linking a Kubernetes command: %w", err)
	}
	return nil
}

// copyStages copies kwok's stages from its module to one file.
func copyStages(ctx context.Context, module, out string) error {
	kwok, err := goOutput(ctx, module, "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/kwok")
	if err != nil {
		return err
	}
	var all []byte
	for _, name := range stageFiles {
		text, err := os.ReadFile(filepath.Join(kwok, "kustomize", "stage", name))
		if err != nil {
			return fmt.Errorf("reading kwok's stages: %w", err)
		}
		all = append(append(all, "---\n"...), text...)
	}
	if err := os.WriteFile(out, all, 0o600); err != nil {
		return fmt.Errorf("writing kwok's stages: %w", err)
	}
	return nil
}

// digest is a short hash of a text and of the contents of files.
func digest(prefix string, paths ...string) (string, error) {
	hash := sha256.New()
	hash.Write([]byte(prefix))
	var errs []error
	for _, path := range paths {
		text, err := os.ReadFile(path)
		errs = append(errs, err)
		hash.Write(text)
	}
	if err := errors.Join(errs...); err != nil {
		return "", fmt.Errorf("reading the versions of the tools: %w", err)
	}
	return fmt.Sprintf("%x", hash.Sum(nil)[:6]), nil
}
