package guardrails

import (
	"slices"

	rbacv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/rbac/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/scope"
)

// Grant is what a role allows on some resources.
type Grant struct {
	Groups, Resources, Verbs []string
}

var (
	read  = []string{"get", "list", "watch"}
	write = []string{"create", "update", "patch", "delete"}
	// A patch and a deletion answer with the object, even as dry runs: who may
	// do either may read.
	writeOnly = []string{"create", "update"}
)

// viewing sees what runs, but no Secret: who could list those would read them.
// CIS GKE 4.1.2.
var viewing = []Grant{
	{[]string{""}, []string{"configmaps", "endpoints", "events", "limitranges", "persistentvolumeclaims", "pods", "pods/log", "replicationcontrollers", "resourcequotas", "serviceaccounts", "services"}, read},
	{[]string{"apps"}, []string{"daemonsets", "deployments", "replicasets", "statefulsets"}, read},
	{[]string{"autoscaling"}, []string{"horizontalpodautoscalers"}, read},
	{[]string{"batch"}, []string{"cronjobs", "jobs"}, read},
	{[]string{"discovery.k8s.io"}, []string{"endpointslices"}, read},
	{[]string{"events.k8s.io"}, []string{"events"}, read},
	{[]string{"networking.k8s.io"}, []string{"ingresses", "networkpolicies"}, read},
	{[]string{"policy"}, []string{"poddisruptionbudgets"}, read},
}

// editing changes what runs, for those who are viewing too. It writes Secrets
// without reading them, opens no shell in a container, makes service accounts
// but changes none, and touches neither limits nor roles nor the network: those
// are the guardrails.
var editing = []Grant{
	{[]string{""}, []string{"configmaps", "persistentvolumeclaims", "pods", "services"}, write},
	{[]string{""}, []string{"secrets"}, writeOnly},
	{[]string{""}, []string{"serviceaccounts"}, []string{"create"}},
	{[]string{"apps"}, []string{"daemonsets", "deployments", "deployments/scale", "statefulsets", "statefulsets/scale"}, write},
	{[]string{"autoscaling"}, []string{"horizontalpodautoscalers"}, write},
	{[]string{"batch"}, []string{"cronjobs", "jobs"}, write},
	{[]string{"networking.k8s.io"}, []string{"ingresses"}, write},
	{[]string{"policy"}, []string{"poddisruptionbudgets"}, write},
}

// grantAccess makes the roles of a namespace, and binds them where the
// environment has groups: viewing to the one that is configured and to the
// namespace's own, editing to the latter.
func (g *Guardrails) grantAccess(s scope.Scope, p plan) error {
	for _, role := range []struct {
		name   string
		grants []Grant
		bound  []string
	}{
		{"viewer", viewing, groups(g.args.Environment.RBACGroup, p.tenant.Editors)},
		{"editor", editing, groups(p.tenant.Editors)},
	} {
		created, err := rbacv1.NewRole(s.Context(), s.Name(p.name+"-"+role.name), &rbacv1.RoleArgs{
			Metadata: In(p.name, role.name),
			Rules:    Rules(role.grants),
		}, s.Child()...)
		if err != nil {
			return err
		}
		if len(role.bound) == 0 {
			continue
		}
		if _, err := rbacv1.NewRoleBinding(s.Context(), s.Name(p.name+"-"+role.name+"s"), &rbacv1.RoleBindingArgs{
			Metadata: In(p.name, role.name+"s"),
			RoleRef: rbacv1.RoleRefArgs{
				ApiGroup: pulumi.String(rbacGroup), Kind: pulumi.String("Role"), Name: created.Metadata.Name().Elem(),
			},
			Subjects: subjects(role.bound),
		}, s.Child()...); err != nil {
			return err
		}
	}
	return nil
}

// groups leaves out those that are not there, or there twice.
func groups(names ...string) []string {
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return name == "" })
}

func subjects(groups []string) rbacv1.SubjectArray {
	all := rbacv1.SubjectArray{}
	for _, group := range groups {
		all = append(all, rbacv1.SubjectArgs{
			ApiGroup: pulumi.String(rbacGroup), Kind: pulumi.String("Group"), Name: pulumi.String(group),
		})
	}
	return all
}

const rbacGroup = "rbac.authorization.k8s.io"

// Rules are grants as a role has them.
func Rules(grants []Grant) rbacv1.PolicyRuleArray {
	all := rbacv1.PolicyRuleArray{}
	for _, grant := range grants {
		all = append(all, rbacv1.PolicyRuleArgs{
			ApiGroups: pulumi.ToStringArray(grant.Groups),
			Resources: pulumi.ToStringArray(grant.Resources),
			Verbs:     pulumi.ToStringArray(grant.Verbs),
		})
	}
	return all
}
