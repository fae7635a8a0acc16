package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// With addresses that come and go, no partner could let only this environment in.
var egressAddress = rule.Rule{
	Name:     "egress-address",
	Controls: []string{"OWN egress"},
	Promise:  "Whoever is called from here can know the address, and each call is logged",
	Level:    rule.Mandatory,
	Types:    []string{token.NAT},
	Judge: func(r *rule.Resource) {
		r.At("natIpAllocateOption").Is("MANUAL_ONLY")
		r.At("natIps").IsSet("write the environment's static address")
		r.At("logConfig.enable").Is(true)
	},
}
