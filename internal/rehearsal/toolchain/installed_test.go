package toolchain

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// script writes a command that prints a text for --version, and nothing otherwise.
func script(t *testing.T, dir, name, says string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n[ \"$1\" = --version ] && echo '"+says+"'\n"), 0o700))
	return path
}

// The scripts print what the real commands do: component-base's version/verflag, etcd's
// etcdmain/config.go, kwok's pkg/utils/version.
func TestInstalledFindsCommandsOfTheWantedVersionOnly(t *testing.T) {
	dir, onPath := t.TempDir(), t.TempDir()
	t.Setenv("KUBEBUILDER_ASSETS", dir)
	t.Setenv("PATH", onPath+":/bin:/usr/bin")
	etcd := script(t, dir, "etcd", "etcd Version: 3.6.8")
	script(t, dir, "kube-apiserver", "Kubernetes v1.36.30")
	apiserver := script(t, onPath, "kube-apiserver", "Kubernetes v1.36.3")
	script(t, onPath, "kube-scheduler", "Kubernetes v1.35.3")
	kwok := script(t, onPath, "kwok", "kwok version v0.8.0 go1.26.6 (linux/amd64)")

	found := installed(t.Context(), pinned{kubernetes: "v1.36.3", etcd: "v3.6.8", kwok: "v0.8.0"}.commands())
	assert.Equal(t, map[string]string{"etcd": etcd, "kube-apiserver": apiserver, "kwok": kwok}, found)
	for _, path := range []string{etcd, apiserver, kwok} {
		assert.Contains(t, pathsOf(found), path)
	}
}

func TestPinsReadVersionsFromTheToolsModules(t *testing.T) {
	p, err := pins(filepath.Join(root, "tools", "kubernetes"))
	require.NoError(t, err)
	for _, version := range p.commands() {
		assert.Regexp(t, `^v?\d+\.\d+\.\d+$`, version)
	}
	err = pin(filepath.Join(root, "tools", "pulumi"), map[string]*string{"example.com/none": new(string)})
	assert.ErrorContains(t, err, "does not require example.com/none")
}
