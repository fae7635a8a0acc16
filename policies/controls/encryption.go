package controls

import "bastide/policies/controls/token"

// encryption: with whose keys what is encrypted, and how long they last.
var encryption = []Control{
	{ID: "CIS 5.3.1", Title: "Kubernetes Secrets encrypted with Cloud KMS", By: Program, Promises: []Promise{{
		Policy: "secrets-encryption", Says: "Secrets in etcd are encrypted with a key of their own", Level: Mandatory,
		Why: "Whoever gets hold of etcd's data reads nothing without Cloud KMS",
		Checks: join(on(token.Cluster, "databaseEncryption.state", "ENCRYPTED"),
			on(token.Cluster, "databaseEncryption.keyName", Key("secrets"))),
	}}},
	{ID: "CIS 5.9.1", Title: "Volumes encrypted with own keys", By: Program, Promises: []Promise{{
		Policy: "volume-keys", Says: "Volumes are encrypted with an own key", Level: Mandatory,
		// The driver is GKE's for Persistent Disk. Source: GKE, "Using the Compute
		// Engine persistent disk CSI Driver".
		Why: "A claim that asks for nothing special gets a storage class of these",
		Checks: join(on(token.Cluster, "addonsConfig.gcePersistentDiskCsiDriverConfig.enabled", true),
			on(token.StorageClass, "provisioner", "pd.csi.storage.gke.io"),
			on(token.StorageClass, "parameters.disk-encryption-kms-key", Key("volumes"))),
		Code: true,
	}, {
		Policy: "disk-key", Says: "Disks that are made by hand are encrypted with an own key", Level: Mandatory,
		Why:  "Volumes come from storage classes; a disk beside them is encrypted all the same",
		Code: true,
	}}, Evidence: []Check{{Type: token.CryptoKey, Name: "volumes", Path: "name", Want: "volumes"}}},
	{ID: "OWN key rotation", Title: "Keys rotate every 90 days", By: Program, Promises: []Promise{{
		Policy: "key-rotation", Says: "Keys rotate every 90 days", Level: Mandatory,
		Why:    "A key version that leaked protects only what was written in its quarter",
		Checks: on(token.CryptoKey, "rotationPeriod", "7776000s"),
	}}},
	{ID: "OWN key destruction", Title: "120 days to undo the destruction of a key", By: Program, Promises: []Promise{{
		Policy: "key-destruction", Says: "The destruction of a key can be undone for 120 days", Level: Mandatory,
		Why:    "With the key everything goes that it encrypts, backups included",
		Checks: on(token.CryptoKey, "destroyScheduledDuration", "10368000s"),
	}}},
	{ID: "OWN registry key", Title: "Images encrypted with an own key", By: Program, Promises: []Promise{{
		Policy: "registry-key", Says: "Images are encrypted with an own key", Level: Mandatory,
		Why:    "Images hold what a team has written",
		Checks: on(token.Repository, "kmsKeyName", Key("registry")),
	}}},
	{ID: "GUIDE secrets elsewhere", Title: "Secrets outside of the cluster they serve", By: Nobody,
		Note: "OpenBao runs in the cluster: a second one costs more than a small team has. Unseal key and backups are outside"},
}
