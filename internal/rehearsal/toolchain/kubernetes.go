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

// Kubernetes gives the folder that holds the control plane's binaries: those that this
// machine has in the pinned version, and for the others one that is built if need be.
// The folder is named after what they are, so another version never finds them there.
func Kubernetes(ctx context.Context, root string, progress io.Writer) (dir string, err error) {
	module := filepath.Join(root, "tools", "kubernetes")
	pinned, err := pins(module)
	if err != nil {
		return "", err
	}
	found := installed(ctx, pinned.commands())
	if len(found) > 0 {
		fmt.Fprintln(progress, tell(found))
	}
	name, err := digest(tell(found), filepath.Join(module, "go.mod"), filepath.Join(module, "go.sum"), filepath.Join(module, "main.go"))
	if err != nil {
		return "", err
	}
	dir = filepath.Join(root, "build", "kubernetes", name)
	// The stages are written last: where they are, all is.
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

// binary is what tools/kubernetes is built to.
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
	for path, version := range map[string]*string{
		"k8s.io/kubernetes": &p.kubernetes, "go.etcd.io/etcd/server/v3": &p.etcd, "sigs.k8s.io/kwok": &p.kwok,
	} {
		if *version, err = pin(module, path); err != nil {
			return p, err
		}
	}
	return p, nil
}

// commands are the versions by the names of the commands, as these say them.
func (p pinned) commands() map[string]string {
	return map[string]string{
		"etcd":           strings.TrimPrefix(p.etcd, "v"),
		"kube-apiserver": p.kubernetes, "kube-controller-manager": p.kubernetes, "kube-scheduler": p.kubernetes,
		"kwok": p.kwok,
	}
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

// digest is short, and another one for another word or other contents of files.
func digest(word string, paths ...string) (string, error) {
	hash := sha256.New()
	hash.Write([]byte(word))
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
