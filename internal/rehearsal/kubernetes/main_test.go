package kubernetes

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/require"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"bastide/internal/rehearsal/children"
	"bastide/internal/rehearsal/toolchain"
)

// All tests of the package share one control plane; each makes a namespace of its own.
var host *Host

func TestMain(m *testing.M) { os.Exit(withCluster(m)) }

func withCluster(m *testing.M) int {
	root, err := filepath.Abs(filepath.Join("..", "..", ".."))
	if err != nil {
		panic(err)
	}
	release, err := children.OpenRegistry(root, os.Stderr)
	if err != nil {
		panic(err)
	}
	defer func() { _ = release() }()
	binaries, err := toolchain.Kubernetes(context.Background(), root, os.Stderr)
	if err != nil {
		panic(err)
	}
	dir, err := os.MkdirTemp("", "bastide-kubernetes-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	host = NewHost(binaries, filepath.Join(dir, "kubernetes"))
	host.Images = func(image string) string {
		if strings.HasPrefix(image, "denied.example.com/") {
			return "Image " + image + " denied by a test"
		}
		return ""
	}
	if _, _, err := host.StartCluster(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		if err := host.StopCluster(); err != nil {
			panic(err)
		}
	}()
	return m.Run()
}

// kubeconfig is a kubeconfig as the program makes it from the cluster's outputs.
func kubeconfig(t *testing.T, change func(server *string, authority *[]byte)) string {
	t.Helper()
	config, err := clientcmd.LoadFromFile(host.ControlPlane().Kubeconfig)
	require.NoError(t, err)
	for _, cluster := range config.Clusters {
		if change != nil {
			change(&cluster.Server, &cluster.CertificateAuthorityData)
		}
	}
	config.AuthInfos = nil
	text, err := clientcmd.Write(*config)
	require.NoError(t, err)
	return string(text)
}

func configured(t *testing.T) *Provider {
	t.Helper()
	p := New(host)
	_, err := p.Handshake(t.Context(), plugin.ProviderHandshakeRequest{})
	require.NoError(t, err)
	_, err = p.Configure(t.Context(), plugin.ConfigureRequest{Inputs: resource.PropertyMap{
		"kubeconfig": resource.NewProperty(kubeconfig(t, nil)),
	}})
	require.NoError(t, err)
	return p
}

// direct is a client that bypasses the provider.
func direct(t *testing.T) client.Client {
	t.Helper()
	c, err := host.Client()
	require.NoError(t, err)
	return c
}

// object is a resource's inputs as the SDK sends them.
func object(apiVersion, kind, namespace, name string, rest map[string]any) resource.PropertyMap {
	metadata := map[string]any{"name": name}
	if namespace != "" {
		metadata["namespace"] = namespace
	}
	all := map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": metadata}
	for key, value := range rest {
		all[key] = value
	}
	return resource.NewPropertyMapFromMap(all)
}

func urn(token string) resource.URN {
	return resource.URN("urn:pulumi:test::bastide::" + token + "::x")
}

func create(t *testing.T, p *Provider, token string, inputs resource.PropertyMap) plugin.CreateResponse {
	t.Helper()
	made, err := p.Create(t.Context(), request(token, inputs))
	require.NoError(t, err)
	return made
}

func request(token string, inputs resource.PropertyMap) plugin.CreateRequest {
	u := urn(token)
	return plugin.CreateRequest{URN: u, Name: "x", Type: u.Type(), Properties: inputs, Timeout: 30}
}

// namespace creates a namespace for a test.
func namespace(t *testing.T, p *Provider, name string) {
	t.Helper()
	create(t, p, "kubernetes:core/v1:Namespace", object("v1", "Namespace", "", name, nil))
}
