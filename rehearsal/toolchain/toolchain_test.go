package toolchain

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatWentWrongInABuildIsKept(t *testing.T) {
	said := follow(strings.NewReader("go: downloading example.com/x v1.0.0\nruntime\nexample.com/x\n# example.com/x\nx.go:1:2: no such thing\n"), &bytes.Buffer{})
	assert.Equal(t, "# example.com/x\nx.go:1:2: no such thing", said)
}

func TestAFailedBuildSaysWhy(t *testing.T) {
	err := build{what: "nothing", module: t.TempDir(), command: "example.com/none", out: t.TempDir() + "/x"}.run(t.Context(), &bytes.Buffer{})
	require.ErrorContains(t, err, "building nothing")
	assert.ErrorContains(t, err, "go.mod")
}

func TestSomethingElseThanPulumi(t *testing.T) {
	_, err := PulumiVersion(t.Context(), "/does/not/exist")
	assert.ErrorContains(t, err, "asking /does/not/exist for its version")
}
