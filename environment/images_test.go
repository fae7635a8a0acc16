package environment

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The first rows are from the two sources: the reference, and the test of kritis.
func TestImageMatches(t *testing.T) {
	digest := "@sha256:" + strings.Repeat("0", 64)
	for _, row := range []struct {
		pattern, image string
		matches        bool
	}{
		{"gcr.io/p/nginx*", "gcr.io/p/nginx:latest", true},
		{"gcr.io/p/nginx*", "gcr.io/p/nginx-images/nginx", false},
		{"gcr.io/p/nginx**", "gcr.io/p/nginx-1.14.2/image:latest", true},
		{"gcr.io/p**", "gcr.io/p-exploit/nginx-exploit", true},
		{"gcr.io/p/hello:v1.*", "gcr.io/p/hello:v1.2", true},
		{"gcr.io/p/hello:v1.*", "gcr.io/p/hello:v2.2", false},
		{"gcr.io/p/hello" + digest, "gcr.io/p/hello" + digest, true},
		{"gcr.io/untagged", "gcr.io/untagged", true},
		{"gcr.io/untagged", "gcr.io/untagged:tag", false},
		{"gcr.io/any-tag:*", "gcr.io/any-tag:any", true},
		{"gcr.io/any-tag:*", "gcr.io/any-tag", false},
		{"gcr.io/nginx*", "gcr.io/nginx", true},
		{"gcr.io/x@sha256:*", "gcr.io/x" + digest, true},
		{"local:*", "local:any-tag", true},
		{"local:tag*", "local:1tag", false},

		// A tag and a digest.
		{"gcr.io/x:*", "gcr.io/x:1" + digest, true},
		{"gcr.io/x:1", "gcr.io/x:1" + digest, false},
		{"gcr.io/x" + digest, "gcr.io/x:1" + digest, false},
		{"gcr.io/x@*", "gcr.io/x:1" + digest, false},

		// One image under several names.
		{"docker.io/library/nginx", "nginx", false},
		{"docker.io/library/nginx", "library/nginx", false},
		{"docker.io/library/nginx", "index.docker.io/library/nginx", false},
		{"nginx", "docker.io/library/nginx", false},

		{"gcr.io/p/**", "gcr.io/p", false},
		{"gcr.io/p/**", "gcr.io/p-evil/x", false},
		{"gcr.io/p/**", "evil.io/gcr.io/p/x", false},
		{"gcr.io/p/*", "gcr.io/p/a\nb", true},
	} {
		assert.Equal(t, row.matches, ImageMatches(row.pattern, row.image), "%s and %s", row.pattern, row.image)
	}
}

func TestExpandAddsAnyTagAndAnyDigest(t *testing.T) {
	digest := "@sha256:" + strings.Repeat("0", 64)
	assert.Equal(t, []string{"docker.io/library/docker", "docker.io/library/docker:*", "docker.io/library/docker@*"}, expand("docker.io/library/docker"))
	assert.Equal(t, []string{"host.io:5000/x", "host.io:5000/x:*", "host.io:5000/x@*"}, expand("host.io:5000/x"), "a port is not a tag")
	for _, whole := range []string{"gcr.io/p/*", "gcr.io/p/**", "gcr.io/p/x*", "gcr.io/p/x:1", "gcr.io/p/x:1.*", "gcr.io/p/x:*", "gcr.io/p/x@*", "gcr.io/p/x" + digest} {
		assert.Equal(t, []string{whole}, expand(whole))
	}
}
