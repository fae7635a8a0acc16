package rules

import (
	"regexp"

	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

// recurrence is the form of a recurrence rule. Source: RFC 5545, section 3.3.10.
var recurrence = regexp.MustCompile(`^(RRULE:)?FREQ=(DAILY|WEEKLY|MONTHLY)(;[A-Z]+=[A-Z0-9,+-]+)*$`)

var maintenanceWindow = rule.Rule{
	Types: []string{token.Cluster},
	Evaluate: func(r *rule.Resource) {
		r.At("maintenancePolicy.recurringWindow.recurrence").Matches(recurrence, "write a recurrence rule (RFC 5545), such as FREQ=WEEKLY;BYDAY=SA,SU")
	},
}
