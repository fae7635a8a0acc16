package controls

import "bastide/policies/controls/token"

// operations: upgrades, and what is on record.
var operations = []Control{
	{ID: "CIS 5.5.4", Title: "Release channel", By: Program, Promises: []Promise{{
		Policy: "release-channel", Says: "Fixes arrive by themselves", Level: Mandatory,
		Why:    "RAPID has what nobody has tried, EXTENDED what nobody mends for free, and UNSPECIFIED is none",
		Checks: on(token.Cluster, "releaseChannel.channel", OneOf{"REGULAR", "STABLE"}),
	}}, Note: "nothing else is accepted"},
	// The components are those of GKE, "Configure logging and monitoring for GKE".
	{ID: "CIS 5.7.1", Title: "Cloud Logging and Monitoring", By: Program, Promises: []Promise{{
		Policy: "cloud-logging", Says: "The control plane, nodes and workloads report to Cloud Logging and Monitoring", Level: Mandatory,
		Why: "What is not recorded can not be looked into afterwards",
		Checks: join(
			on(token.Cluster, "loggingConfig.enableComponents", HasAll{"SYSTEM_COMPONENTS", "WORKLOADS", "APISERVER", "CONTROLLER_MANAGER", "SCHEDULER"}),
			on(token.Cluster, "monitoringConfig.enableComponents", HasAll{"SYSTEM_COMPONENTS", "APISERVER", "CONTROLLER_MANAGER", "SCHEDULER"})),
	}}},
	{ID: "CIS 5.7.2", Title: "Linux auditd on nodes", By: Nobody,
		Note: "needs a privileged DaemonSet with host paths on every node, which costs more trust than it buys here"},
	{ID: "CIS 5.10.1", Title: "Kubernetes web UI off", By: Google, Note: "no longer offered"},
	{ID: "CIS 5.10.2", Title: "No alpha features", By: Program, Promises: []Promise{{
		Policy: "alpha-features", Says: "No alpha features are on", Level: Mandatory,
		Why:    "An alpha cluster can not be upgraded, and ends after 30 days",
		Checks: on(token.Cluster, "enableKubernetesAlpha", false),
	}}},
	{ID: "CIS 5.10.4", Title: "Security posture", By: Program, Promises: []Promise{{
		Policy: "security-posture", Says: "GKE audits the configuration of workloads", Level: Mandatory,
		Why:    "The dashboard shows what came to be beside this program",
		Checks: on(token.Cluster, "securityPostureConfig.mode", "BASIC"),
	}}},
	{ID: "GUIDE audit logs", Title: "Access to cluster and keys is audited", By: Program, Promises: []Promise{{
		Policy: "audit-logs", Says: "Access to the cluster and to keys is on record", Level: Mandatory,
		Why:  "Google records changes by itself; who read what has to be asked for",
		Code: true,
	}}, Evidence: []Check{
		{Type: token.AuditConfig, Path: "auditLogConfigs.0.logType", Want: "ADMIN_READ"},
		{Type: token.AuditConfig, Name: "container-audit", Path: "service", Want: "container.googleapis.com"},
		{Type: token.AuditConfig, Name: "cloudkms-audit", Path: "service", Want: "cloudkms.googleapis.com"},
	}},
	{ID: "GUIDE bulletins", Title: "Security bulletin notifications", By: Program, Promises: []Promise{{
		Policy: "topic-key", Says: "What is published is encrypted with an own key", Level: Mandatory,
		Why:    "A bulletin says which vulnerability is open here",
		Checks: on(token.Topic, "kmsKeyName", Key("bulletins")),
	}, {
		Policy: "security-bulletins", Says: "GKE tells of vulnerabilities in what runs here", Level: Mandatory,
		Why:    "Without a filter GKE sends everything, bulletins included",
		Checks: on(token.Cluster, "notificationConfig.pubsub.enabled", true), Code: true,
	}}, Choice: "securityBulletins"},
	{ID: "GUIDE maintenance", Title: "Maintenance window", By: Program, Promises: []Promise{{
		Policy: "maintenance-window", Says: "GKE upgrades when people expect it", Level: Mandatory,
		Why:  "Without a window an upgrade may begin at any time",
		Code: true,
	}}, Evidence: on(token.Cluster, "maintenancePolicy.recurringWindow.recurrence", Present)},
	{ID: "GUIDE accelerated patches", Title: "Accelerated patch upgrades", By: Nobody, Note: "pulumi-gcp 7.38.0 has no field for it"},
	{ID: "OWN deletion protection", Title: "The cluster refuses deletion", By: Program, Promises: []Promise{{
		Policy: "deletion-protection", Says: "What can not be made again is not deleted by mistake", Level: Mandatory,
		Why:    "An environment that may vanish, like dev, says so in policies/levels",
		Checks: on(token.Cluster, "deletionProtection", true), Code: true,
	}}, Choice: "deletionProtection"},
}
