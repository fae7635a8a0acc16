package openbao

import (
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apiextensions"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/scope"
)

// The collectors of Managed Service for Prometheus. Source: GoogleCloudPlatform/prometheus-engine,
// manifests/operator.yaml.
const (
	collectorNamespace = "gmp-system"
	collectorAccount   = "collector"
)

// exportMetrics lets Managed Service for Prometheus scrape the servers. The cluster
// component turns it on, so that the kind PodMonitoring exists.
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
				// Pods are scraped by IP address, which is not in the certificate.
				"tls": pulumi.Map{
					"serverName": pulumi.String(allService),
					"ca":         pulumi.Map{"secret": pulumi.Map{"name": authority, "key": pulumi.String("ca.crt")}},
				},
			}},
		}},
	}, s.Child(pulumi.DependsOn([]pulumi.Resource{o.servers}))...)
	return err
}

// showCollectors lets the collectors read the CA certificate. It returns the name of a
// Secret that holds nothing else.
func (o *OpenBao) showCollectors(s scope.Scope) (pulumi.StringOutput, error) {
	secret, err := corev1.NewSecret(s.Context(), s.Name("metrics-authority"), &corev1.SecretArgs{
		Metadata: meta("openbao-metrics-authority", nil),
		Data:     pulumi.StringMap{"ca.crt": encoded(o.tls.authority)},
	}, s.Child()...)
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	name := secret.Metadata.Name().Elem()
	reading := permission{
		name: "metrics-authority", resource: "secrets", verbs: []string{"get", "list", "watch"}, objects: pulumi.StringArray{name},
	}
	binding, err := reading.inNamespace(s, "metrics-role", "metrics-collectors", account(collectorNamespace, pulumi.String(collectorAccount)))
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	return scope.After(name, binding), nil
}
