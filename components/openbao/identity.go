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

// The service accounts. OpenBao's roles and Google Cloud IAM refer to them by name.
const (
	serverAccount   = "openbao"
	snapshotAccount = "openbao-snapshot"
	// adminAccount runs no pod. Whoever can request a token of it from the API server can
	// administer OpenBao: the administrators of the cluster.
	adminAccount = "openbao-admin"
)

// accounts are the names of the service accounts, each known once its permissions are
// granted.
type accounts struct {
	server, snapshot, admin pulumi.StringOutput
}

// createAccounts creates the service accounts. Their tokens are mounted only in pods that
// ask for one.
func (o *OpenBao) createAccounts(s scope.Scope) error {
	for _, account := range []struct {
		name string
		to   *pulumi.StringOutput
	}{
		{serverAccount, &o.accounts.server},
		{snapshotAccount, &o.accounts.snapshot},
		{adminAccount, &o.accounts.admin},
	} {
		serviceAccount, err := corev1.NewServiceAccount(s.Context(), s.Name(account.name), &corev1.ServiceAccountArgs{
			Metadata:                     meta(account.name, nil),
			AutomountServiceAccountToken: pulumi.Bool(false),
		}, s.Child()...)
		if err != nil {
			return err
		}
		*account.to = serviceAccount.Metadata.Name().Elem()
	}
	return o.permitServers(s)
}

// permission is an RBAC permission of an account. Its role and its binding have the same
// name in Kubernetes.
type permission struct {
	name, group, resource string
	verbs                 []string
	objects               pulumi.StringArray // resource names; empty for all
	cluster               bool               // in all namespaces, by a ClusterRole
}

// permissions of the servers: reviewing the tokens of clients, reading which namespaces
// have the client label, and labelling their own pods with which of them is active.
// Source: OpenBao 2.6.2, builtin/credential/kubernetes and
// serviceregistration/kubernetes, which need no more.
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
		// Empty rather than nil, which would show up as a change of existing roles.
		ResourceNames: append(pulumi.StringArray{}, p.objects...), Verbs: pulumi.ToStringArray(p.verbs),
	}}
}

// inCluster grants the permission in the whole cluster. The role and the binding have the
// given logical names.
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

// inNamespace grants the permission in OpenBao's namespace.
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

// account is a service account as an RBAC subject.
func account(namespace string, name pulumi.StringInput) rbacv1.SubjectArgs {
	return rbacv1.SubjectArgs{Kind: pulumi.String("ServiceAccount"), Name: name, Namespace: pulumi.String(namespace)}
}

// clusterMeta is the metadata of a cluster-scoped object.
func clusterMeta(name string) metav1.ObjectMetaArgs {
	return kube.Meta(environment.Namespace+"-openbao-"+name, nil)
}

// unsealRoles are the roles that unsealing with a key needs: OpenBao first reads the key,
// then encrypts and decrypts with it. Source: OpenBao, "GCP Cloud KMS seal",
// authentication and permissions.
var unsealRoles = map[string]string{
	"encrypt": "roles/cloudkms.cryptoKeyEncrypterDecrypter",
	"view":    "roles/cloudkms.viewer",
}

// member is the IAM member of a Kubernetes service account in OpenBao's namespace, by
// workload identity and without a Google service account. It is known once the workload
// identity pool exists; the namespace and the account may be created later.
func (o *OpenBao) member(account string) pulumi.StringOutput {
	return pulumi.Sprintf("principal://iam.googleapis.com/projects/%s/locations/global/workloadIdentityPools/%s/subject/ns/%s/sa/%s",
		o.args.ProjectNumber, o.args.WorkloadPool, namespace, account)
}

// grantUnseal lets the servers use the unseal key. Their configuration waits for it.
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

// keyForm is the form of a Cloud KMS key's ID.
var keyForm = regexp.MustCompile(`^projects/([^/]+)/locations/([^/]+)/keyRings/([^/]+)/cryptoKeys/([^/]+)$`)

// sealOf is the seal with the key of an ID.
func sealOf(key string) (config.CKMS, error) {
	parts := keyForm.FindStringSubmatch(key)
	if parts == nil {
		return config.CKMS{}, fmt.Errorf("the unseal key %q does not have the form projects/PROJECT/locations/REGION/keyRings/RING/cryptoKeys/KEY", key)
	}
	return config.CKMS{Project: parts[1], Region: parts[2], KeyRing: parts[3], Key: parts[4]}, nil
}
