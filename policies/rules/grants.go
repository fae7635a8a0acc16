package rules

import "regexp"

// Every service of Google Cloud has the same three resources for grants: IAMMember adds
// one member to a role, IAMBinding replaces all members of a role, and IAMPolicy replaces
// all grants.
var (
	grantType  = regexp.MustCompile(`^gcp:.*:\w*I[Aa][Mm](Member|Binding)$`)
	policyType = regexp.MustCompile(`^gcp:.*:\w*I[Aa][Mm]Policy$`)
)
