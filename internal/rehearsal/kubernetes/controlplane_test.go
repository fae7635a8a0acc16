package kubernetes

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStartControlPlaneFailsWithoutItsBinaries(t *testing.T) {
	dir := t.TempDir()
	_, err := StartControlPlane(t.Context(), filepath.Join(dir, "nothing"), filepath.Join(dir, "kubernetes"), nil)
	assert.ErrorContains(t, err, "starting Kubernetes:")
	assert.ErrorContains(t, err, "no such file")
	assert.NoDirExists(t, filepath.Join(dir, "kubernetes", "certificates"), "a failed start leaves nothing behind")
}

// fakeBinaries are scripts that only sleep, except for one.
func fakeBinaries(t *testing.T, name, script string) (binaries string) {
	t.Helper()
	binaries = t.TempDir()
	for _, each := range []string{"etcd", "kube-apiserver"} {
		text := "#!/bin/sh\nexec sleep 600\n"
		if each == name {
			text = "#!/bin/sh\n" + script + "\n"
		}
		require.NoError(t, os.WriteFile(filepath.Join(binaries, each), []byte(text), 0o700))
	}
	return binaries
}

func TestErrorOfAnEndedComponentNamesAndQuotesItsLog(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kubernetes")
	_, err := StartControlPlane(t.Context(), fakeBinaries(t, "etcd", "echo first; echo the last thing it says; exit 3"), dir, nil)
	assert.ErrorContains(t, err, "etcd has stopped (exit status 3); see "+filepath.Join(dir, "etcd.log")+", which ends in: the last thing it says")
	assert.NotContains(t, err.Error(), "full")
}

func TestReservedPortIsNotGivenToOthers(t *testing.T) {
	taken := map[int]bool{}
	for range 50 {
		p, err := holdPort()
		require.NoError(t, err)
		defer p.release()
		assert.False(t, taken[p.number])
		taken[p.number] = true
		assert.True(t, strings.HasPrefix(p.address(), "127.0.0.1:"))
	}
}
