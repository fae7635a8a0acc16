package controls

import "bastide/policies/controls/token"

// snapshotWriter is the only role that is granted on the bucket of the backups.
var snapshotWriter = on(token.BucketGrant, "role", "roles/storage.objectCreator")

// servers is a check of the NetworkPolicy of OpenBao's servers.
func servers(path string, want any) Check {
	return Check{Type: token.NetworkPolicy, Name: "openbao-allow-servers", Path: path, Want: want}
}

// secrets: what must not be read, and the service that keeps it.
var secrets = []Control{
	{ID: "OWN secrets in clear", Title: "Secrets are marked as such, and stand nowhere else", By: Program, Promises: []Promise{{
		Policy: "secrets-in-clear", Says: "Secrets are marked as such, and stand nowhere else", Level: Mandatory,
		Why:  "What is not marked stands in the state, in previews and in logs as it is",
		Code: true,
	}}, Evidence: join(on(token.Secret, "data", Secret), on(token.Certificate, "caPrivateKeyPem", Secret))},
	{ID: "OWN unseal", Title: "OpenBao unseals without a key that anybody holds", By: Program, Promises: []Promise{{
		Policy: "unseal-grants", Says: "A key is used by one service agent or one workload", Level: Mandatory,
		Why:    "OpenBao unseals with its own Kubernetes service account, and nobody else may",
		Checks: on(token.KeyGrant, "role", OneOf{"roles/cloudkms.cryptoKeyEncrypterDecrypter", "roles/cloudkms.viewer"}), Code: true,
	}}, Evidence: []Check{
		{Type: token.KeyGrant, Name: "openbao-unseal-encrypt", Path: "role", Want: "roles/cloudkms.cryptoKeyEncrypterDecrypter"},
		{Type: token.KeyGrant, Name: "openbao-unseal-view", Path: "role", Want: "roles/cloudkms.viewer"},
	}, Note: "granted to its Kubernetes service account alone"},
	{ID: "OWN certificates", Title: "TLS to OpenBao, renewed before it ends", By: Program, Promises: []Promise{{
		Policy: "certificates", Says: "Certificates are renewed long before they end", Level: Mandatory,
		Why: "A year, and a new one three months before its end",
		Checks: join(on(token.PrivateKey, "algorithm", "ECDSA"), on(token.PrivateKey, "ecdsaCurve", OneOf{"P256", "P384"}),
			on(token.Certificate, "validityPeriodHours", 8760), on(token.Certificate, "earlyRenewalHours", 2160)),
	}}},
	{ID: "OWN volumes that stay", Title: "OpenBao's volumes are encrypted, and outlive it", By: Cluster, Promises: []Promise{{
		Policy: "openbao-volumes", Says: "Volumes outlive what writes on them, and are encrypted", Level: Mandatory,
		Why: "Data goes when somebody deletes it, and not with the last server",
		Checks: join(on(token.StatefulSet, "spec.persistentVolumeClaimRetentionPolicy.whenDeleted", "Retain"),
			on(token.StatefulSet, "spec.persistentVolumeClaimRetentionPolicy.whenScaled", "Retain")),
		Code: true,
	}}, Evidence: on(token.StatefulSet, "spec.volumeClaimTemplates.0.spec.storageClassName", "encrypted")},
	{ID: "OWN way to OpenBao", Title: "OpenBao is reached by its clients, and reaches Google and the API server", By: Cluster, Promises: []Promise{{
		Policy: "named-peers", Says: "A NetworkPolicy opens to somebody, never to everybody", Level: Mandatory,
		Why:  "An empty list of peers stands for everybody, which is easily written by mistake",
		Code: true,
	}}, Evidence: []Check{
		servers("spec.policyTypes", []any{"Ingress", "Egress"}), servers("spec.ingress.0.from", Present), servers("spec.egress.0.to", Present),
	}, Note: "tests/network/matrix.txt shows all of it"},
	{ID: "OWN snapshots", Title: "Backups that OpenBao can't delete", By: Program, Promises: []Promise{{
		Policy: "bucket-key", Says: "Backups are encrypted with an own key", Level: Mandatory,
		Why:    "A snapshot of OpenBao is encrypted by OpenBao; this is the second lock",
		Checks: on(token.Bucket, "encryption.defaultKmsKeyName", Key("backups")),
	}, {
		Policy: "snapshots", Says: "Backups can be written, and not deleted", Level: Mandatory,
		Why: "Whoever breaks into OpenBao can't take its backups away",
		Checks: join(snapshotWriter,
			on(token.Bucket, "publicAccessPrevention", "enforced"),
			on(token.Bucket, "uniformBucketLevelAccess", true),
			on(token.Bucket, "versioning.enabled", true),
			on(token.Bucket, "softDeletePolicy.retentionDurationSeconds", AtLeast{30 * 24 * 60 * 60, "seconds"})),
		Code: true,
	}}, Evidence: on(token.AlertPolicy, "conditions.0.conditionPrometheusQueryLanguage.query", Present)},
}
