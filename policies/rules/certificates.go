package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// A year, and a new one three months before its end.
var certificates = rule.Rule{
	Name:     "certificates",
	Controls: []string{"OWN certificates"},
	Promise:  "Certificates are renewed long before they end",
	Level:    rule.Mandatory,
	Types:    []string{token.Certificate, token.PrivateKey},
	Judge: func(r *rule.Resource) {
		if r.Type == token.PrivateKey {
			r.At("algorithm").Is("ECDSA")
			r.At("ecdsaCurve").IsOneOf("P256", "P384")
			return
		}
		r.At("validityPeriodHours").Is(8760)
		r.At("earlyRenewalHours").Is(2160)
	},
}
