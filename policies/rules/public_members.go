package rules

import (
	"regexp"

	"bastide/policies/rule"
)

// named is the form of a member that is a single person, group, service account or
// workload, and not allUsers, a domain or a principalSet. Source: Google Cloud,
// "Principal identifiers".
var named = regexp.MustCompile(`^((user|group|serviceAccount):[^:@]+@[^:@]+|principal://.+)$`)

var publicMembers = rule.Rule{
	Of: grantType.MatchString,
	Evaluate: func(r *rule.Resource) {
		for _, member := range members(r) {
			if text, known := member.Text(); known && !named.MatchString(text) {
				member.Wrong("name people, groups, service accounts or workloads")
			}
		}
	},
}

// members are those to whom a resource grants a role.
func members(r *rule.Resource) []rule.Value {
	if list := r.At("members"); !list.Empty() {
		return list.Items()
	}
	return []rule.Value{r.At("member")}
}
