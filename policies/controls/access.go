package controls

import "bastide/policies/controls/token"

// workloadPool is set if the cluster uses Workload Identity Federation.
var workloadPool = on(token.Cluster, "workloadIdentityConfig.workloadPool", Present)

// firstVersion is the cluster's initial version, which determines some of GKE's defaults.
var firstVersion = on(token.Cluster, "minMasterVersion", Present)

// access is about who reaches the control plane, and with which identity.
var access = []Control{
	{ID: "CIS 5.8.1", Title: "No client certificates", By: Program, Promises: []Promise{{
		Policy: "client-certificates", Says: "The cluster issues no client certificates", Level: Mandatory,
		Why:    "A client certificate is valid until it expires: it can't be revoked",
		Checks: on(token.Cluster, "masterAuth.clientCertificateConfig.issueClientCertificate", false),
	}}},
	{ID: "CIS 5.8.2", Title: "Google Groups for RBAC", By: Operator,
		Note: "set `rbacGroup`; needs Workspace or Cloud Identity, so it is off by default"},
	{ID: "CIS 5.8.3", Title: "Legacy ABAC off", By: Program, Promises: []Promise{{
		Policy: "legacy-abac", Says: "Only RBAC and IAM grant permissions in the cluster", Level: Mandatory,
		Why:    "Legacy ABAC gives every service account in the cluster nearly all permissions",
		Checks: on(token.Cluster, "enableLegacyAbac", false),
	}}},
	{ID: "CIS 5.6.3", Title: "Control plane authorized networks", By: Program, Promises: []Promise{{
		Policy: "authorized-networks", Says: "The control plane is reachable from the admin ranges only", Level: Mandatory,
		Why:    "The authorized networks are exactly the admin ranges: a missing range locks an administrator out, and an extra one lets others in",
		Checks: on(token.Cluster, "masterAuthorizedNetworksConfig.gcpPublicCidrsAccessEnabled", false), Code: true,
	}}, Evidence: on(token.Cluster, "masterAuthorizedNetworksConfig.cidrBlocks", Present)},
	{ID: "CIS 5.6.4", Title: "Private endpoint on, public off", By: Operator,
		Note: "set `privateEndpoint`; by default the public endpoint stays on, for the admin ranges only, which v2.0.0 of the benchmark accepts"},
	{ID: "GUIDE anonymous access", Title: "Anonymous requests reach health checks only", By: Program, Promises: []Promise{{
		Policy: "kubernetes-version", Says: "The cluster is created with a version that has secure defaults", Level: Mandatory,
		Why:  "The SDK has no field for two properties that are GKE defaults in clusters created with a recent version: since 1.32 the kubelet's read-only port is closed, and since 1.35 anonymous requests reach health checks only",
		Code: true,
	}}, Evidence: firstVersion,
		Note: "the SDK has no field; GKE's default in clusters created with 1.35.0-gke.1171000 or later, and no older `kubernetesVersion` is accepted"},
	{ID: "GUIDE Workload Identity", Title: "Workload Identity Federation", By: Program, Promises: []Promise{{
		Policy: "workload-identity", Says: "Workloads have identities of their own in Google Cloud", Level: Mandatory,
		Why:  "Pods authenticate to Google Cloud with their Kubernetes service account, so no key has to be stored",
		Code: true,
	}}, Evidence: workloadPool},
	{ID: "GUIDE least privilege", Title: "No role is broader than needed", By: Program, Promises: []Promise{{
		Policy: "narrow-roles", Says: "No granted role is broader than needed", Level: Mandatory,
		Why:  "A role has only the permissions that its holder needs. IAMPolicy resources are refused altogether, because they remove every grant that they do not list",
		Code: true,
	}}, Policies: []string{"node-role", "repository-readers", "snapshots", "unseal-grants"},
		Evidence: join(nodeRole, on(token.KeyGrant, "role", Present), snapshotWriter, imageReader)},
	{ID: "OWN named members", Title: "Nothing is granted to everybody", By: Program, Promises: []Promise{{
		Policy: "public-members", Says: "Nothing is granted to everybody", Level: Mandatory,
		Why:  "Every grant names the person, group, service account or workload that it is for",
		Code: true,
	}}, Evidence: join(
		on(token.ProjectGrant, "member", Present), on(token.KeyGrant, "member", Present),
		on(token.BucketGrant, "member", Present), on(token.ReaderGrant, "member", Present),
	)},
	{ID: "OWN account keys", Title: "No service account has a key", By: Program, Promises: []Promise{{
		Policy: "account-keys", Says: "No service account has a key", Level: Mandatory,
		Why:    "A key is a password that never expires and works from anywhere",
		Checks: []Check{{Type: token.AccountKey, Want: Nowhere, Write: "use Workload Identity Federation, which needs no key"}},
	}}},
	{ID: "GUIDE DNS endpoint", Title: "Control plane reached through its DNS endpoint only", By: Nobody,
		Note: "pulumi-gcp 7.38.0 has no field for it; authorized networks instead"},
	{ID: "OWN break-glass", Title: "Emergency access is requested, expires by itself, and sends a notification", By: Operator,
		Note: "not set up by the program: docs/runbooks/break-glass.md has an entitlement for Privileged Access Manager"},
	{ID: "GUIDE organization policy", Title: "Constraints on the organization", By: Operator,
		Note: "they belong to the organization, not to one environment"},
}
