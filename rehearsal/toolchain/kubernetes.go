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

// parts are the names by which the one binary of tools/kubernetes is called.
var parts = []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"}

// stageFiles are kwok's own, in the order in which they apply: a node becomes
// ready at once, a pod runs at once, completes if it is a job's, and goes.
var stageFiles = []string{
	"node/fast/node-initialize.yaml", "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
	"pod/fast/pod-ready.yaml", "pod/fast/pod-complete.yaml", "pod/fast/pod-delete.yaml",
}

// Kubernetes gives the folder that holds the control plane's binaries, built if
// need be. The folder is named after what they are made of, so another version never
// finds them there.
func Kubernetes(ctx context.Context, root string, progress io.Writer) (dir string, err error) {
	module := filepath.Join(root, "tools", "kubernetes")
	pins, err := digest(filepath.Join(module, "go.mod"), filepath.Join(module, "go.sum"), filepath.Join(module, "main.go"))
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
	const binary = "kubernetes"
	err = Build{
		What: "the control plane of Kubernetes " + version, Module: module, Command: ".",
		LDFlags: stripped + " -X k8s.io/component-base/version.gitVersion=" + version,
		Out:     filepath.Join(dir, binary),
	}.Run(ctx, progress)
	if err != nil {
		return "", err
	}
	for _, name := range parts {
		if err := link(binary, filepath.Join(dir, name)); err != nil {
			return "", err
		}
	}
	return dir, copyStages(ctx, module, filepath.Join(dir, Stages))
}

// link gives a file another name. One that an earlier try has left is replaced.
func link(file, name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("naming a part of Kubernetes: %w", err)
	}
	if err := os.Symlink(file, name); err != nil {
		return fmt.Errorf("naming a part of Kubernetes: %w", err)
	}
	return nil
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
