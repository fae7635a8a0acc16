package controls

import "bastide/policies/controls/token"

// operations is about upgrades, logging and protection against deletion.
var operations = []Control{
	{ID: "CIS 5.5.4", Title: "Release channel", By: Program, Promises: []Promise{{
		Policy: "release-channel", Says: "The cluster is in the release channel REGULAR or STABLE", Level: Mandatory,
		Why:    "A channel brings fixes automatically. RAPID has versions without a support commitment, EXTENDED costs extra after the standard support, and UNSPECIFIED is no channel",
		Checks: on(token.Cluster, "releaseChannel.channel", OneOf{"REGULAR", "STABLE"}),
	}}, Note: "nothing else is accepted"},
	// The components are those of GKE, "Configure logging and monitoring for GKE".
	{ID: "CIS 5.7.1", Title: "Cloud Logging and Monitoring", By: Program, Promises: []Promise{{
		Policy: "cloud-logging", Says: "The control plane, nodes and workloads report to Cloud Logging and Monitoring", Level: Mandatory,
		Why: "What is not logged can't be investigated later",
		Checks: join(
			on(token.Cluster, "loggingConfig.enableComponents", HasAll{"SYSTEM_COMPONENTS", "WORKLOADS", "APISERVER", "CONTROLLER_MANAGER", "SCHEDULER"}),
			on(token.Cluster, "monitoringConfig.enableComponents", HasAll{"SYSTEM_COMPONENTS", "APISERVER", "CONTROLLER_MANAGER", "SCHEDULER"})),
	}}},
	{ID: "CIS 5.7.2", Title: "Linux auditd on nodes", By: Nobody,
		Note: "needs a privileged DaemonSet with host paths on every node, which is a greater risk here than it mitigates"},
	{ID: "CIS 5.10.1", Title: "Kubernetes web UI off", By: Google, Note: "no longer offered"},
	{ID: "CIS 5.10.2", Title: "No alpha features", By: Program, Promises: []Promise{{
		Policy: "alpha-features", Says: "No alpha features are on", Level: Mandatory,
		Why:    "An alpha cluster can't be upgraded, and is deleted after 30 days",
		Checks: on(token.Cluster, "enableKubernetesAlpha", false),
	}}},
	{ID: "CIS 5.10.4", Title: "Security posture", By: Program, Promises: []Promise{{
		Policy: "security-posture", Says: "GKE audits the configuration of workloads", Level: Mandatory,
		Why:    "The dashboard also covers workloads that this program did not create",
		Checks: on(token.Cluster, "securityPostureConfig.mode", "BASIC"),
	}}},
	{ID: "GUIDE audit logs", Title: "Access to cluster and keys is audited", By: Program, Promises: []Promise{{
		Policy: "audit-logs", Says: "Access to the cluster and to keys is in the audit logs", Level: Mandatory,
		Why:  "Google Cloud always logs changes, but reads only if data access logs are enabled",
		Code: true,
	}}, Evidence: []Check{
		{Type: token.AuditConfig, Path: "auditLogConfigs.0.logType", Want: "ADMIN_READ"},
		{Type: token.AuditConfig, Name: "container-audit", Path: "service", Want: "container.googleapis.com"},
		{Type: token.AuditConfig, Name: "cloudkms-audit", Path: "service", Want: "cloudkms.googleapis.com"},
	}},
	{ID: "GUIDE bulletins", Title: "Security bulletin notifications", By: Program, Promises: []Promise{{
		Policy: "topic-key", Says: "Pub/Sub topics are encrypted with a customer-managed key", Level: Mandatory,
		Why:    "A bulletin says which vulnerabilities this cluster has",
		Checks: on(token.Topic, "kmsKeyName", Key("bulletins")),
	}, {
		Policy: "security-bulletins", Says: "GKE publishes its security bulletins for the cluster", Level: Mandatory,
		Why:    "A filter, if there is one, has to include bulletins; without a filter GKE sends all notifications",
		Checks: on(token.Cluster, "notificationConfig.pubsub.enabled", true), Code: true,
	}}, Choice: "securityBulletins"},
	{ID: "GUIDE maintenance", Title: "Maintenance window", By: Program, Promises: []Promise{{
		Policy: "maintenance-window", Says: "GKE upgrades during a maintenance window only", Level: Mandatory,
		Why:  "Without a window an upgrade may start at any time",
		Code: true,
	}}, Evidence: on(token.Cluster, "maintenancePolicy.recurringWindow.recurrence", Present)},
	{ID: "GUIDE accelerated patches", Title: "Accelerated patch upgrades", By: Nobody, Note: "pulumi-gcp 7.38.0 has no field for it"},
	{ID: "OWN deletion protection", Title: "The cluster refuses deletion", By: Program, Promises: []Promise{{
		Policy: "deletion-protection", Says: "Resources that can't be recreated are protected against deletion", Level: Mandatory,
		Why:    "An environment that may be destroyed, such as dev, turns this policy off in policies/levels",
		Checks: on(token.Cluster, "deletionProtection", true), Code: true,
	}}, Choice: "deletionProtection"},
}
