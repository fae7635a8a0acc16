package controls

import "bastide/policies/controls/token"

// encryption is about which keys encrypt what, and about the keys' lifetimes.
var encryption = []Control{
	{ID: "CIS 5.3.1", Title: "Kubernetes Secrets encrypted with Cloud KMS", By: Program, Promises: []Promise{{
		Policy: "secrets-encryption", Says: "Secrets in etcd are encrypted with a Cloud KMS key of their own", Level: Mandatory,
		Why: "A copy of etcd's data can't be read without access to Cloud KMS",
		Checks: join(on(token.Cluster, "databaseEncryption.state", "ENCRYPTED"),
			on(token.Cluster, "databaseEncryption.keyName", Key("secrets"))),
	}}},
	{ID: "CIS 5.9.1", Title: "Volumes encrypted with customer-managed keys", By: Program, Promises: []Promise{{
		Policy: "volume-keys", Says: "Volumes are encrypted with a customer-managed key", Level: Mandatory,
		// The driver is GKE's for Persistent Disk. Source: GKE, "Using the Compute
		// Engine persistent disk CSI Driver".
		Why: "A claim that names no storage class gets one of these",
		Checks: join(on(token.Cluster, "addonsConfig.gcePersistentDiskCsiDriverConfig.enabled", true),
			on(token.StorageClass, "provisioner", "pd.csi.storage.gke.io"),
			on(token.StorageClass, "parameters.disk-encryption-kms-key", Key("volumes"))),
		Code: true,
	}, {
		Policy: "disk-key", Says: "Disks outside of storage classes are encrypted with a customer-managed key", Level: Mandatory,
		Why:  "Storage classes set the key for volumes; a disk that is created directly has to set it itself",
		Code: true,
	}}, Evidence: []Check{{Type: token.CryptoKey, Name: "volumes", Path: "name", Want: "volumes"}}},
	{ID: "OWN key rotation", Title: "Keys rotate every 90 days", By: Program, Promises: []Promise{{
		Policy: "key-rotation", Says: "Keys rotate every 90 days", Level: Mandatory,
		Why:    "A leaked key version exposes only what was encrypted during its 90 days",
		Checks: on(token.CryptoKey, "rotationPeriod", "7776000s"),
	}}},
	{ID: "OWN key destruction", Title: "120 days to undo the destruction of a key", By: Program, Promises: []Promise{{
		Policy: "key-destruction", Says: "The destruction of a key can be undone for 120 days", Level: Mandatory,
		Why:    "Without the key, everything that it encrypts is lost, backups included",
		Checks: on(token.CryptoKey, "destroyScheduledDuration", "10368000s"),
	}}},
	{ID: "OWN registry key", Title: "Images encrypted with a customer-managed key", By: Program, Promises: []Promise{{
		Policy: "registry-key", Says: "Images are encrypted with a customer-managed key", Level: Mandatory,
		Why:    "Images contain the teams' own software",
		Checks: on(token.Repository, "kmsKeyName", Key("registry")),
	}}},
	{ID: "GUIDE secrets elsewhere", Title: "Secrets outside of the cluster they serve", By: Nobody,
		Note: "OpenBao runs in the cluster that it serves, because a second cluster costs more than small teams can pay; the unseal key and the backups are outside"},
}
