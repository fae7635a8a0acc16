package openbao

import (
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apiextensions"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	rbacv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/rbac/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/scope"
)

// Managed Prometheus' collectors. Source: GoogleCloudPlatform/prometheus-engine,
// manifests/operator.yaml.
const (
	collectorNamespace = "gmp-system"
	collectorAccount   = "collector"
)

// exportMetrics has Managed Prometheus read the servers' metrics. The cluster
// component turns it on, so its kinds are there.
func (o *OpenBao) exportMetrics(s scope.Scope) error {
	authority, err := o.showCollectors(s)
	if err != nil {
		return err
	}
	_, err = apiextensions.NewCustomResource(s.Context(), s.Name("metrics"), &apiextensions.CustomResourceArgs{
		ApiVersion: pulumi.String("monitoring.googleapis.com/v1"),
		Kind:       pulumi.String("PodMonitoring"),
		Metadata:   meta("openbao", serverLabels),
		OtherFields: kubernetes.UntypedArgs{"spec": pulumi.Map{
			"selector": pulumi.Map{"matchLabels": serverLabels},
			"endpoints": pulumi.Array{pulumi.Map{
				"port":     pulumi.String("metrics"),
				"scheme":   pulumi.String("https"),
				"path":     pulumi.String("/v1/sys/metrics"),
				"params":   pulumi.Map{"format": pulumi.ToStringArray([]string{"prometheus"})},
				"interval": pulumi.String("30s"),
				// A pod is asked by its address, which no certificate holds.
				"tls": pulumi.Map{
					"serverName": pulumi.String(allService),
					"ca":         pulumi.Map{"secret": pulumi.Map{"name": authority, "key": pulumi.String("ca.crt")}},
				},
			}},
		}},
	}, s.Child(pulumi.DependsOn([]pulumi.Resource{o.servers}))...)
	return err
}

// showCollectors lets them read the authority's certificate, and gives the name
// of the Secret that holds it and nothing else.
func (o *OpenBao) showCollectors(s scope.Scope) (pulumi.StringOutput, error) {
	secret, err := corev1.NewSecret(s.Context(), s.Name("metrics-authority"), &corev1.SecretArgs{
		Metadata: meta("openbao-metrics-authority", nil),
		Data:     pulumi.StringMap{"ca.crt": encoded(o.tls.authority)},
	}, s.Child()...)
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	name := secret.Metadata.Name().Elem()
	role, err := rbacv1.NewRole(s.Context(), s.Name("metrics-role"), &rbacv1.RoleArgs{
		Metadata: meta("metrics-authority", nil),
		Rules: rbacv1.PolicyRuleArray{rbacv1.PolicyRuleArgs{
			ApiGroups: pulumi.ToStringArray([]string{""}), Resources: pulumi.ToStringArray([]string{"secrets"}),
			ResourceNames: pulumi.StringArray{name}, Verbs: pulumi.ToStringArray([]string{"get", "list", "watch"}),
		}},
	}, s.Child()...)
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	binding, err := rbacv1.NewRoleBinding(s.Context(), s.Name("metrics-collectors"), &rbacv1.RoleBindingArgs{
		Metadata: meta("metrics-authority", nil),
		RoleRef:  rbacv1.RoleRefArgs{ApiGroup: pulumi.String(rbacGroup), Kind: pulumi.String("Role"), Name: role.Metadata.Name().Elem()},
		Subjects: rbacv1.SubjectArray{rbacv1.SubjectArgs{
			Kind: pulumi.String("ServiceAccount"), Name: pulumi.String(collectorAccount), Namespace: pulumi.String(collectorNamespace),
		}},
	}, s.Child()...)
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	return scope.After(name, binding), nil
}
