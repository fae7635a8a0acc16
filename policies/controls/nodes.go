package controls

import "bastide/policies/controls/token"

// everywhere checks a node setting on each node pool, and on the short-lived default pool
// that GKE creates with the cluster.
func everywhere(path string, want any) []Check {
	return join(on(token.NodePool, "nodeConfig."+path, want), on(token.Cluster, "nodeConfig."+path, want))
}

// nodeRole checks that only the role for nodes is granted on the project.
var nodeRole = on(token.ProjectGrant, "role", "roles/container.defaultNodeServiceAccount")

// nodes is about the configuration of nodes.
var nodes = []Control{
	{ID: "CIS 5.2.1", Title: "Own service account, not Compute's default", By: Program, Promises: []Promise{{
		Policy: "node-account", Says: "Nodes have a service account of their own", Level: Mandatory,
		Why:  "Compute Engine's default account is shared by all machines of the project, and often has the role Editor",
		Code: true,
	}}, Evidence: everywhere("serviceAccount", Present)},
	{ID: "CIS 5.2.2", Title: "Dedicated accounts and Workload Identity", By: Program,
		Policies: []string{"workload-identity"}, Evidence: workloadPool},
	{ID: "GUIDE node role", Title: "Nodes have the minimal role", By: Program, Promises: []Promise{{
		Policy: "node-role", Says: "The only role that is granted on the project is the minimal role for nodes", Level: Mandatory,
		Why:    "Nodes write logs and metrics. Access to a key, a bucket or a repository is granted on that resource alone",
		Checks: nodeRole,
	}}},
	{ID: "CIS 5.4.1", Title: "GKE metadata server", By: Program, Promises: []Promise{{
		Policy: "metadata-server", Says: "Pods reach GKE's metadata server, not the node's", Level: Mandatory,
		Why:    "Otherwise a pod can get the node's own credentials from Compute Engine's metadata server",
		Checks: everywhere("workloadMetadataConfig.mode", "GKE_METADATA"),
	}}},
	{ID: "CFF legacy metadata", Title: "Legacy metadata endpoints off", By: Program, Promises: []Promise{{
		Policy: "legacy-metadata", Says: "The metadata server answers only requests with its header", Level: Mandatory,
		Why:    "The legacy endpoints need no header, so server-side request forgery can reach them",
		Checks: everywhere("metadata.disable-legacy-endpoints", "true"),
	}}},
	{ID: "CIS 5.5.1", Title: "Container-Optimized OS", By: Program, Promises: []Promise{{
		Policy: "node-image", Says: "Nodes run Container-Optimized OS", Level: Mandatory,
		Why:    "Google builds, patches and hardens Container-Optimized OS",
		Checks: everywhere("imageType", "COS_CONTAINERD"),
	}}},
	{ID: "CIS 5.5.2", Title: "Node auto-repair", By: Program, Promises: []Promise{{
		Policy: "node-repair", Says: "Unhealthy nodes are replaced", Level: Mandatory,
		Why:    "An unhealthy node that is not repaired also stops receiving fixes",
		Checks: on(token.NodePool, "management.autoRepair", true),
	}}},
	{ID: "CIS 5.5.3", Title: "Node auto-upgrade", By: Program, Promises: []Promise{{
		Policy: "node-upgrade", Says: "Nodes are upgraded after the control plane", Level: Mandatory,
		Why:    "Fixes for the kubelet and the kernel come with upgrades only",
		Checks: on(token.NodePool, "management.autoUpgrade", true),
	}}},
	{ID: "CIS 5.5.5", Title: "Shielded nodes", By: Program, Promises: []Promise{{
		Policy: "shielded-nodes", Says: "A node proves its identity before it joins the cluster", Level: Mandatory,
		Why:    "Otherwise a pod that reads a node's bootstrap credentials can impersonate a node",
		Checks: on(token.Cluster, "enableShieldedNodes", true),
	}}},
	{ID: "CIS 5.5.6", Title: "Integrity monitoring", By: Program, Promises: []Promise{{
		Policy: "integrity-monitoring", Says: "The boot of nodes is measured and compared with a baseline", Level: Mandatory,
		Why:    "It detects that a node booted different software than before",
		Checks: everywhere("shieldedInstanceConfig.enableIntegrityMonitoring", true),
	}}},
	{ID: "CIS 5.5.7", Title: "Secure boot", By: Program, Promises: []Promise{{
		Policy: "secure-boot", Says: "Nodes boot signed software only", Level: Mandatory,
		Why:    "An unsigned kernel or driver could hide from everything that monitors the node",
		Checks: everywhere("shieldedInstanceConfig.enableSecureBoot", true),
	}}},
	{ID: "CIS 5.9.2", Title: "Boot disks encrypted with customer-managed keys", By: Program, Promises: []Promise{{
		Policy: "boot-disk-key", Says: "Boot disks are encrypted with a customer-managed key", Level: Mandatory,
		Why:    "Boot disks contain images, logs and emptyDir volumes",
		Checks: everywhere("bootDiskKmsKey", Key("boot-disks")),
	}}},
	{ID: "GUIDE kubelet port", Title: "Kubelet's read-only port closed", By: Program,
		Policies: []string{"kubernetes-version"}, Evidence: firstVersion,
		Note: "the SDK has no field; GKE's default in clusters created with 1.32 or later, and no older `kubernetesVersion` is accepted"},
	{ID: "GUIDE confidential nodes", Title: "Memory encrypted in use", By: Nobody,
		Note: "needs machine types that are too expensive for most small teams; the SDK has a field for it"},
	{ID: "CIS 3.1.1-3.1.4", Title: "Ownership and modes of the kubelet's files", By: Google, Note: "part of the node image"},
	{ID: "CIS 5.10.3", Title: "GKE Sandbox for untrusted workloads", By: Program, Promises: []Promise{{
		Policy: "build-sandbox", Says: "If build jobs are sandboxed, their node pool has GKE Sandbox on", Level: Mandatory,
		Why:  "gVisor handles a job's system calls, so that they do not reach the node's kernel. The admission rule job-sandbox checks the jobs themselves",
		Code: true,
	}}, Evidence: optional(buildPool("sandboxConfig.sandboxType", "gvisor")...),
		Only: "ci=sandbox", Note: "for build jobs"},
}

// buildPool checks a node setting on the pool for build jobs.
func buildPool(path string, want any) []Check {
	return []Check{{Type: token.NodePool, Name: "cluster-ci", Path: "nodeConfig." + path, Want: want}}
}
