package rules

import (
	"slices"

	"bastide/controls/token"
	"bastide/policies/rule"
)

// diskDriver is GKE's driver for Persistent Disk. Source: GKE, "Using the
// Compute Engine persistent disk CSI Driver".
const diskDriver = "pd.csi.storage.gke.io"

// A claim that asks for nothing special gets a storage class of these.
var volumeKeys = rule.Rule{
	Name:     "volume-keys",
	Controls: []string{"CIS 5.9.1"},
	Promise:  "Volumes are encrypted with an own key",
	Level:    rule.Mandatory,
	Types:    []string{token.StorageClass, token.Cluster},
	Judge: func(r *rule.Resource) {
		if r.Type == token.Cluster {
			r.At("addonsConfig.gcePersistentDiskCsiDriverConfig.enabled").Is(true)
			return
		}
		r.At("provisioner").Is(diskDriver)
		demandKey(r.At("parameters.disk-encryption-kms-key"), "volumes")
	},
	JudgeStack: func(s *rule.Stack) {
		ownKeyOf(token.StorageClass, "parameters.disk-encryption-kms-key", "volumes")(s)
		if !slices.ContainsFunc(s.Of(token.CryptoKey), func(r *rule.Resource) bool { return r.At("name").Holds("volumes") }) {
			s.Missing("there is no key for volumes", "make the key volumes in components/keys")
		}
	},
}
