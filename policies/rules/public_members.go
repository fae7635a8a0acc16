package rules

import (
	"regexp"

	"bastide/policies/rule"
)

// named is a member that is one person, group, service account or workload: not
// allUsers, a domain or a principalSet. Source: Google Cloud, "Principal
// identifiers".
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

// members are whom a resource grants something.
func members(r *rule.Resource) []rule.Value {
	if list := r.At("members"); !list.Empty() {
		return list.Items()
	}
	return []rule.Value{r.At("member")}
}
