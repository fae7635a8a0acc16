package kube

import (
	rbacv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/rbac/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// RBACGroup is the API group of roles and bindings.
const RBACGroup = "rbac.authorization.k8s.io"

// Grant is what a role allows on some resources of an API group, whose name is empty
// for the core group.
type Grant struct {
	Group            string
	Resources, Verbs []string
}

// Rules are grants as a role has them.
func Rules(grants []Grant) rbacv1.PolicyRuleArray {
	all := rbacv1.PolicyRuleArray{}
	for _, grant := range grants {
		all = append(all, rbacv1.PolicyRuleArgs{
			ApiGroups: pulumi.ToStringArray([]string{grant.Group}),
			Resources: pulumi.ToStringArray(grant.Resources),
			Verbs:     pulumi.ToStringArray(grant.Verbs),
		})
	}
	return all
}
