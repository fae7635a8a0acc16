package rules

import (
	"slices"

	"bastide/controls/token"
	"bastide/policies/rule"
)

// The components that have to report. Source: GKE, "Configure logging and
// monitoring for GKE".
var (
	logged    = []string{"SYSTEM_COMPONENTS", "WORKLOADS", "APISERVER", "CONTROLLER_MANAGER", "SCHEDULER"}
	monitored = []string{"SYSTEM_COMPONENTS", "APISERVER", "CONTROLLER_MANAGER", "SCHEDULER"}
)

// What is not recorded can not be looked into afterwards.
var cloudLogging = rule.Rule{
	Name:     "cloud-logging",
	Controls: []string{"CIS 5.7.1"},
	Promise:  "The control plane, nodes and workloads report to Cloud Logging and Monitoring",
	Level:    rule.Mandatory,
	Types:    []string{token.Cluster},
	Judge: func(r *rule.Resource) {
		hasAll(r.At("loggingConfig.enableComponents"), logged)
		hasAll(r.At("monitoringConfig.enableComponents"), monitored)
	},
}

// hasAll demands that a list has some texts, and maybe more.
func hasAll(list rule.Value, wants []string) {
	texts, known := list.Texts()
	for _, want := range wants {
		if known && !slices.Contains(texts, want) {
			list.Wrong("add " + want)
		}
	}
}
