package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"

	"bastide/environment"
	"bastide/policies/controls"
	"bastide/policies/controls/token"
)

// timeout is how long the API server may take for one answer.
const timeout = 15 * time.Second

// otherClusterError is the error of a kubeconfig for a cluster that is not the environment's.
type otherClusterError struct{ reason string }

func (e *otherClusterError) Error() string { return e.reason }

// kind is a kind of Kubernetes object that controls check.
type kind struct {
	resource schema.GroupVersionResource
	// types are the Pulumi types of its objects.
	types []string
	// as returns the type and name under which the program registers an object, or an empty
	// type if the object is not the program's.
	as func(*unstructured.Unstructured) (kind, name string)
}

// v1 is a resource of version v1.
func v1(group, resource string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: group, Version: "v1", Resource: resource}
}

var namespacesResource = v1("", "namespaces")

const managedBy = "app.kubernetes.io/managed-by"

// ours reports whether the program made an object.
func ours(o *unstructured.Unstructured) bool {
	return o.GetLabels()[managedBy] == environment.Namespace
}

// own makes a function for kind.as that returns a type, and a name derived from the object.
func own(kind string, name func(*unstructured.Unstructured) string) func(*unstructured.Unstructured) (string, string) {
	return func(o *unstructured.Unstructured) (string, string) {
		if !ours(o) {
			return "", ""
		}
		return kind, name(o)
	}
}

// inNamespace is the name under which the program registers an object in a namespace.
func inNamespace(o *unstructured.Unstructured) string {
	return "guardrails-" + o.GetNamespace() + "-" + o.GetName()
}

func kinds() []kind {
	plain := (*unstructured.Unstructured).GetName
	return []kind{
		{v1("admissionregistration.k8s.io", "validatingadmissionpolicybindings"), []string{token.AdmissionBinding},
			own(token.AdmissionBinding, func(o *unstructured.Unstructured) string {
				return "guardrails-" + strings.TrimPrefix(o.GetName(), environment.Namespace+"-") + "-binding"
			})},
		{namespacesResource, []string{token.Namespace, token.NamespacePatch}, asNamespace},
		{v1("", "resourcequotas"), []string{token.ResourceQuota}, own(token.ResourceQuota, func(o *unstructured.Unstructured) string {
			return "guardrails-" + o.GetNamespace() + "-quota"
		})},
		{v1("networking.k8s.io", "networkpolicies"), []string{token.NetworkPolicy}, own(token.NetworkPolicy, func(o *unstructured.Unstructured) string {
			if rest, isOpenBaos := strings.CutPrefix(o.GetName(), "allow-openbao-"); isOpenBaos {
				return "openbao-allow-" + rest
			}
			return inNamespace(o)
		})},
		{v1("", "serviceaccounts"), []string{token.ServiceAccount, token.ServiceAccountPatch}, asAccount},
		{v1("apps", "statefulsets"), []string{token.StatefulSet}, own(token.StatefulSet, plain)},
		{v1("batch", "cronjobs"), []string{token.CronJob}, own(token.CronJob, plain)},
		{v1("storage.k8s.io", "storageclasses"), []string{token.StorageClass}, own(token.StorageClass, plain)},
	}
}

// asNamespace is kind.as of namespaces. The namespace default can't be created, only patched.
func asNamespace(o *unstructured.Unstructured) (kind, name string) {
	switch {
	case o.GetName() == environment.UnusedNamespace:
		return token.NamespacePatch, "guardrails-" + o.GetName()
	case ours(o):
		return token.Namespace, "guardrails-" + o.GetName()
	}
	return "", ""
}

// asAccount is kind.as of service accounts. Those named default come with their namespace.
func asAccount(o *unstructured.Unstructured) (kind, name string) {
	switch {
	case ours(o):
		return token.ServiceAccount, inNamespace(o)
	case o.GetName() == "default":
		return token.ServiceAccountPatch, inNamespace(o) + "-account"
	}
	return "", ""
}

// readCluster reads the objects in the cluster. It returns an error if it could read none.
func readCluster(ctx context.Context, options Options, s *seen) error {
	err := listObjects(ctx, options, s)
	if err != nil {
		for _, k := range kinds() {
			for _, t := range k.types {
				s.miss(t, "the cluster was not queried: "+firstLine(err))
			}
		}
	}
	return err
}

func listObjects(ctx context.Context, options Options, s *seen) error {
	client, err := enter(ctx, options)
	if err != nil {
		return err
	}
	e := options.Environment
	expected := expectations(e)
	for _, k := range kinds() {
		list, err := client.Resource(k.resource).List(ctx, metav1.ListOptions{})
		if err != nil {
			for _, t := range k.types {
				s.miss(t, fmt.Sprintf("listing %s: %s", k.resource.Resource, firstLine(err)))
			}
			continue
		}
		var found []controls.Resource
		for i := range list.Items {
			o := &list.Items[i]
			if t, name := k.as(o); t != "" && concerns(e, t, o) {
				found = append(found, controls.Resource{Type: t, Name: name, Inputs: o.Object})
			}
		}
		for _, t := range k.types {
			s.note(t, absent(t, expected[t], found)...)
		}
		s.note(k.types[0], found...)
		if k.resource == namespacesResource {
			s.unknown = e.UnknownNamespaces(names(options, list))
		}
	}
	return nil
}

