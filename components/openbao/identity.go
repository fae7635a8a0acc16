package openbao

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/kms"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	rbacv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/rbac/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/kube"
	"bastide/components/openbao/config"
	"bastide/components/scope"
	"bastide/environment"
)

// The service accounts. Their names are bound in OpenBao's own roles and in
// Google Cloud's IAM.
const (
	serverAccount   = "openbao"
	snapshotAccount = "openbao-snapshot"
	// adminAccount runs nothing. Whoever may ask the API server for a token of
	// it administers OpenBao: the administrators of the cluster.
	adminAccount = "openbao-admin"
)

// accounts are the names of the service accounts, each known once it may do
// what it has to.
type accounts struct {
	server, snapshot, admin pulumi.StringOutput
}

// createAccounts makes the identities. None of them mounts a token unless a pod
// asks for one.
func (o *OpenBao) createAccounts(s scope.Scope) error {
	for _, account := range []struct {
		name string
		to   *pulumi.StringOutput
	}{
		{serverAccount, &o.accounts.server},
		{snapshotAccount, &o.accounts.snapshot},
		{adminAccount, &o.accounts.admin},
	} {
		made, err := corev1.NewServiceAccount(s.Context(), s.Name(account.name), &corev1.ServiceAccountArgs{
			Metadata:                     meta(account.name, nil),
			AutomountServiceAccountToken: pulumi.Bool(false),
		}, s.Child()...)
		if err != nil {
			return err
		}
		*account.to = made.Metadata.Name().Elem()
	}
	return o.permitServers(s)
}

// permission is what an account may do in the API server. The role that allows it
// and the binding that grants it share the name in Kubernetes.
type permission struct {
	name, group, resource string
	verbs                 []string
	objects               pulumi.StringArray // by name; none for all
	cluster               bool
}

// permissions of the servers: to have other people's tokens reviewed, to see which
// namespaces are marked as clients', and to write on their own pods which of them
// is active. Source: OpenBao 2.6.2, builtin/credential/kubernetes and
// serviceregistration/kubernetes, which ask for no more.
func permissions() []permission {
	var pods pulumi.StringArray
	for ordinal := range environment.MostReplicas {
		pods = append(pods, pulumi.String(fmt.Sprintf("%s-%d", allService, ordinal)))
	}
	return []permission{
		{name: "token-review", group: "authentication.k8s.io", resource: "tokenreviews", verbs: []string{"create"}, cluster: true},
		{name: "namespaces", resource: "namespaces", verbs: []string{"get"}, cluster: true},
		{name: "registration", resource: "pods", verbs: []string{"get", "patch"}, objects: pods},
	}
}

func (o *OpenBao) permitServers(s scope.Scope) error {
	var granted []pulumi.CustomResource
	servers := account(namespace, o.accounts.server)
	for _, p := range permissions() {
		grant := p.inNamespace
		if p.cluster {
			grant = p.inCluster
		}
		binding, err := grant(s, p.name+"-role", p.name, servers)
		if err != nil {
			return err
		}
		granted = append(granted, binding)
	}
	o.accounts.server = scope.After(o.accounts.server, granted...)
	return nil
}

func (p permission) rules() rbacv1.PolicyRuleArray {
	return rbacv1.PolicyRuleArray{rbacv1.PolicyRuleArgs{
		ApiGroups: pulumi.ToStringArray([]string{p.group}), Resources: pulumi.ToStringArray([]string{p.resource}),
		// An empty list, not none: that would be a change of roles that are there.
		ResourceNames: append(pulumi.StringArray{}, p.objects...), Verbs: pulumi.ToStringArray(p.verbs),
	}}
}

// inCluster grants it everywhere, by a role and a binding of these logical names.
func (p permission) inCluster(s scope.Scope, roleName, bindingName string, to rbacv1.SubjectArgs) (pulumi.CustomResource, error) {
	role, err := rbacv1.NewClusterRole(s.Context(), s.Name(roleName), &rbacv1.ClusterRoleArgs{
		Metadata: clusterMeta(p.name), Rules: p.rules(),
	}, s.Child()...)
	if err != nil {
		return nil, err
	}
	return rbacv1.NewClusterRoleBinding(s.Context(), s.Name(bindingName), &rbacv1.ClusterRoleBindingArgs{
		Metadata: clusterMeta(p.name),
		RoleRef:  rbacv1.RoleRefArgs{ApiGroup: pulumi.String(kube.RBACGroup), Kind: pulumi.String("ClusterRole"), Name: role.Metadata.Name().Elem()},
		Subjects: rbacv1.SubjectArray{to},
	}, s.Child()...)
}

