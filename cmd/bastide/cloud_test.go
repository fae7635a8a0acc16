package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNothingTouchesACloudByAccident(t *testing.T) {
	root := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(text), 0o600))
	}
	write("Pulumi.staging.yaml", "config:\n  bastide:zones: []\n")
	write("Pulumi.dev.yaml", "config:\n  bastide:rehearsal: true\n")

	assert.NoError(t, mayBeReal(root, "staging", "up"))
	assert.ErrorContains(t, mayBeReal(root, "", "up"), "type `make up ENV=staging`")
	assert.ErrorContains(t, mayBeReal(root, "dev", "up"), "only ever rehearsed")
	assert.ErrorContains(t, mayBeReal(root, "prod", "destroy"), `there is no environment "prod"`)
}
