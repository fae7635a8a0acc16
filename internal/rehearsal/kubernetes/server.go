package kubernetes

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"bastide/internal/rehearsal/providerbase"
)

// server is a provider's connection to the API server. It does not change once a provider
// has it, because operations use it concurrently.
type server struct {
	objects dynamic.Interface
	kinds   meta.ResettableRESTMapper
	reader  client.Reader   // for starts
	starts  StartRule       // may be nil
	mutable map[string]bool // kinds that the provider is configured to update in place
}

// owns refuses a kubeconfig of any other cluster.
func (c *ControlPlane) owns(config *clientcmdapi.Config) error {
	context, ok := config.Contexts[config.CurrentContext]
	if !ok {
		return errors.New("kubeconfig: names no current context")
	}
	cluster, ok := config.Clusters[context.Cluster]
	if !ok {
		return errors.New("kubeconfig: its context names no cluster")
	}
	own, err := base64.StdEncoding.DecodeString(c.Authority)
	if err != nil {
		return fmt.Errorf("reading the authority: %w", err)
	}
	where, err := url.Parse(cluster.Server)
	if err != nil || where.Scheme != "https" || where.Host != c.Endpoint || !bytes.Equal(cluster.CertificateAuthorityData, own) {
		return fmt.Errorf("kubeconfig: %s is not the cluster that this rehearsal started, and a rehearsal connects to no other", cluster.Server)
	}
	return nil
}

func newServer(config *rest.Config, log *providerbase.Log, starts StartRule) (*server, error) {
	reader, err := client.New(config, client.Options{})
	if err != nil {
		return nil, fmt.Errorf("talking to the API server: %w", err)
	}
	config.WarningHandlerWithContext = warnings{log}
	objects, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("talking to the API server: %w", err)
	}
	kinds, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("talking to the API server: %w", err)
	}
	return &server{
		objects: objects, kinds: restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(kinds)),
		reader: reader, starts: starts,
	}, nil
}

// warnings forwards the API server's warnings to the engine, with the resource that
// they are about.
type warnings struct{ log *providerbase.Log }

type urnKey struct{}

// HandleWarningHeaderWithContext implements rest.WarningHandlerWithContext.
func (w warnings) HandleWarningHeaderWithContext(ctx context.Context, _ int, _, text string) {
	if urn, ok := ctx.Value(urnKey{}).(resource.URN); ok {
		w.log.Warn(ctx, urn, text)
	}
}

// resource is the client for objects of a manifest's kind, in its namespace; a namespaced
// object without a namespace goes to default.
func (s *server) resource(m manifest) (dynamic.ResourceInterface, error) {
	gvk := m.GroupVersionKind()
	mapping, err := s.kinds.RESTMapping(gvk.GroupKind(), gvk.Version)
	if meta.IsNoMatchError(err) {
		s.kinds.Reset() // the kind may have been defined since
		mapping, err = s.kinds.RESTMapping(gvk.GroupKind(), gvk.Version)
	}
	if err != nil {
		return nil, err
	}
	if mapping.Scope.Name() == meta.RESTScopeNameRoot {
		return s.objects.Resource(mapping.Resource), nil
	}
	if m.GetNamespace() == "" {
		m.SetNamespace(metav1.NamespaceDefault)
	}
	return s.objects.Resource(mapping.Resource).Namespace(m.GetNamespace()), nil
}

func (s *server) get(ctx context.Context, m manifest) (*unstructured.Unstructured, error) {
	kind, err := s.resource(m)
	if err != nil {
		return nil, err
	}
	return kind.Get(ctx, m.GetName(), metav1.GetOptions{})
}

// vacant refuses to create an object that exists, except for a patch.
func (s *server) vacant(ctx context.Context, m manifest) error {
	if m.patch {
		return nil
	}
	_, err := s.get(ctx, m)
	switch {
	case apierrors.IsNotFound(err):
		return nil
	case err != nil:
		return err
	}
	mapping, err := s.kinds.RESTMapping(m.GroupVersionKind().GroupKind(), m.GroupVersionKind().Version)
	if err != nil {
		return err
	}
	return apierrors.NewAlreadyExists(mapping.Resource.GroupResource(), m.GetName())
}

// apply is a server-side apply, for real or as a dry run.
func (s *server) apply(ctx context.Context, urn resource.URN, m manifest, dryRun bool) (*unstructured.Unstructured, error) {
	kind, err := s.resource(m)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(m.Object)
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", id(m.Unstructured), err)
	}
	options := metav1.PatchOptions{FieldManager: m.manager, FieldValidation: metav1.FieldValidationStrict, Force: &m.force}
	if dryRun {
		options.DryRun = []string{metav1.DryRunAll}
	}
	return kind.Patch(context.WithValue(ctx, urnKey{}, urn), m.GetName(), types.ApplyPatchType, text, options)
}

// release gives up the ownership of a patch's fields, by applying an empty object.
func (s *server) release(ctx context.Context, urn resource.URN, m manifest) error {
	empty := &unstructured.Unstructured{}
	empty.SetGroupVersionKind(m.GroupVersionKind())
	empty.SetNamespace(m.GetNamespace())
	empty.SetName(m.GetName())
	m.Unstructured = empty
	if _, err := s.get(ctx, m); err != nil {
		return ignoreNotFound(err)
	}
	_, err := s.apply(ctx, urn, m, false)
	return err
}

// The interval of polling, and the longest timeout. The real provider waits ten minutes,
// or as long as the program says; nothing in a rehearsal is that slow.
const (
	pollInterval = 100 * time.Millisecond
	maxTimeout   = 60.0 // seconds
)

func limit(seconds float64) time.Duration {
	if seconds == 0 || seconds > maxTimeout {
		seconds = maxTimeout
	}
	return time.Duration(seconds * float64(time.Second))
}

// watch polls an object until done, and returns its last state.
func (s *server) watch(
	ctx context.Context, m manifest, timeout float64, done func(*unstructured.Unstructured) (bool, error),
) (last *unstructured.Unstructured, err error) {
	kind, err := s.resource(m)
	if err != nil {
		return nil, err
	}
	err = wait.PollUntilContextTimeout(ctx, pollInterval, limit(timeout), true, func(ctx context.Context) (bool, error) {
		live, err := kind.Get(ctx, m.GetName(), metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		last = live
		return done(live)
	})
	return last, err
}

// delete deletes an object and its dependents, and waits until the object is gone.
func (s *server) delete(ctx context.Context, m manifest, timeout float64) error {
	kind, err := s.resource(m)
	if err != nil {
		return err
	}
	foreground := metav1.DeletePropagationForeground
	err = kind.Delete(ctx, m.GetName(), metav1.DeleteOptions{PropagationPolicy: &foreground})
	if err != nil {
		return ignoreNotFound(err)
	}
	left, err := s.watch(ctx, m, timeout, func(*unstructured.Unstructured) (bool, error) { return false, nil })
	if wait.Interrupted(err) && left != nil {
		return fmt.Errorf("%s %s was deleted, but still exists; its finalizers are %q", m.GetKind(), id(m.Unstructured), left.GetFinalizers())
	}
	return ignoreNotFound(err)
}

func ignoreNotFound(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
