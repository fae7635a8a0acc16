package rules

import "bastide/policies/rule"

// Without it a pod takes the node's own credentials from the metadata server.
var metadataServer = rule.Rule{
	Name:     "metadata-server",
	Controls: []string{"CIS 5.4.1"},
	Promise:  "Pods reach GKE's metadata server, not the node's",
	Level:    rule.Mandatory,
	Types:    nodeTypes,
	Judge:    onNodes("workloadMetadataConfig.mode", "GKE_METADATA"),
}
