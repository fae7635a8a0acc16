package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// coldStart clones the last commit, and measures what a newcomer runs there with empty
// caches. Nothing else should run on the machine at the same time.
func coldStart(ctx context.Context, out io.Writer, root, dir string) error {
	clone := filepath.Join(dir, "clone")
	if text, err := exec.CommandContext(ctx, "git", "clone", "--quiet", root, clone).CombinedOutput(); err != nil {
		return fmt.Errorf("cloning: %w\n%s", err, text)
	}
	// Go's module cache is read-only, so that RemoveAll can't remove it.
	defer exec.CommandContext(context.WithoutCancel(ctx), "chmod", "-R", "u+w", dir).Run() //nolint:errcheck // the system clears its temporary folder
	env := slices.DeleteFunc(os.Environ(), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains([]string{
			"HOME", "GOCACHE", "GOMODCACHE", "GOPATH", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "MAKEFLAGS", "MFLAGS", "MAKELEVEL",
		}, name)
	})
	for name, folder := range map[string]string{"HOME": "home", "GOCACHE": "cache", "GOMODCACHE": "modules", "GOPATH": "gopath"} {
		path := filepath.Join(dir, folder)
		if err := os.MkdirAll(path, 0o700); err != nil {
			return fmt.Errorf("creating a folder: %w", err)
		}
		env = append(env, name+"="+path)
	}
	for _, target := range []string{"rehearse", "test"} {
		fmt.Fprintf(out, "make %s, in a clone with empty caches\n", target)
		used, err := measure(ctx, clone, env, "make", target)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "  %v\n", used)
	}
	return nil
}
