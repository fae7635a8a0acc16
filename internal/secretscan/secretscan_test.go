package secretscan

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFindsASecretBelowADirectory(t *testing.T) {
	write := func(path string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte("before hunter2 after"), 0o600))
	}
	dir := t.TempDir()
	write(filepath.Join(dir, "deep", "etcd", "file"))
	for _, c := range []struct {
		secrets, except []string
		fails           bool
	}{
		{[]string{"other", "hunter2"}, nil, true},
		{[]string{"other"}, nil, false},
		{[]string{"hunter2"}, []string{"etcd"}, true}, // no file is left to read
	} {
		recorded := &testing.T{}
		AssertAbsent(recorded, dir, c.secrets, c.except...)
		assert.Equal(t, c.fails, recorded.Failed(), c)
	}
}
