package rules

import (
	"bastide/controls/token"
	"bastide/environment"
	"bastide/policies/rule"
)

// Firewall rules and flow logs know them then; with routes, they do not.
var vpcNative = rule.Rule{
	Name:     "vpc-native",
	Controls: []string{"CIS 5.6.2"},
	Promise:  "Pods have addresses of the VPC",
	Level:    rule.Mandatory,
	Types:    []string{token.Cluster},
	Judge: func(r *rule.Resource) {
		r.At("networkingMode").Is("VPC_NATIVE")
		r.At("ipAllocationPolicy.clusterSecondaryRangeName").Is(environment.PodRange)
		r.At("ipAllocationPolicy.servicesSecondaryRangeName").Is(environment.ServiceRange)
	},
}