// UnknownNamespaces returns a problem for each namespace in an environment's cluster that
// looks like GKE's and that the program does not know.
func UnknownNamespaces(ctx context.Context, options Options) ([]environment.Problem, error) {
	client, err := enter(ctx, options)
	if err != nil {
		return nil, err
	}
	list, err := client.Resource(namespacesResource).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("listing namespaces: %s", firstLine(err))
	}
	return options.Environment.UnknownNamespaces(names(options, list)), nil
}

// names are the names in a list. In a rehearsal they exclude the objects that imitate GKE's
// own (internal/rehearsal/kubernetes/gke.yaml).
func names(options Options, list *unstructured.UnstructuredList) (names []string) {
	for i := range list.Items {
		if o := &list.Items[i]; !options.Rehearsed || o.GetLabels()["app.kubernetes.io/part-of"] != "rehearsal" {
			names = append(names, o.GetName())
		}
	}
	return names
}

// enter connects to the cluster and checks that it is the environment's.
func enter(ctx context.Context, options Options) (dynamic.Interface, error) {
	client, host, err := connect(options)
	if err != nil {
		return nil, err
	}
	return client, recognise(ctx, client, options.Environment, host)
}

// connect reads the kubeconfig, as kubectl would.
func connect(options Options) (client dynamic.Interface, host string, err error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = options.Kubeconfig
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: options.Context})
	config, err := loader.ClientConfig()
	if clientcmd.IsEmptyConfig(err) && options.Rehearsed {
		return nil, "", fmt.Errorf("there is no kubeconfig; type `make rehearse ENV=%s KEEP=1` in another terminal, and the `export KUBECONFIG=...` that it prints in this one", options.Environment.Name)
	}
	if clientcmd.IsEmptyConfig(err) {
		return nil, "", fmt.Errorf("there is no kubeconfig; type `pulumi stack output kubeconfig --stack %s > kubeconfig` and `export KUBECONFIG=$PWD/kubeconfig`", options.Environment.Name)
	}
	if err != nil {
		return nil, "", fmt.Errorf("reading the kubeconfig: %w", err)
	}
	config.Timeout, config.QPS, config.Burst = timeout, 20, 40
	client, err = dynamic.NewForConfig(config)
	if err != nil {
		return nil, "", fmt.Errorf("reading the kubeconfig: %w", err)
	}
	return client, config.Host, nil
}

// recognise returns an error if a cluster is not the environment's. It recognises the
// environment by the key that encrypts the volumes, which is in the environment's key ring.
func recognise(ctx context.Context, client dynamic.Interface, e *environment.Environment, host string) error {
	classes := client.Resource(v1("storage.k8s.io", "storageclasses"))
	class, err := classes.Get(ctx, environment.KeepClass, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return &otherClusterError{fmt.Sprintf("the cluster at %s has no storage class %q, which every cluster of this program has; check that the kubeconfig is that of environment %q",
			host, environment.KeepClass, e.Name)}
	}
	if err != nil {
		return fmt.Errorf("querying the cluster at %s: %w", host, err)
	}
	key, _, _ := unstructured.NestedString(class.Object, "parameters", "disk-encryption-kms-key")
	ring := fmt.Sprintf("projects/%s/locations/%s/keyRings/%s-", e.Project, e.Location.Region, e.Names.Of(environment.KeyRing))
	if !strings.HasPrefix(key, ring) {
		return &otherClusterError{fmt.Sprintf("the cluster at %s encrypts its volumes with %s, so it is not that of environment %q; choose another with --context or KUBECONFIG", host, key, e.Name)}
	}
	return nil
}

// concerns reports whether a control checks an object: default service accounts count only in the program's own namespaces.
func concerns(e *environment.Environment, t string, o *unstructured.Unstructured) bool {
	return t != token.ServiceAccountPatch || slices.Contains(namespaces(e), o.GetNamespace())
}

// namespaces are the namespaces that get guardrails.
func namespaces(e *environment.Environment) []string {
	all := append([]string{environment.UnusedNamespace}, e.Platform()...)
	all = append(all, e.CI.JobNames()...)
	for _, namespace := range e.Namespaces {
		all = append(all, namespace.Name)
	}
	return all
}

// expectations are the names of the objects that each namespace has to have, by type. A
// check alone evaluates existing objects and would not notice a missing one.
func expectations(e *environment.Environment) map[string][]string {
	names := map[string][]string{}
	for _, namespace := range namespaces(e) {
		at := "guardrails-" + namespace
		names[token.NetworkPolicy] = append(names[token.NetworkPolicy], at+"-default-deny")
		names[token.ResourceQuota] = append(names[token.ResourceQuota], at+"-quota")
		names[token.ServiceAccountPatch] = append(names[token.ServiceAccountPatch], at+"-default-account")
		if namespace != environment.UnusedNamespace {
			names[token.Namespace] = append(names[token.Namespace], at)
		}
	}
	return names
}

// absent makes a resource without inputs of each object that was expected and not found.
func absent(kind string, expected []string, found []controls.Resource) (missing []controls.Resource) {
	for _, name := range expected {
		i := slices.IndexFunc(found, func(r controls.Resource) bool { return r.Name == name })
		if i < 0 {
			missing = append(missing, controls.Resource{Type: kind, Name: "missing: " + name})
		}
	}
	return missing
}

func firstLine(err error) string {
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		return status.Status().Message
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
