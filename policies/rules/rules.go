// Package rules is the policies of the pack. Most are no more than the checks of a
// promise in the controls table: promised.go makes them. Those that demand more have a
// file here, named after the policy, and are listed below. The cluster's admission
// rules are policies too: admission.go.
//
// A rule looks at properties as the provider's check leaves them, so that it
// has to take both what the program wrote and what a provider filled in.
package rules

import (
	"slices"

	"bastide/environment"
	"bastide/policies/rule"
)

// code is what policies demand beside the checks of their promise, by their names. The
// promise's row in the controls table says that there is code, and all else.
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

// For gives the rules of an environment.
func For(e *environment.Environment) ([]rule.Rule, error) {
	admitted, err := admissionRules(e)
	if err != nil {
		return nil, err
	}
	return slices.Concat(promised(), admitted), nil
}
