package rules

import "regexp"

// Every service of Google Cloud has the same three resources to grant roles
// with: IAMMember adds one member, IAMBinding takes a role from everybody else,
// IAMPolicy replaces all that was granted.
var (
	grantType  = regexp.MustCompile(`^gcp:.*:\w*I[Aa][Mm](Member|Binding)$`)
	policyType = regexp.MustCompile(`^gcp:.*:\w*I[Aa][Mm]Policy$`)
)
