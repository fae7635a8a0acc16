package arguments

import (
	"net/netip"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// CIDRs turns address ranges into an input, masked if they are secret.
func CIDRs(prefixes []netip.Prefix, secret bool) pulumi.StringArrayInput {
	values := pulumi.StringArray{}
	for _, prefix := range prefixes {
		values = append(values, pulumi.String(prefix.String()))
	}
	if secret {
		return pulumi.ToSecret(values).(pulumi.StringArrayOutput)
	}
	return values
}
