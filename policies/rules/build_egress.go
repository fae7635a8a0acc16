package rules

import (
	"slices"

	"bastide/controls/token"
	"bastide/environment"
	"bastide/policies/rule"
)

// A job that has taken its node over is no longer held by a NetworkPolicy.
var buildEgress = rule.Rule{
	Name:     "build-egress",
	Controls: []string{"OWN build egress"},
	Promise:  "Build nodes reach the control plane, DNS and the internet, and nothing private",
	Level:    rule.Mandatory,
	Types:    []string{token.Firewall},
	Judge: func(r *rule.Resource) {
		if !r.At("direction").Holds("EGRESS") || len(r.At("allows").Items()) == 0 {
			return
		}
		for _, destination := range r.At("destinationRanges").Items() {
			if !destination.HoldsOneOf(insideOf(r.Environment)) && !destination.Later() {
				destination.Wrong("write the control plane's range or that of the pods")
			}
		}
	},
	JudgeStack: func(s *rule.Stack) {
		if s.Environment.CI != nil && !slices.ContainsFunc(s.Of(token.Firewall), confines) {
			s.Missing("nothing keeps build nodes from private ranges", "make a firewall rule that denies their account everything there")
		}
	},
}

// insideOf are the only private ranges that an egress rule may open.
func insideOf(e *environment.Environment) []string {
	return []string{e.Addresses.ControlPlane.String(), e.Addresses.Pods.String()}
}

// confines tells whether a firewall rule closes all private ranges to an account.
func confines(r *rule.Resource) bool {
	accounts := r.At("targetServiceAccounts").Items()
	stray := slices.ContainsFunc(accounts, func(account rule.Value) bool {
		text, known := account.Text()
		return known && !ownAccount.MatchString(text)
	})
	return r.At("direction").Holds("EGRESS") && r.At("denies.0.protocol").Holds("all") && r.At("destinationRanges").Holds(environment.PrivateRanges()) &&
		!stray && (len(accounts) > 0 || r.At("targetServiceAccounts").Unknown()) && !r.At("disabled").Holds(true)
}
