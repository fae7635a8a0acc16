package network

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/dns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/scope"
	"bastide/environment"
)

// googleAPIs is where Google's APIs answer inside a VPC, over private access
// alone. Source: Virtual Private Cloud, "Configure Private Google Access",
// private.googleapis.com.
const googleAPIs = "199.36.153.8/30"

var googleAPIAddresses = []string{"199.36.153.8", "199.36.153.9", "199.36.153.10", "199.36.153.11"}

// answerGoogleAPIs lets *.googleapis.com resolve to few addresses that never
// change, which a NetworkPolicy can name. Images come from other domains, as
// before.
func (n *Network) answerGoogleAPIs(s scope.Scope) error {
	const domain, private = "googleapis.com.", "private.googleapis.com."
	zone, err := dns.NewManagedZone(s.Context(), s.Name("googleapis"), &dns.ManagedZoneArgs{
		Project:     n.args.DNSProject.ToStringOutput(),
		Name:        n.name(environment.GoogleAPIs),
		DnsName:     pulumi.String(domain),
		Description: pulumi.String("Google's APIs, reached without leaving Google's network."),
		Visibility:  pulumi.String("private"),
		PrivateVisibilityConfig: dns.ManagedZonePrivateVisibilityConfigArgs{
			Networks: dns.ManagedZonePrivateVisibilityConfigNetworkArray{
				dns.ManagedZonePrivateVisibilityConfigNetworkArgs{NetworkUrl: n.vpc.ID()},
			},
		},
		Labels: pulumi.ToStringMap(n.args.Labels),
	}, s.Child()...)
	if err != nil {
		return err
	}
	var records []pulumi.CustomResource
	for _, record := range []struct {
		role, name, kind string
		values           []string
	}{
		{"googleapis-private", private, "A", googleAPIAddresses},
		{"googleapis-all", "*." + domain, "CNAME", []string{private}},
	} {
		made, err := dns.NewRecordSet(s.Context(), s.Name(record.role), &dns.RecordSetArgs{
			Project:     zone.Project,
			ManagedZone: zone.Name,
			Name:        pulumi.String(record.name),
			Type:        pulumi.String(record.kind),
			Ttl:         pulumi.Int(300),
			Rrdatas:     pulumi.ToStringArray(record.values),
		}, s.Child()...)
		if err != nil {
			return err
		}
		records = append(records, made)
	}
	n.GoogleAPIs = scope.After(pulumi.String(googleAPIs), records...)
	return nil
}
