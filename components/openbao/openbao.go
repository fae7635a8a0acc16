// Package openbao makes the secrets store inside the cluster: servers that
// unseal and initialise themselves, who may reach them, and their backups.
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

// OpenBao guarantees a secrets store whose root token nobody has held, that is
// encrypted at rest and on the wire, that writes down every request, is reached
// by the namespaces that are its clients and by no others, and is backed
// up where it can't delete its backups. It holds no secret of any application;
// they are written by people, or by what people trust.
type OpenBao struct {
	pulumi.ResourceState

	// Address is where clients in the cluster reach it.
	Address pulumi.StringOutput `pulumi:"address"`
	// CertificateAuthority is what its certificates are verified with, PEM.
	CertificateAuthority pulumi.StringOutput `pulumi:"certificateAuthority"`
	// Snapshots is the bucket of the backups.
	Snapshots pulumi.StringOutput `pulumi:"snapshots"`
	// AdminAddress is that of the load balancer, if there is one.
	AdminAddress pulumi.StringOutput `pulumi:"adminAddress"`

	args     Args
	scope    scope.Scope
	cluster  Cluster
	unseal   pulumi.StringOutput // the key's id, once the servers may use it
	tls      certificates
	accounts accounts
	settings configuration
	servers  *appsv1.StatefulSet
	bucket   *storage.Bucket
}

// New makes what OpenBao has in the cloud: its certificates, the use of its key,
// and where its snapshots go. None of it waits for what is inside the cluster,
// which Install comes after.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*OpenBao, error) {
	o := &OpenBao{args: args}
	s, err := scope.Open(ctx, Type, name, args, o, opts...)
	if err != nil {
		return nil, err
	}
	o.scope = s
	return o, s.InOrder(o.createCertificates, o.grantUnseal, o.createBucket, o.watchSnapshots)
}

// Install puts the servers into a cluster, after the namespace and all that
// guards it.
func (o *OpenBao) Install(cluster Cluster) error {
	if err := cluster.check(o.scope.Name("inside")); err != nil {
		return err
	}
	o.cluster = cluster
	made := &Inside{}
	s, err := o.scope.Nest(InsideType, "inside", pulumi.Map{"namespace": pulumi.String(namespace)}, made, pulumi.Provider(cluster.Provider), pulumi.DependsOn([]pulumi.Resource{cluster.Namespace}))
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

// InsideType is the type token of what lies in the cluster.
const InsideType = "bastide:components:OpenBaoInside"

// Inside holds what lies in the cluster.
type Inside struct{ pulumi.ResourceState }

// namespace is where it all is.
const namespace = environment.OpenBaoNamespace

// address is where a service answers.
func address(service string) string {
	return fmt.Sprintf("https://%s.%s.svc:%d", service, namespace, config.APIPort)
}

// The names of the services. Clients use them, and certificates hold them.
const (
	allService      = "openbao"          // servers that are ready
	activeService   = "openbao-active"   // the one that writes
	internalService = "openbao-internal" // each by its own name
	adminService    = "openbao-admin"    // the load balancer, if there is one
)

// The labels by which pods are told apart.
const (
	nameLabel      = "app.kubernetes.io/name"
	componentLabel = "app.kubernetes.io/component"
	versionLabel   = "app.kubernetes.io/version"
)

var (
	serverLabels   = pulumi.StringMap{nameLabel: pulumi.String("openbao"), componentLabel: pulumi.String("server")}
	snapshotLabels = pulumi.StringMap{nameLabel: pulumi.String("openbao"), componentLabel: pulumi.String("snapshot")}
)

// with adds labels to others.
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

// shared is the metadata of an object in a namespace whose team may change it
// too; the program has its way all the same.
func shared(namespace, name string) metav1.ObjectMetaArgs {
	meta := kube.In(namespace, name)
	meta.Annotations = kube.TakeOver
	return meta
}

// protect is the options of what must not be lost.
func (o *OpenBao) protect(s scope.Scope, extra ...pulumi.ResourceOption) []pulumi.ResourceOption {
	return s.Child(append(extra, pulumi.Protect(o.args.Protected))...)
}

// domain is where each server has a name of its own.
const domain = internalService + "." + namespace + ".svc.cluster.local"

// host is the DNS name of a server.
func host(ordinal int) string { return fmt.Sprintf("%s-%d.%s", allService, ordinal, domain) }
