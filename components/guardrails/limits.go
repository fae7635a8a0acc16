package guardrails

import (
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/scope"
	"bastide/environment"
)

// bounds are how far the use of a namespace goes: in all, by its size, and for a
// container that says nothing.
type bounds struct {
	quotas           map[string]map[string]string
	requests, limits map[string]string
}

// workloads are the bounds of what runs for long.
var workloads = bounds{quotas: quotas, requests: defaultRequests, limits: defaultLimits}

// quotas bound what a namespace may use, by its size. Memory and storage can't
// be taken back from a pod that has them, so their limits count; CPU can, so
// only requests do.
var quotas = map[string]map[string]string{
	environment.Small: {
		"pods": "20", "requests.cpu": "4", "requests.memory": "8Gi", "limits.memory": "16Gi",
		"requests.ephemeral-storage": "20Gi", "limits.ephemeral-storage": "40Gi",
		"persistentvolumeclaims": "10", "requests.storage": "100Gi",
		"services.loadbalancers": "1", "count/secrets": "50", "count/configmaps": "50",
	},
	environment.Medium: {
		"pods": "60", "requests.cpu": "12", "requests.memory": "24Gi", "limits.memory": "48Gi",
		"requests.ephemeral-storage": "60Gi", "limits.ephemeral-storage": "120Gi",
		"persistentvolumeclaims": "30", "requests.storage": "500Gi",
		"services.loadbalancers": "2", "count/secrets": "150", "count/configmaps": "150",
	},
	environment.Large: {
		"pods": "200", "requests.cpu": "40", "requests.memory": "80Gi", "limits.memory": "160Gi",
		"requests.ephemeral-storage": "200Gi", "limits.ephemeral-storage": "400Gi",
		"persistentvolumeclaims": "100", "requests.storage": "2Ti",
		"services.loadbalancers": "5", "count/secrets": "500", "count/configmaps": "500",
	},
}

// What a container gets that asks for nothing: enough to start, little enough
// to notice.
var (
	defaultRequests = map[string]string{"cpu": "50m", "memory": "64Mi", "ephemeral-storage": "64Mi"}
	defaultLimits   = map[string]string{"memory": "256Mi", "ephemeral-storage": "512Mi"}
)

func limit(s scope.Scope, p plan) error {
	if _, err := corev1.NewResourceQuota(s.Context(), s.Name(p.name+"-quota"), &corev1.ResourceQuotaArgs{
		Metadata: In(p.name, p.size),
		Spec:     corev1.ResourceQuotaSpecArgs{Hard: pulumi.ToStringMap(p.bounds.quotas[p.size])},
	}, s.Child()...); err != nil {
		return err
	}
	_, err := corev1.NewLimitRange(s.Context(), s.Name(p.name+"-limits"), &corev1.LimitRangeArgs{
		Metadata: In(p.name, "defaults"),
		Spec: corev1.LimitRangeSpecArgs{Limits: corev1.LimitRangeItemArray{corev1.LimitRangeItemArgs{
			Type:           pulumi.String("Container"),
			DefaultRequest: pulumi.ToStringMap(p.bounds.requests),
			Default:        pulumi.ToStringMap(p.bounds.limits),
		}}},
	}, s.Child()...)
	return err
}
