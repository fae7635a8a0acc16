package toolchain

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var root = filepath.Join("..", "..", "..")

// A flag that changes the compiler's output, in one place only, makes Go compile
// thousands of packages twice.
func TestNoBuildUsesOtherCompilerFlags(t *testing.T) {
	changing := regexp.MustCompile(`-(trimpath|race|cover|msan|asan|tags|gcflags|asmflags|pgo)\b`)
	looked := 0
	for _, pattern := range []string{"Makefile", ".ci/run", ".github/workflows/*.yml", ".github/actions/*/action.yml", "internal/rehearsal/toolchain/*.go", "tests/*/*.go", "internal/*/*.go", "Pulumi.yaml"} {
		paths, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") { // tests may set flags as a user might have
				continue
			}
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			looked++
			for line := range strings.Lines(string(text)) {
				if strings.Contains(line, "build") || strings.Contains(line, "go test") || strings.Contains(line, "GOFLAGS") {
					assert.NotRegexp(t, changing, line, path)
				}
			}
		}
	}
	assert.Greater(t, looked, 20)
}

// Two versions of a module are compiled separately, and so is every package that depends
// on them.
func TestProgramAndToolsRequireTheSameVersionsOfSharedModules(t *testing.T) {
	versions, shared := map[string]string{}, 0
	for _, module := range []string{".", "tools/pulumi", "tools/kubernetes"} {
		modules, err := required(filepath.Join(root, module))
		require.NoError(t, err)
		for path, version := range modules {
			other, known := versions[path]
			if !known {
				versions[path] = version
				continue
			}
			shared++
			assert.Equal(t, other, version, "%s in %s and in another; type `go get %s@VERSION` where it is older", path, module, path)
		}
	}
	assert.Greater(t, shared, 100)
}
