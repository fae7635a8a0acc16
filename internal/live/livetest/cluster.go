// Package livetest gives tests a cluster to query: an API server with namespaces and with
// the storage class by which package live recognises an environment's cluster.
package livetest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"bastide/environment"
)

// Cluster serves namespaces, and the storage class with the key of an environment. It
// returns the path of a kubeconfig for the server.
func Cluster(tb testing.TB, e *environment.Environment, namespaces ...string) (kubeconfig string) {
	tb.Helper()
	key := "projects/" + e.Project + "/locations/" + e.Location.Region + "/keyRings/" + e.Names.Of(environment.KeyRing) + "-abc123/cryptoKeys/volumes"
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, request *http.Request) {
		assert.Equal(tb, http.MethodGet, request.Method, "the request only reads")
		var answer any
		switch path := request.URL.Path; {
		case strings.HasSuffix(path, "/storageclasses/"+environment.KeepClass):
			answer = map[string]any{"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "parameters": map[string]any{"disk-encryption-kms-key": key}}
		case path == "/api/v1/namespaces":
			items := []any{}
			for _, name := range namespaces {
				items = append(items, map[string]any{"metadata": map[string]any{"name": name}})
			}
			answer = map[string]any{"apiVersion": "v1", "kind": "NamespaceList", "items": items}
		default:
			answer = map[string]any{"apiVersion": "v1", "kind": "List", "items": []any{}}
		}
		out.Header().Set("Content-Type", "application/json")
		assert.NoError(tb, json.NewEncoder(out).Encode(answer))
	}))
	tb.Cleanup(server.Close)

	config := api.NewConfig()
	config.Clusters["test"] = &api.Cluster{Server: server.URL}
	config.Contexts["test"] = &api.Context{Cluster: "test"}
	config.CurrentContext = "test"
	text, err := clientcmd.Write(*config)
	require.NoError(tb, err)
	kubeconfig = filepath.Join(tb.TempDir(), "kubeconfig")
	require.NoError(tb, os.WriteFile(kubeconfig, text, 0o600))
	return kubeconfig
}
