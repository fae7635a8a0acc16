package rules

import (
	"slices"
	"strings"

	"bastide/environment"
	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

var buildEgress = rule.Rule{
	Types: []string{token.Firewall},
	Evaluate: func(r *rule.Resource) {
		if !r.At("direction").Holds("EGRESS") || len(r.At("allows").Items()) == 0 {
			return
		}
		r.At("destinationRanges").IsSet("write the control plane's range or that of the pods; without one the rule allows all destinations")
		for _, destination := range r.At("destinationRanges").Items() {
			ports, known := privateDestinations(r.Environment)[text(destination)]
			switch {
			case destination.ReportUnknown():
			case !known:
				destination.Wrong("write the control plane's range or that of the pods")
			case !opensOnly(r, ports):
				r.At("allows").Wrong("allow only the ports " + strings.Join(ports, " and ") + " there")
			}
		}
	},
	EvaluateStack: func(s *rule.Stack) {
		if s.Environment.CI != nil && !slices.ContainsFunc(s.Of(token.Firewall), confines) {
			s.Missing("no firewall rule denies build nodes egress to private ranges", "create one for their service account that denies all protocols")
		}
	},
}

// privateDestinations are the only private ranges that an egress rule may allow, with the
// ports that nodes need there.
func privateDestinations(e *environment.Environment) map[string][]string {
	return map[string][]string{e.Addresses.ControlPlane.String(): environment.ControlPlanePorts, e.Addresses.Pods.String(): {"53"}}
}

func text(value rule.Value) string {
	text, _ := value.Text()
	return text
}

// opensOnly reports whether a firewall rule allows only some of the ports, and no whole
// protocol.
func opensOnly(r *rule.Resource, ports []string) bool {
	return !slices.ContainsFunc(r.At("allows").Items(), func(allow rule.Value) bool {
		opened := allow.At("ports").Items()
		return !allow.At("protocol").HoldsOneOf([]string{"tcp", "udp"}) || len(opened) == 0 ||
			slices.ContainsFunc(opened, func(port rule.Value) bool { return !port.HoldsOneOf(ports) })
	})
}

// last is the priority of GKE's own rules; a rule that comes after them has no effect on
// what they allow.
const last = 1000

// confines reports whether a firewall rule denies a service account all private ranges.
func confines(r *rule.Resource) bool {
	accounts := r.At("targetServiceAccounts").Items()
	stray := slices.ContainsFunc(accounts, func(account rule.Value) bool {
		text, known := account.Text()
		return known && !ownAccount.MatchString(text)
	})
	return r.At("direction").Holds("EGRESS") && r.At("denies.0.protocol").Holds("all") && r.At("destinationRanges").Holds(environment.PrivateRanges()) &&
		r.At("priority").Below(last) && !stray && (len(accounts) > 0 || r.At("targetServiceAccounts").Unknown()) && !r.At("disabled").Holds(true)
}
