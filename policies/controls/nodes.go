package controls

import "bastide/policies/controls/token"

// everywhere is a check of what nodes are like: on each pool, and on the short-lived
// pool that GKE makes with the cluster.
func everywhere(path string, want any) []Check {
	return join(on(token.NodePool, "nodeConfig."+path, want), on(token.Cluster, "nodeConfig."+path, want))
}

// nodeRole is the only role that is granted on the whole project.
var nodeRole = on(token.ProjectGrant, "role", "roles/container.defaultNodeServiceAccount")

// nodes: what they are like.
var nodes = []Control{
	{ID: "CIS 5.2.1", Title: "Own service account, not Compute's default", By: Program, Promises: []Promise{{
		Policy: "node-account", Says: "Nodes have a service account of their own", Level: Mandatory,
		Why:  "Compute's default account is shared by every machine of the project, and often holds the role Editor",
		Code: true,
	}}, Evidence: everywhere("serviceAccount", Present)},
	{ID: "CIS 5.2.2", Title: "Dedicated accounts and Workload Identity", By: Program,
		Policies: []string{"workload-identity"}, Evidence: workloadPool},
	{ID: "GUIDE node role", Title: "Nodes hold the least role there is", By: Program, Promises: []Promise{{
		Policy: "node-role", Says: "Nobody holds more on the project than nodes need", Level: Mandatory,
		Why:    "Nodes write logs and metrics. What is needed of one key, bucket or repository is granted on that",
		Checks: nodeRole,
	}}},
	{ID: "CIS 5.4.1", Title: "GKE metadata server", By: Program, Promises: []Promise{{
		Policy: "metadata-server", Says: "Pods reach GKE's metadata server, not the node's", Level: Mandatory,
		Why:    "Without it a pod takes the node's own credentials from the metadata server",
		Checks: everywhere("workloadMetadataConfig.mode", "GKE_METADATA"),
	}}},
	{ID: "CFF legacy metadata", Title: "Legacy metadata endpoints off", By: Program, Promises: []Promise{{
		Policy: "legacy-metadata", Says: "The metadata server answers only requests that ask for it in a header", Level: Mandatory,
		Why:    "The old endpoints answer whoever can be made to open a URL",
		Checks: everywhere("metadata.disable-legacy-endpoints", "true"),
	}}},
	{ID: "CIS 5.5.1", Title: "Container-Optimized OS", By: Program, Promises: []Promise{{
		Policy: "node-image", Says: "Nodes run Container-Optimized OS", Level: Mandatory,
		Why:    "Google builds, patches and locks down Container-Optimized OS itself",
		Checks: everywhere("imageType", "COS_CONTAINERD"),
	}}},
	{ID: "CIS 5.5.2", Title: "Node auto-repair", By: Program, Promises: []Promise{{
		Policy: "node-repair", Says: "Unhealthy nodes are replaced", Level: Mandatory,
		Why:    "A node that nobody repairs also gets no more fixes",
		Checks: on(token.NodePool, "management.autoRepair", true),
	}}},
	{ID: "CIS 5.5.3", Title: "Node auto-upgrade", By: Program, Promises: []Promise{{
		Policy: "node-upgrade", Says: "Nodes follow the control plane to new versions", Level: Mandatory,
		Why:    "Fixes for the kubelet and the kernel arrive with upgrades only",
		Checks: on(token.NodePool, "management.autoUpgrade", true),
	}}},
	{ID: "CIS 5.5.5", Title: "Shielded nodes", By: Program, Promises: []Promise{{
		Policy: "shielded-nodes", Says: "A node proves which machine it is before it joins", Level: Mandatory,
		Why:    "Without it a pod that reads a node's bootstrap credentials can pose as a node",
		Checks: on(token.Cluster, "enableShieldedNodes", true),
	}}},
	{ID: "CIS 5.5.6", Title: "Integrity monitoring", By: Program, Promises: []Promise{{
		Policy: "integrity-monitoring", Says: "What nodes start is measured and compared", Level: Mandatory,
		Why:    "It tells that a node started something else than the last time",
		Checks: everywhere("shieldedInstanceConfig.enableIntegrityMonitoring", true),
	}}},
	{ID: "CIS 5.5.7", Title: "Secure boot", By: Program, Promises: []Promise{{
		Policy: "secure-boot", Says: "Nodes start only what is signed", Level: Mandatory,
		Why:    "An unsigned kernel or driver would be below everything that watches the node",
		Checks: everywhere("shieldedInstanceConfig.enableSecureBoot", true),
	}}},
	{ID: "CIS 5.9.2", Title: "Boot disks encrypted with own keys", By: Program, Promises: []Promise{{
		Policy: "boot-disk-key", Says: "Boot disks are encrypted with an own key", Level: Mandatory,
		Why:    "Images, logs and emptyDir volumes are on boot disks",
		Checks: everywhere("bootDiskKmsKey", Key("boot-disks")),
	}}},
	{ID: "GUIDE kubelet port", Title: "Kubelet's read-only port closed", By: Program,
		Policies: []string{"kubernetes-version"}, Evidence: firstVersion,
		Note: "the SDK has no field; GKE's default in clusters that begin at 1.32 or later, and no older `kubernetesVersion` is accepted"},
	{ID: "GUIDE confidential nodes", Title: "Memory encrypted in use", By: Nobody,
		Note: "needs machine types that small teams rarely pay for; the SDK has the field for those who do"},
	{ID: "CIS 3.1.1-3.1.4", Title: "Ownership and modes of the kubelet's files", By: Google, Note: "part of the node image"},
	{ID: "CIS 5.10.3", Title: "GKE Sandbox for untrusted workloads", By: Program, Promises: []Promise{{
		Policy: "build-sandbox", Says: "Where jobs are sandboxed, their pool is", Level: Mandatory,
		Why:  "gVisor answers a job's system calls, so that the node's kernel never sees them. The admission rule job-sandbox is about the jobs themselves",
		Code: true,
	}}, Evidence: optional(buildPool("sandboxConfig.sandboxType", "gvisor")...),
		Only: "ci=sandbox", Note: "for build jobs"},
}

// buildPool is a check of the pool for build jobs.
func buildPool(path string, want any) []Check {
	return []Check{{Type: token.NodePool, Name: "cluster-ci", Path: "nodeConfig." + path, Want: want}}
}
