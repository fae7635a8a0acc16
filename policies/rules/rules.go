// Package rules has the policies of the pack. Most consist only of the checks of a
// promise in the controls table; promised.go derives them. Those that demand more also
// have a file here, named after the policy, and are listed below. The cluster's admission
// rules are policies too: admission.go.
//
// A rule sees properties after the provider's Check, so it has to accept both what the
// program wrote and what the provider filled in.
package rules

import (
	"slices"

	"bastide/environment"
	"bastide/policies/rule"
)

// code is what policies demand in addition to the checks of their promise, by policy
// name. Everything else, and whether there is code, is in the promise's row of the
// controls table.
var code = map[string]rule.Rule{
	"admin-ranges":         adminRanges,
	"audit-logs":           auditLogs,
	"authorized-networks":  authorizedNetworks,
	"build-egress":         buildEgress,
	"build-pool":           buildPool,
	"build-sandbox":        buildSandbox,
	"closed-firewall":      closedFirewall,
	"default-deny":         defaultDeny,
	"deletion-protection":  deletionProtection,
	"disk-key":             diskKey,
	"image-authorization":  imageAuthorization,
	"image-scanning":       imageScanning,
	"kubernetes-version":   kubernetesVersion,
	"maintenance-window":   maintenanceWindow,
	"named-peers":          namedPeers,
	"namespace-boundaries": namespaceBoundaries,
	"narrow-roles":         narrowRoles,
	"node-account":         nodeAccount,
	"openbao-servers":      openBaoServers,
	"openbao-volumes":      openBaoVolumes,
	"pinned-charts":        pinnedCharts,
	"pod-tokens":           podTokens,
	"public-members":       publicMembers,
	"secret-environment":   secretEnvironment,
	"secret-readers":       secretReaders,
	"secrets-in-clear":     secretsInClear,
	"security-bulletins":   bulletins,
	"snapshots":            snapshots,
	"unseal-grants":        unsealGrants,
	"unused-namespace":     unusedNamespace,
	"volume-keys":          volumeKeys,
	"workload-identity":    workloadIdentity,
}

// For returns the rules of an environment.
func For(e *environment.Environment) ([]rule.Rule, error) {
	admitted, err := admissionRules(e)
	if err != nil {
		return nil, err
	}
	return slices.Concat(promised(), admitted), nil
}
