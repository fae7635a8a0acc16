package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment/environmenttest"
	"bastide/internal/rehearsal/toolchain"
)

const digest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

// registry is an image registry with one tag. It answers what crane asks. Source: OCI
// distribution specification, "Pulling manifests".
func registry(t *testing.T) (host string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v2/":
		case "/v2/team/app/manifests/1.0":
			w.Header().Set("Content-Type", "application/vnd.oci.image.index.v1+json")
			w.Header().Set("Docker-Content-Digest", digest)
			w.Header().Set("Content-Length", "2")
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func TestReportsImagesWhoseDigestMovedInTheRegistry(t *testing.T) {
	crane, err := toolchain.Crane(t.Context(), environmenttest.Root(t), t.Output())
	require.NoError(t, err)
	host := registry(t)
	var out bytes.Buffer
	require.NoError(t, compareImages(t.Context(), crane, map[string]string{"a": host + "/team/app:1.0@" + digest}, &out))
	assert.Contains(t, out.String(), "is still "+digest)

	moved := strings.ReplaceAll(digest, "a", "b")
	err = compareImages(t.Context(), crane, map[string]string{
		"a": host + "/team/app:1.0@" + moved, "b": host + "/team/app:2.0@" + digest,
	}, &out)
	require.ErrorContains(t, err, "pulumi config set a "+host+"/team/app:1.0@"+digest)
	assert.ErrorContains(t, err, "b: asking the registry")
}

func TestPinnedImagesAreAllImageSettings(t *testing.T) {
	pinned, err := pinnedImages(environmenttest.Root(t), "")
	require.NoError(t, err)
	assert.Len(t, pinned, 2)
	assert.Contains(t, pinned, "bastide:openbaoImage")
	_, err = pinnedImages(environmenttest.Root(t), "nowhere")
	assert.Error(t, err)
}
