package kubernetes

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWhatDoesNotStartSaysWhy(t *testing.T) {
	dir := t.TempDir()
	_, err := StartControlPlane(t.Context(), filepath.Join(dir, "nothing"), filepath.Join(dir, "kubernetes"))
	assert.ErrorContains(t, err, "starting Kubernetes:")
	assert.ErrorContains(t, err, "no such file")
	assert.NoDirExists(t, filepath.Join(dir, "kubernetes", "certificates"), "what came up has gone")
}
