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
	// Without patch and delete: both return the object, even in a dry run, and so
	// let their caller read it.
	writeOnly = []string{"create", "update"}
)

// may grants verbs on resources of an API group.
func may(verbs []string, group string, resources ...string) kube.Grant {
	return kube.Grant{Group: group, Resources: resources, Verbs: verbs}
}

// viewing allows reading what runs, except Secrets: listing Secrets returns their
// contents. CIS GKE 4.1.2.
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

// editing allows changing what runs, in addition to viewing. Editors write Secrets but
// can't read them, can't open a shell in a container, and can create service accounts but
// not change them. Limits, roles and NetworkPolicies are the guardrails, so editors can't
// change those either.
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

// grantAccess creates the roles of a namespace, and binds them to the groups that are
// configured: the viewer role to RBACGroup and to the namespace's editors, the editor role
// to the latter.
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

// groups removes empty names and duplicates.
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
