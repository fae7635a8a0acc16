package controls

import "bastide/policies/controls/token"

// workloadPool is what gives pods identities of their own in Google Cloud.
var workloadPool = on(token.Cluster, "workloadIdentityConfig.workloadPool", Present)

// firstVersion is what decides which of GKE's defaults a cluster has.
var firstVersion = on(token.Cluster, "minMasterVersion", Present)

// access: who reaches the control plane, and as whom.
var access = []Control{
	{ID: "CIS 5.8.1", Title: "No client certificates", By: Program, Promises: []Promise{{
		Policy: "client-certificates", Says: "The cluster issues no client certificates", Level: Mandatory,
		Why:    "A client certificate is good until it ends: nobody can take it back",
		Checks: on(token.Cluster, "masterAuth.clientCertificateConfig.issueClientCertificate", false),
	}}},
	{ID: "CIS 5.8.2", Title: "Google Groups for RBAC", By: Operator,
		Note: "set `rbacGroup`; needs Workspace or Cloud Identity, so it is off by default"},
	{ID: "CIS 5.8.3", Title: "Legacy ABAC off", By: Program, Promises: []Promise{{
		Policy: "legacy-abac", Says: "Nobody has rights in the cluster but through RBAC and IAM", Level: Mandatory,
		Why:    "Legacy ABAC gives every service account in the cluster nearly all rights",
		Checks: on(token.Cluster, "enableLegacyAbac", false),
	}}},
	{ID: "CIS 5.6.3", Title: "Control plane authorized networks", By: Program, Promises: []Promise{{
		Policy: "authorized-networks", Says: "The control plane answers the admin ranges only", Level: Mandatory,
		Why:    "The endpoint answers exactly the admin ranges: a range that is missing locks somebody out; one that is too many lets somebody in",
		Checks: on(token.Cluster, "masterAuthorizedNetworksConfig.gcpPublicCidrsAccessEnabled", false), Code: true,
	}}, Evidence: on(token.Cluster, "masterAuthorizedNetworksConfig.cidrBlocks", Present)},
	{ID: "CIS 5.6.4", Title: "Private endpoint on, public off", By: Operator,
		Note: "set `privateEndpoint`; by default the public endpoint stays, for the admin ranges only, which v2.0.0 of the benchmark accepts"},
	{ID: "GUIDE anonymous access", Title: "Anonymous requests reach health checks only", By: Program, Promises: []Promise{{
		Policy: "kubernetes-version", Says: "The cluster begins with a version whose defaults are closed", Level: Mandatory,
		Why:  "What the SDK has no field for, GKE's defaults bring: since 1.32 the kubelet's read-only port is closed, since 1.35 anonymous requests reach health checks only. Both hold in clusters that begin with such a version",
		Code: true,
	}}, Evidence: firstVersion,
		Note: "the SDK has no field; GKE's default in clusters that begin at 1.35.0-gke.1171000 or later, and no older `kubernetesVersion` is accepted"},
	{ID: "GUIDE Workload Identity", Title: "Workload Identity Federation", By: Program, Promises: []Promise{{
		Policy: "workload-identity", Says: "Workloads have identities of their own in Google Cloud", Level: Mandatory,
		Why:  "Pods prove to Google Cloud who they are by their Kubernetes service account; no key lies anywhere",
		Code: true,
	}}, Evidence: workloadPool},
	{ID: "GUIDE least privilege", Title: "No role is broader than its use", By: Program, Promises: []Promise{{
		Policy: "narrow-roles", Says: "No role is granted that is broader than its use", Level: Mandatory,
		Why:  "A role holds what its user needs. An IAM policy is refused whole: what it does not name it takes away",
		Code: true,
	}}, Policies: []string{"node-role", "repository-readers", "snapshots", "unseal-grants"},
		Evidence: join(nodeRole, on(token.KeyGrant, "role", Present), snapshotWriter, imageReader)},
	{ID: "OWN named members", Title: "Nothing is granted to everybody", By: Program, Promises: []Promise{{
		Policy: "public-members", Says: "Nothing is granted to everybody", Level: Mandatory,
		Why:  "Every grant names who it is for",
		Code: true,
	}}, Evidence: join(
		on(token.ProjectGrant, "member", Present), on(token.KeyGrant, "member", Present),
		on(token.BucketGrant, "member", Present), on(token.ReaderGrant, "member", Present),
	)},
	{ID: "OWN account keys", Title: "No service account has a key", By: Program, Promises: []Promise{{
		Policy: "account-keys", Says: "No service account has a key", Level: Mandatory,
		Why:    "A key is a password that never ends and works from anywhere",
		Checks: []Check{{Type: token.AccountKey, Want: Nowhere, Write: "use Workload Identity Federation, which needs none"}},
	}}},
	{ID: "GUIDE DNS endpoint", Title: "Control plane reached through its DNS endpoint only", By: Nobody,
		Note: "pulumi-gcp 7.38.0 has no field for it; authorized networks instead"},
	{ID: "OWN break-glass", Title: "Emergency access is asked for, ends by itself, and is told", By: Operator,
		Note: "off until you make it: docs/runbooks/break-glass.md has an entitlement of Privileged Access Manager"},
	{ID: "GUIDE organization policy", Title: "Constraints on the organization", By: Operator,
		Note: "they belong to the organization, above any one environment"},
}
