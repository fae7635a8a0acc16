package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment/environmenttest"
)

// Without an estimate the line says so, and the plan does not fail.
func TestCostLineOfAPlan(t *testing.T) {
	root := environmenttest.Root(t)
	for _, c := range []struct{ name, before, after, want string }{
		{"dev", root, root, "as before"},
		{"dev", "", root, "all of it new"},
		{"dev", t.TempDir(), root, "the cost before is not estimated"},
		{"nowhere", root, root, "not estimated"},
	} {
		line, err := costLine(c.name)(c.before, c.after)
		require.NoError(t, err)
		assert.Contains(t, line, c.want)
	}
}
