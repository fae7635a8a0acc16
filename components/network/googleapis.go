package network

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/dns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/scope"
	"bastide/environment"
)

// googleAPIs is the address range of private.googleapis.com, which is reachable only from
// inside Google Cloud. Source: Virtual Private Cloud, "Configure Private Google Access".
const googleAPIs = "199.36.153.8/30"

var googleAPIAddresses = []string{"199.36.153.8", "199.36.153.9", "199.36.153.10", "199.36.153.11"}

// answerGoogleAPIs makes *.googleapis.com resolve to a few fixed addresses in the VPC, so
// that a NetworkPolicy can allow them. Container images come from other domains, which it
// does not affect.
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
		recordSet, err := dns.NewRecordSet(s.Context(), s.Name(record.role), &dns.RecordSetArgs{
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
		records = append(records, recordSet)
	}
	n.GoogleAPIs = scope.After(pulumi.String(googleAPIs), records...)
	return nil
}