// inNamespace grants it in OpenBao's namespace.
func (p permission) inNamespace(s scope.Scope, roleName, bindingName string, to rbacv1.SubjectArgs) (pulumi.CustomResource, error) {
	role, err := rbacv1.NewRole(s.Context(), s.Name(roleName), &rbacv1.RoleArgs{
		Metadata: meta(p.name, nil), Rules: p.rules(),
	}, s.Child()...)
	if err != nil {
		return nil, err
	}
	return rbacv1.NewRoleBinding(s.Context(), s.Name(bindingName), &rbacv1.RoleBindingArgs{
		Metadata: meta(p.name, nil),
		RoleRef:  rbacv1.RoleRefArgs{ApiGroup: pulumi.String(kube.RBACGroup), Kind: pulumi.String("Role"), Name: role.Metadata.Name().Elem()},
		Subjects: rbacv1.SubjectArray{to},
	}, s.Child()...)
}

// account is a service account to RBAC.
func account(namespace string, name pulumi.StringInput) rbacv1.SubjectArgs {
	return rbacv1.SubjectArgs{Kind: pulumi.String("ServiceAccount"), Name: name, Namespace: pulumi.String(namespace)}
}

// clusterMeta is the metadata of an object outside of namespaces.
func clusterMeta(name string) metav1.ObjectMetaArgs {
	return kube.Meta(environment.Namespace+"-openbao-"+name, nil)
}

// The roles that unseal a key: one encrypts and decrypts, the other sees that
// the key is there, which OpenBao asks first. Source: OpenBao, "GCP Cloud KMS
// seal", authentication and permissions.
var unsealRoles = map[string]string{
	"encrypt": "roles/cloudkms.cryptoKeyEncrypterDecrypter",
	"view":    "roles/cloudkms.viewer",
}

// member is a service account of OpenBao's namespace to Google Cloud's IAM, with
// no Google service account in between. It is known once the pool exists; the
// namespace and the account may come later.
func (o *OpenBao) member(account string) pulumi.StringOutput {
	return pulumi.Sprintf("principal://iam.googleapis.com/projects/%s/locations/global/workloadIdentityPools/%s/subject/ns/%s/sa/%s",
		o.args.ProjectNumber, o.args.WorkloadPool, namespace, account)
}

// grantUnseal lets the servers use the unseal key. None is configured before.
func (o *OpenBao) grantUnseal(s scope.Scope) error {
	var grants []pulumi.CustomResource
	for _, name := range slices.Sorted(maps.Keys(unsealRoles)) {
		grant, err := kms.NewCryptoKeyIAMMember(s.Context(), s.Name("unseal-"+name), &kms.CryptoKeyIAMMemberArgs{
			CryptoKeyId: o.args.UnsealKey,
			Role:        pulumi.String(unsealRoles[name]),
			Member:      o.member(serverAccount),
		}, s.Child()...)
		if err != nil {
			return err
		}
		grants = append(grants, grant)
	}
	o.unseal = scope.After(o.args.UnsealKey, grants...)
	return nil
}

// keyForm is the id of a key.
var keyForm = regexp.MustCompile(`^projects/([^/]+)/locations/([^/]+)/keyRings/([^/]+)/cryptoKeys/([^/]+)$`)

// sealOf takes a key's id apart.
func sealOf(key string) (config.CKMS, error) {
	parts := keyForm.FindStringSubmatch(key)
	if parts == nil {
		return config.CKMS{}, fmt.Errorf("unseal key %q is not projects/PROJECT/locations/REGION/keyRings/RING/cryptoKeys/KEY", key)
	}
	return config.CKMS{Project: parts[1], Region: parts[2], KeyRing: parts[3], Key: parts[4]}, nil
}
