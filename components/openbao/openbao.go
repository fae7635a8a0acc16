// Package openbao creates the secrets store in the cluster: servers that unseal and
// initialise themselves, network access to them, and their backups.
package openbao

import (
	"fmt"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/storage"
	appsv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apps/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/kube"
	"bastide/components/openbao/config"
	"bastide/components/scope"
	"bastide/environment"
)

// Type is the component's type token.
const Type = "bastide:components:OpenBao"

// OpenBao guarantees a secrets store whose root token nobody has seen, that is encrypted at
// rest and in transit, audits every request, is reachable only from its client namespaces,
// and is backed up to a bucket from which it can't delete. It starts without any
// application's secrets: people write them, or tools that they authorize.
type OpenBao struct {
	pulumi.ResourceState

	// Address is the URL at which clients in the cluster reach OpenBao.
	Address pulumi.StringOutput `pulumi:"address"`
	// CertificateAuthority is the CA certificate of its servers, PEM.
	CertificateAuthority pulumi.StringOutput `pulumi:"certificateAuthority"`
	// Snapshots is the name of the bucket of snapshots.
	Snapshots pulumi.StringOutput `pulumi:"snapshots"`
	// AdminAddress is the address of the load balancer, if there is one.
	AdminAddress pulumi.StringOutput `pulumi:"adminAddress"`

	args     Args
	scope    scope.Scope
	cluster  Cluster
	unseal   pulumi.StringOutput // the key's ID, known once the servers may use it
	tls      certificates
	accounts accounts
	settings configuration
	servers  *appsv1.StatefulSet
	bucket   *storage.Bucket
}

// New creates OpenBao's cloud resources: its certificates, the grant of the unseal key, and
// the bucket of snapshots. They need nothing in the cluster; Install creates the rest.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*OpenBao, error) {
	o := &OpenBao{args: args}
	s, err := scope.Open(ctx, Type, name, args, o, opts...)
	if err != nil {
		return nil, err
	}
	o.scope = s
	return o, s.InOrder(o.createCertificates, o.grantUnseal, o.createBucket, o.watchSnapshots)
}

// Install creates OpenBao's resources in a cluster, after its namespace and that
// namespace's guardrails. It has to be called once.
func (o *OpenBao) Install(cluster Cluster) error {
	if err := cluster.check(o.scope.Name("inside")); err != nil {
		return err
	}
	o.cluster = cluster
	inCluster := &InCluster{}
	s, err := o.scope.Nest(InClusterType, "inside", pulumi.Map{"namespace": pulumi.String(namespace)}, inCluster, pulumi.Provider(cluster.Provider), pulumi.DependsOn([]pulumi.Resource{cluster.Namespace}))
	if err != nil {
		return err
	}
	if err := s.InOrder(
		o.createAccounts, o.mountCertificates, o.createConfiguration, o.openNetwork,
		o.createServers, o.createServices, o.takeSnapshots, o.exportMetrics,
	); err != nil {
		return err
	}
	if err := s.Finish(); err != nil {
		return err
	}
	o.Address = scope.After(pulumi.String(address(activeService)), o.servers)
	return o.scope.Finish()
}

// InClusterType is the type token of InCluster.
const InClusterType = "bastide:components:OpenBaoInside"

// InCluster is the parent of OpenBao's resources in the cluster.
type InCluster struct{ pulumi.ResourceState }

// namespace is OpenBao's namespace.
const namespace = environment.OpenBaoNamespace

// address is the URL of a service.
func address(service string) string {
	return fmt.Sprintf("https://%s.%s.svc:%d", service, namespace, config.APIPort)
}

// The names of the services, which are in the servers' certificate.
const (
	allService      = "openbao"          // servers that are ready
	activeService   = "openbao-active"   // the one that writes
	internalService = "openbao-internal" // each by its own name
	adminService    = "openbao-admin"    // the load balancer, if there is one
)

// The labels of pods.
const (
	nameLabel      = "app.kubernetes.io/name"
	componentLabel = "app.kubernetes.io/component"
	versionLabel   = "app.kubernetes.io/version"
)

var (
	serverLabels   = pulumi.StringMap{nameLabel: pulumi.String("openbao"), componentLabel: pulumi.String("server")}
	snapshotLabels = pulumi.StringMap{nameLabel: pulumi.String("openbao"), componentLabel: pulumi.String("snapshot")}
)

// with adds a label to others.
func with(labels pulumi.StringMap, key, value string) pulumi.StringMap {
	all := pulumi.StringMap{key: pulumi.String(value)}
	for k, v := range labels {
		all[k] = v
	}
	return all
}

// meta is the metadata of an object in OpenBao's namespace.
func meta(name string, labels pulumi.StringMap) metav1.ObjectMetaArgs {
	return metav1.ObjectMetaArgs{
		Namespace: pulumi.String(namespace), Name: pulumi.String(name),
		Labels: with(labels, kube.ManagedBy, environment.Namespace),
	}
}

// shared is the metadata of an object in a team's namespace. The team may change the
// object; the program overwrites such changes.
func shared(namespace, name string) metav1.ObjectMetaArgs {
	meta := kube.In(namespace, name)
	meta.Annotations = kube.TakeOver
	return meta
}

// protect is the options of children that must not be lost.
func (o *OpenBao) protect(s scope.Scope, extra ...pulumi.ResourceOption) []pulumi.ResourceOption {
	return s.Child(append(extra, pulumi.Protect(o.args.Protected))...)
}

// domain is the domain of the servers' DNS names.
const domain = internalService + "." + namespace + ".svc.cluster.local"

// host is the DNS name of a server.
func host(ordinal int) string { return fmt.Sprintf("%s-%d.%s", allService, ordinal, domain) }
