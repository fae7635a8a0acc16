package toolchain

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Stages is the file, beside the Kubernetes binaries, that tells kwok how nodes
// and pods come to life.
const Stages = "kwok-stages.yaml"

// kubernetesBinaries are built from tools/kubernetes, the smallest first.
var kubernetesBinaries = []struct{ name, command string }{
	{"etcd", "go.etcd.io/etcd/server/v3"},
	{"kwok", "sigs.k8s.io/kwok/cmd/kwok"},
	{"kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"},
	{"kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager"},
	{"kube-scheduler", "k8s.io/kubernetes/cmd/kube-scheduler"},
}

// stageFiles are kwok's own, in the order in which they apply: a node becomes
// ready at once, a pod runs at once, completes if it is a job's, and goes.
var stageFiles = []string{
	"node/fast/node-initialize.yaml", "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
	"pod/fast/pod-ready.yaml", "pod/fast/pod-complete.yaml", "pod/fast/pod-delete.yaml",
}

// Kubernetes gives the folder that holds the control plane's binaries, built if
// need be. The folder is named after what pins them, so another version never
// finds them there.
func Kubernetes(ctx context.Context, root string, progress io.Writer) (dir string, err error) {
	module := filepath.Join(root, "tools", "kubernetes")
	pins, err := digest(filepath.Join(module, "go.mod"), filepath.Join(module, "go.sum"))
	if err != nil {
		return "", err
	}
	dir = filepath.Join(root, "build", "kubernetes", pins)
	// The stages are written last: where they are, all is.
	if _, err := os.Stat(filepath.Join(dir, Stages)); err == nil {
		return dir, nil
	}
	version, err := goOutput(ctx, module, "list", "-m", "-f", "{{.Version}}", "k8s.io/kubernetes")
	if err != nil {
		return "", err
	}
	for _, binary := range kubernetesBinaries {
		err := Build{
			What: binary.name + " of Kubernetes " + version, Module: module, Command: binary.command,
			LDFlags: "-s -w -X k8s.io/component-base/version.gitVersion=" + version,
			Out:     filepath.Join(dir, binary.name),
		}.Run(ctx, progress)
		if err != nil {
			return "", err
		}
	}
	return dir, copyStages(ctx, module, filepath.Join(dir, Stages))
}

// copyStages gathers kwok's stages from its module into one file.
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

// digest is short, and another one for other contents.
func digest(paths ...string) (string, error) {
	hash := sha256.New()
	var errs []error
	for _, path := range paths {
		text, err := os.ReadFile(path)
		errs = append(errs, err)
		hash.Write(text)
	}
	if err := errors.Join(errs...); err != nil {
		return "", fmt.Errorf("reading what pins the tools: %w", err)
	}
	return fmt.Sprintf("%x", hash.Sum(nil)[:6]), nil
}
