package kubernetes

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"bastide/internal/rehearsal/providerbase"
)

// adminGroup is the group of the users who would hold roles/container.admin.
const adminGroup = "rehearsal:container-admin"

//go:embed gke.yaml
var gke []byte

// install creates the objects that a new GKE cluster has, and waits until the API server
// serves their kinds and the controllers have made the default service account.
func install(ctx context.Context, config *rest.Config, manifests []byte) error {
	system, err := client.New(config, client.Options{})
	if err != nil {
		return fmt.Errorf("talking to the API server: %w", err)
	}
	created, err := CreateAll(ctx, system, manifests, "")
	if err != nil {
		return fmt.Errorf("creating the objects of a new GKE cluster: %w", err)
	}
	definitions := slices.DeleteFunc(created, func(object *unstructured.Unstructured) bool {
		return object.GetKind() != "CustomResourceDefinition"
	})
	if err := waitForKinds(ctx, config, definitions); err != nil {
		return err
	}
	return waitForAccounts(ctx, system)
}

// CreateAll creates the objects of a YAML file, in its order, in the given namespace or,
// if that is empty, each in its own.
func CreateAll(ctx context.Context, cluster client.Client, text []byte, namespace string) ([]*unstructured.Unstructured, error) {
	var created []*unstructured.Unstructured
	documents := yaml.NewYAMLToJSONDecoder(bytes.NewReader(text))
	for {
		object := &unstructured.Unstructured{}
		switch err := documents.Decode(object); {
		case errors.Is(err, io.EOF):
			return created, nil
		case err != nil:
			return nil, fmt.Errorf("reading a manifest: %w", err)
		}
		if namespace != "" {
			object.SetNamespace(namespace)
		}
		if err := cluster.Create(ctx, object); err != nil {
			return nil, err
		}
		created = append(created, object)
	}
}

// waitForKinds waits until a provider can use the defined kinds. The API server needs a
// moment to serve a kind, and another one until discovery lists it.
func waitForKinds(ctx context.Context, config *rest.Config, definitions []*unstructured.Unstructured) error {
	server, err := newServer(rest.CopyConfig(config), &providerbase.Log{}, nil)
	if err != nil {
		return err
	}
	for _, definition := range definitions {
		group, _, _ := unstructured.NestedString(definition.Object, "spec", "group") // the server has accepted it
		kind, _, _ := unstructured.NestedString(definition.Object, "spec", "names", "kind")
		object := &unstructured.Unstructured{}
		object.SetGroupVersionKind(schema.GroupVersionKind{Group: group, Kind: kind})
		err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, startTimeout, true, func(ctx context.Context) (bool, error) {
			objects, err := server.resource(manifest{Unstructured: object})
			if err == nil {
				_, err = objects.List(ctx, metav1.ListOptions{Limit: 1})
			}
			if meta.IsNoMatchError(err) {
				return false, nil
			}
			return err == nil, client.IgnoreNotFound(err)
		})
		if err != nil {
			return fmt.Errorf("waiting until the API server serves the kind %s: %w", kind, err)
		}
	}
	return nil
}

// waitForAccounts waits until the controllers have created the service account of the
// default namespace, which they do last.
func waitForAccounts(ctx context.Context, system client.Client) error {
	account := &unstructured.Unstructured{}
	account.SetAPIVersion("v1")
	account.SetKind("ServiceAccount")
	err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, startTimeout, true, func(ctx context.Context) (bool, error) {
		err := system.Get(ctx, client.ObjectKey{Namespace: "default", Name: "default"}, account)
		return err == nil, client.IgnoreNotFound(err)
	})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("waiting until the controllers have created the service account default: %w", err)
	}
	return nil
}

// loadConfig reads a client configuration from a file only, not from the environment.
func loadConfig(path string) (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return eager(config), nil
}

// eager removes a client's rate limits: a rehearsal has its cluster for itself.
func eager(config *rest.Config) *rest.Config {
	config.QPS, config.Burst = -1, -1
	config.WarningHandler = rest.NoWarnings{} // unless a client sets a handler of its own
	return config
}
