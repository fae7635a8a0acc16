package rules

import "bastide/policies/rule"

// The old endpoints answer whoever can be made to open a URL.
var legacyMetadata = rule.Rule{
	Name:     "legacy-metadata",
	Controls: []string{"CFF legacy metadata"},
	Promise:  "The metadata server answers only requests that ask for it in a header",
	Level:    rule.Mandatory,
	Types:    nodeTypes,
	Judge:    onNodes("metadata.disable-legacy-endpoints", "true"),
}
