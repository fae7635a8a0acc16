// Package rules is the rules of the policy pack: one a file, but for those that
// are the cluster's admission rules as well, which admission.go takes over.
//
// A rule looks at properties as the provider's check leaves them, so that it
// has to take both what the program wrote and what a provider filled in.
package rules

import (
	"slices"

	"bastide/controls/token"
	"bastide/environment"
	"bastide/policies/rule"
)

// own are the rules with a file of their own.
var own = []rule.Rule{
	// Who reaches the control plane, and as whom.
	authorizedNetworks, clientCertificates, legacyABAC, workloadIdentity, accountKeys, publicMembers, narrowRoles,
	// Which images run.
	imageScanning, imageAuthorization, immutableTags, repositoryReaders,
	// Nodes.
	bootDiskKey, integrityMonitoring, kubernetesVersion, legacyMetadata, metadataServer, nodeAccount, nodeImage, nodeRepair,
	nodeRole, nodeUpgrade, secureBoot, shieldedNodes,
	// The network.
	adminRanges, closedFirewall, egressAddress, firewallLogs, flowLogs, namedPeers, policiesEnforced, privateGoogleAccess, privateNodes,
	externalIPs, vpcNative,
	// Operations.
	alphaFeatures, auditLogs, bulletins, cloudLogging, deletionProtection, maintenanceWindow, releaseChannel, securityPosture,
	// Encryption.
	diskKey, keyDestruction, keyRotation, bucketKey, registryKey, secretsEncryption, topicKey, volumeKeys,
	// Inside the cluster.
	defaultAccounts, defaultDeny, namespaceBoundaries, podTokens, secretEnvironment, secretReaders, secretsInClear, unusedNamespace,
	// Build jobs.
	buildEgress, buildPool, buildSandbox, pinnedCharts,
	// OpenBao.
	certificates, openBaoServers, openBaoVolumes, snapshots, unsealGrants,
}

// For gives the rules of an environment.
func For(e *environment.Environment) ([]rule.Rule, error) {
	admitted, err := admissionRules(e)
	if err != nil {
		return nil, err
	}
	return slices.Concat(own, admitted), nil
}

// nodeTypes are the resources that say what nodes are like: the pools, and the
// cluster, whose first, short-lived pool is described with it.
var nodeTypes = []string{token.NodePool, token.Cluster}

// is judges one property of every resource of the rule's types.
func is(path string, want any) func(*rule.Resource) {
	return func(r *rule.Resource) { r.At(path).Is(want) }
}

// onNodes judges one property of every description of nodes.
func onNodes(path string, want any) func(*rule.Resource) {
	return is("nodeConfig."+path, want)
}
