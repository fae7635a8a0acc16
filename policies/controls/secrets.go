package controls

import "bastide/policies/controls/token"

// snapshotWriter checks that only the role to create objects is granted on the bucket of
// the backups.
var snapshotWriter = on(token.BucketGrant, "role", "roles/storage.objectCreator")

// servers checks the NetworkPolicy of OpenBao's servers.
func servers(path string, want any) Check {
	return Check{Type: token.NetworkPolicy, Name: "openbao-allow-servers", Path: path, Want: want}
}

// secrets is about secrets in the program, and about OpenBao.
var secrets = []Control{
	{ID: "OWN secrets in clear", Title: "Secrets are marked as secret, and appear nowhere in clear text", By: Program, Promises: []Promise{{
		Policy: "secrets-in-clear", Says: "Secrets are marked as secret, and appear nowhere in clear text", Level: Mandatory,
		Why:  "A secret that is not marked appears in clear text in the state, in previews and in logs",
		Code: true,
	}}, Evidence: join(on(token.Secret, "data", Secret), on(token.Certificate, "caPrivateKeyPem", Secret))},
	{ID: "OWN unseal", Title: "OpenBao unseals with a key that nobody holds", By: Program, Promises: []Promise{{
		Policy: "unseal-grants", Says: "Only service agents and single workloads may use keys", Level: Mandatory,
		Why:    "OpenBao unseals itself as its Kubernetes service account, and no one else may use the unseal key",
		Checks: on(token.KeyGrant, "role", OneOf{"roles/cloudkms.cryptoKeyEncrypterDecrypter", "roles/cloudkms.viewer"}), Code: true,
	}}, Evidence: []Check{
		{Type: token.KeyGrant, Name: "openbao-unseal-encrypt", Path: "role", Want: "roles/cloudkms.cryptoKeyEncrypterDecrypter"},
		{Type: token.KeyGrant, Name: "openbao-unseal-view", Path: "role", Want: "roles/cloudkms.viewer"},
	}, Note: "granted to its Kubernetes service account alone"},
	{ID: "OWN certificates", Title: "TLS to OpenBao, renewed before it expires", By: Program, Promises: []Promise{{
		Policy: "certificates", Says: "Certificates are renewed long before they expire", Level: Mandatory,
		Why: "Certificates are valid for a year and are renewed three months before they expire",
		Checks: join(on(token.PrivateKey, "algorithm", "ECDSA"), on(token.PrivateKey, "ecdsaCurve", OneOf{"P256", "P384"}),
			on(token.Certificate, "validityPeriodHours", 8760), on(token.Certificate, "earlyRenewalHours", 2160)),
	}}},
	{ID: "OWN volumes that stay", Title: "OpenBao's volumes are encrypted and retained", By: Cluster, Promises: []Promise{{
		Policy: "openbao-volumes", Says: "The volumes of StatefulSets are encrypted and retained", Level: Mandatory,
		Why: "Data is lost only if someone deletes it, not when the StatefulSet is scaled down or deleted",
		Checks: join(on(token.StatefulSet, "spec.persistentVolumeClaimRetentionPolicy.whenDeleted", "Retain"),
			on(token.StatefulSet, "spec.persistentVolumeClaimRetentionPolicy.whenScaled", "Retain")),
		Code: true,
	}}, Evidence: on(token.StatefulSet, "spec.volumeClaimTemplates.0.spec.storageClassName", "encrypted")},
	{ID: "OWN way to OpenBao", Title: "Only clients reach OpenBao, which reaches only Google's APIs and the API server", By: Cluster, Promises: []Promise{{
		Policy: "named-peers", Says: "Every rule of a NetworkPolicy names its peers", Level: Mandatory,
		Why:  "An empty list of peers means all peers, which is easily written by mistake",
		Code: true,
	}}, Evidence: []Check{
		servers("spec.policyTypes", []any{"Ingress", "Egress"}), servers("spec.ingress.0.from", Present), servers("spec.egress.0.to", Present),
	}, Note: "tests/network/matrix.txt shows all of it"},
	{ID: "OWN snapshots", Title: "Backups that OpenBao can't delete", By: Program, Promises: []Promise{{
		Policy: "bucket-key", Says: "Backups are encrypted with a customer-managed key", Level: Mandatory,
		Why:    "OpenBao encrypts its snapshots; this is a second layer of encryption",
		Checks: on(token.Bucket, "encryption.defaultKmsKeyName", Key("backups")),
	}, {
		Policy: "snapshots", Says: "OpenBao can write backups but not delete them", Level: Mandatory,
		Why: "An attacker who takes over OpenBao can't delete its backups",
		Checks: join(snapshotWriter,
			on(token.Bucket, "publicAccessPrevention", "enforced"),
			on(token.Bucket, "uniformBucketLevelAccess", true),
			on(token.Bucket, "versioning.enabled", true),
			on(token.Bucket, "softDeletePolicy.retentionDurationSeconds", AtLeast{30 * 24 * 60 * 60, "seconds"})),
		Code: true,
	}}, Evidence: on(token.AlertPolicy, "conditions.0.conditionPrometheusQueryLanguage.query", Present)},
}
