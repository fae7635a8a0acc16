package openbao

import (
	"net/netip"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/arguments"
	"bastide/components/openbao/config"
	"bastide/components/scope"
)

var portNumbers = map[string]int{"api": config.APIPort, "cluster": config.ClusterPort}

func ports(names ...string) corev1.ServicePortArray {
	all := corev1.ServicePortArray{}
	for _, name := range names {
		all = append(all, corev1.ServicePortArgs{
			Name: pulumi.String(name), Port: pulumi.Int(portNumbers[name]), TargetPort: pulumi.String(name), Protocol: pulumi.String("TCP"),
		})
	}
	return all
}

func createService(
	s scope.Scope, name string, metadata metav1.ObjectMetaArgs, spec corev1.ServiceSpecArgs, extra ...pulumi.ResourceOption,
) (*corev1.Service, error) {
	return corev1.NewService(s.Context(), s.Name(name), &corev1.ServiceArgs{Metadata: metadata, Spec: spec}, s.Child(extra...)...)
}

// activeLabel is set by the servers on their own pods. Source: OpenBao, "Kubernetes
// service registration".
const activeLabel = "openbao-active"

// createServices creates the Services that clients use. They depend on the servers, because
// Pulumi waits until a Service has ready endpoints.
func (o *OpenBao) createServices(s scope.Scope) error {
	after := pulumi.DependsOn([]pulumi.Resource{o.servers})
	if _, err := createService(s, allService, meta(allService, serverLabels), corev1.ServiceSpecArgs{
		Selector: serverLabels, Ports: ports("api"),
	}, after); err != nil {
		return err
	}
	if _, err := createService(s, activeService, meta(activeService, serverLabels), corev1.ServiceSpecArgs{
		Selector: with(serverLabels, activeLabel, "true"), Ports: ports("api"),
	}, after); err != nil {
		return err
	}
	if !o.args.Expose {
		return nil
	}
	return o.expose(s, after)
}

// exposedTo are the source ranges of the load balancer. With a private control plane
// endpoint, administrators come through a VPN only.
func (o *OpenBao) exposedTo() []netip.Prefix {
	admin := o.args.Admin
	if admin.PrivateEndpoint {
		return admin.PrivateCIDRs
	}
	return admin.CIDRs
}

// expose creates a load balancer for the admin ranges.
func (o *OpenBao) expose(s scope.Scope, after pulumi.ResourceOption) error {
	admin := o.args.Admin
	metadata := meta(adminService, serverLabels)
	if admin.PrivateEndpoint {
		metadata.Annotations = pulumi.StringMap{"networking.gke.io/load-balancer-type": pulumi.String("Internal")}
	}
	loadBalancer, err := createService(s, adminService, metadata, corev1.ServiceSpecArgs{
		Type: pulumi.String("LoadBalancer"),
		// Preserves the client's address, by which the NetworkPolicy decides.
		ExternalTrafficPolicy:    pulumi.String("Local"),
		LoadBalancerSourceRanges: arguments.CIDRs(o.exposedTo(), admin.Secret),
		Selector:                 with(serverLabels, activeLabel, "true"),
		Ports:                    ports("api"),
	}, after)
	if err != nil {
		return err
	}
	o.AdminAddress = loadBalancer.Status.ApplyT(addressOf).(pulumi.StringOutput)
	return nil
}

// addressOf is a load balancer's address, or empty if it has none yet.
func addressOf(status *corev1.ServiceStatus) string {
	if status == nil || status.LoadBalancer == nil || len(status.LoadBalancer.Ingress) == 0 || status.LoadBalancer.Ingress[0].Ip == nil {
		return ""
	}
	return *status.LoadBalancer.Ingress[0].Ip
}
