package guardrails

import (
	"slices"

	rbacv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/rbac/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/kube"
	"bastide/components/scope"
)

var (
	read  = []string{"get", "list", "watch"}
	write = []string{"create", "update", "patch", "delete"}
	// A patch and a deletion answer with the object, even as dry runs: who may
	// do either may read.
	writeOnly = []string{"create", "update"}
)

// may is a grant on resources of an API group.
func may(verbs []string, group string, resources ...string) kube.Grant {
	return kube.Grant{Group: group, Resources: resources, Verbs: verbs}
}

// viewing sees what runs, but no Secret: who could list those would read them.
// CIS GKE 4.1.2.
var viewing = []kube.Grant{
	may(read, "", "configmaps", "endpoints", "events", "limitranges", "persistentvolumeclaims", "pods", "pods/log", "replicationcontrollers", "resourcequotas", "serviceaccounts", "services"),
	may(read, "apps", "daemonsets", "deployments", "replicasets", "statefulsets"),
	may(read, "autoscaling", "horizontalpodautoscalers"),
	may(read, "batch", "cronjobs", "jobs"),
	may(read, "discovery.k8s.io", "endpointslices"),
	may(read, "events.k8s.io", "events"),
	may(read, "networking.k8s.io", "ingresses", "networkpolicies"),
	may(read, "policy", "poddisruptionbudgets"),
}

// editing changes what runs, for those who are viewing too. It writes Secrets
// without reading them, opens no shell in a container, makes service accounts
// but changes none, and touches neither limits nor roles nor the network: those
// are the guardrails.
var editing = []kube.Grant{
	may(write, "", "configmaps", "persistentvolumeclaims", "pods", "services"),
	may(writeOnly, "", "secrets"),
	may([]string{"create"}, "", "serviceaccounts"),
	may(write, "apps", "daemonsets", "deployments", "deployments/scale", "statefulsets", "statefulsets/scale"),
	may(write, "autoscaling", "horizontalpodautoscalers"),
	may(write, "batch", "cronjobs", "jobs"),
	may(write, "networking.k8s.io", "ingresses"),
	may(write, "policy", "poddisruptionbudgets"),
}

// grantAccess makes the roles of a namespace, and binds them where the
// environment has groups: viewing to the one that is configured and to the
// namespace's own, editing to the latter.
func (g *Guardrails) grantAccess(s scope.Scope, p plan) error {
	for _, role := range []struct {
		name   string
		grants []kube.Grant
		bound  []string
	}{
		{"viewer", viewing, groups(g.args.RBACGroup, p.tenant.Editors)},
		{"editor", editing, groups(p.tenant.Editors)},
	} {
		created, err := rbacv1.NewRole(s.Context(), s.Name(p.name+"-"+role.name), &rbacv1.RoleArgs{
			Metadata: kube.In(p.name, role.name),
			Rules:    kube.Rules(role.grants),
		}, s.Child()...)
		if err != nil {
			return err
		}
		if len(role.bound) == 0 {
			continue
		}
		if _, err := rbacv1.NewRoleBinding(s.Context(), s.Name(p.name+"-"+role.name+"s"), &rbacv1.RoleBindingArgs{
			Metadata: kube.In(p.name, role.name+"s"),
			RoleRef: rbacv1.RoleRefArgs{
				ApiGroup: pulumi.String(kube.RBACGroup), Kind: pulumi.String("Role"), Name: created.Metadata.Name().Elem(),
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
			ApiGroup: pulumi.String(kube.RBACGroup), Kind: pulumi.String("Group"), Name: pulumi.String(group),
		})
	}
	return all
}
