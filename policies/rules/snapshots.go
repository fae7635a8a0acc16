package rules

import (
	"regexp"
	"slices"

	"bastide/controls/token"
	"bastide/policies/rule"
)

// undone is the least time in which a deletion can be undone: 30 days.
const undone = 30 * 24 * 60 * 60

// absence is a query that fires when something is not there.
var absence = regexp.MustCompile(`^absent_over_time\(.+\)$`)

// Backups that whoever breaks into OpenBao can't take away.
var snapshots = rule.Rule{
	Name:     "snapshots",
	Controls: []string{"OWN snapshots", "GUIDE least privilege"},
	Promise:  "Backups can be written, and not deleted",
	Level:    rule.Mandatory,
	Types:    []string{token.Bucket, token.BucketGrant, token.AlertPolicy},
	Judge: func(r *rule.Resource) {
		switch r.Type {
		case token.BucketGrant:
			r.At("role").Is("roles/storage.objectCreator")
		case token.AlertPolicy:
			for _, condition := range r.At("conditions").Items() {
				condition.At("conditionPrometheusQueryLanguage.query").Matches(absence, "ask for absent_over_time, which also tells of what never came")
			}
		default:
			r.At("publicAccessPrevention").Is("enforced")
			r.At("uniformBucketLevelAccess").Is(true)
			r.At("versioning.enabled").Is(true)
			r.At("softDeletePolicy.retentionDurationSeconds").AtLeast(undone, "seconds")
		}
	},
	JudgeStack: func(s *rule.Stack) {
		if !slices.ContainsFunc(s.Of(token.AlertPolicy), func(r *rule.Resource) bool { return !r.At("conditions").Empty() }) {
			s.Missing("nobody is told when no snapshot is written", "make an alert policy")
		}
	},
}
