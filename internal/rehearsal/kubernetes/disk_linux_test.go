package kubernetes

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestErrorOfAnEndedComponentReportsAFullDisk(t *testing.T) {
	disk := t.TempDir()
	if err := unix.Mount("none", disk, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("nothing can be mounted here: ", err)
	}
	t.Cleanup(func() { assert.NoError(t, unix.Unmount(disk, 0)) })
	dir := filepath.Join(disk, "kubernetes")
	_, err := StartControlPlane(t.Context(), fakeBinaries(t, "etcd", "dd if=/dev/zero of=rest bs=1k; exit 1"), dir, nil)
	require.Error(t, err)
	assert.ErrorContains(t, err, "etcd has stopped (exit status 1): the disk of "+dir+" is full; see "+filepath.Join(dir, "etcd.log"))
}
