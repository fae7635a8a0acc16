package guardrails

import (
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/kube"
	"bastide/components/scope"
)

// limit creates a namespace's quota, and the default requests of its containers. Default
// limits come from a mutating admission policy instead: see sizes.Bounds.
func limit(s scope.Scope, p plan) error {
	if _, err := corev1.NewResourceQuota(s.Context(), s.Name(p.name+"-quota"), &corev1.ResourceQuotaArgs{
		Metadata: kube.In(p.name, p.size),
		Spec:     corev1.ResourceQuotaSpecArgs{Hard: pulumi.ToStringMap(p.bounds.Quota)},
	}, s.Child()...); err != nil {
		return err
	}
	_, err := corev1.NewLimitRange(s.Context(), s.Name(p.name+"-limits"), &corev1.LimitRangeArgs{
		Metadata: kube.In(p.name, "defaults"),
		Spec: corev1.LimitRangeSpecArgs{Limits: corev1.LimitRangeItemArray{corev1.LimitRangeItemArgs{
			Type:           pulumi.String("Container"),
			DefaultRequest: pulumi.ToStringMap(p.bounds.Requests),
		}}},
	}, s.Child()...)
	return err
}
