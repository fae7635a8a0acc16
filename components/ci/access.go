package ci

import (
	"encoding/base64"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	rbacv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/rbac/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/kube"
	"bastide/components/scope"
	"bastide/environment"
)

// rights are the permissions of each system's runner in a namespace of jobs: those that its
// code needs, and no listing of Secrets. Sources: GitLab Runner 19.4.0,
// executors/kubernetes, with the settings of values/gitlab.go; Estafette CI API fc10699,
// pkg/clients/builderapi. The chart of GitHub's controller grants its permissions itself.
var rights = map[string][]kube.Grant{
	environment.GitLab: {
		{Group: "", Resources: []string{"pods"}, Verbs: []string{"create", "delete", "get", "list", "watch"}},
		{Group: "", Resources: []string{"pods/attach"}, Verbs: []string{"create", "get"}},
		// Image pull credentials, which the runner never reads.
		{Group: "", Resources: []string{"secrets"}, Verbs: []string{"create", "update"}},
	},
	environment.Estafette: {
		{Group: "batch", Resources: []string{"jobs"}, Verbs: []string{"create", "delete", "get", "list", "watch"}},
		{Group: "", Resources: []string{"pods"}, Verbs: []string{"get", "list", "watch"}},
		{Group: "", Resources: []string{"pods/log"}, Verbs: []string{"get"}},
		// The API creates one of each for a job, and reads it back by name.
		{Group: "", Resources: []string{"configmaps", "secrets"}, Verbs: []string{"create", "delete", "get"}},
	},
}

// createAccounts creates the jobs' service account in each of their namespaces, and each
// runner's in the runners' namespace. Their tokens are mounted only in pods that ask for
// one.
func (c *CI) createAccounts(s scope.Scope) error {
	for _, namespace := range c.args.Values.CI.JobNames() {
		if err := account(s, namespace, environment.JobAccount); err != nil {
			return err
		}
	}
	for _, system := range c.args.Values.CI.Systems {
		if rights[system] == nil {
			continue
		}
		if err := account(s, environment.CISystemNamespace, environment.RunnerAccount(system)); err != nil {
			return err
		}
	}
	return nil
}

func account(s scope.Scope, namespace, name string) error {
	_, err := corev1.NewServiceAccount(s.Context(), s.Name(namespace+"-"+name), &corev1.ServiceAccountArgs{
		Metadata:                     kube.In(namespace, name),
		AutomountServiceAccountToken: pulumi.Bool(false),
	}, s.Child()...)
	return err
}

// grantRunners gives each runner its permissions in the namespaces of its jobs.
func (c *CI) grantRunners(s scope.Scope) error {
	ci := c.args.Values.CI
	for _, system := range ci.Systems {
		if rights[system] == nil {
			continue
		}
		for _, namespace := range ci.NamespacesOf(system) {
			if err := grant(s, namespace.Name, environment.RunnerAccount(system), rights[system]); err != nil {
				return err
			}
		}
	}
	return nil
}

func grant(s scope.Scope, namespace, runner string, grants []kube.Grant) error {
	role, err := rbacv1.NewRole(s.Context(), s.Name(namespace+"-"+runner+"-role"), &rbacv1.RoleArgs{
		Metadata: kube.In(namespace, runner),
		Rules:    kube.Rules(grants),
	}, s.Child()...)
	if err != nil {
		return err
	}
	_, err = rbacv1.NewRoleBinding(s.Context(), s.Name(namespace+"-"+runner+"-binding"), &rbacv1.RoleBindingArgs{
		Metadata: kube.In(namespace, runner),
		RoleRef: rbacv1.RoleRefArgs{
			ApiGroup: pulumi.String(kube.RBACGroup), Kind: pulumi.String("Role"), Name: role.Metadata.Name().Elem(),
		},
		Subjects: rbacv1.SubjectArray{rbacv1.SubjectArgs{
			Kind: pulumi.String("ServiceAccount"), Namespace: pulumi.String(environment.CISystemNamespace), Name: pulumi.String(runner),
		}},
	}, s.Child()...)
	return err
}

// secret creates a Secret, with its data marked as secret for Pulumi.
func secret(s scope.Scope, namespace, name string, data map[string]string) error {
	encoded := pulumi.StringMap{}
	for key, value := range data {
		encoded[key] = pulumi.String(base64.StdEncoding.EncodeToString([]byte(value)))
	}
	_, err := corev1.NewSecret(s.Context(), s.Name(namespace+"-"+name), &corev1.SecretArgs{
		Metadata: kube.In(namespace, name),
		Data:     pulumi.ToSecret(encoded).(pulumi.StringMapOutput),
	}, s.Child()...)
	return err
}

func configMap(s scope.Scope, namespace, name string, data map[string]string) error {
	_, err := corev1.NewConfigMap(s.Context(), s.Name(namespace+"-"+name), &corev1.ConfigMapArgs{
		Metadata: kube.In(namespace, name),
		Data:     pulumi.ToStringMap(data),
	}, s.Child()...)
	return err
}
