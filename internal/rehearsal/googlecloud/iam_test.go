package googlecloud

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	aKeyMember        = "kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
	aProjectMember    = "projects/iAMMember:IAMMember"
	aRepositoryMember = "artifactregistry/repositoryIamMember:RepositoryIamMember"
	aBucketMember     = "storage/bucketIAMMember:BucketIAMMember"

	storageAgentFunction = "gcp:storage/getProjectServiceAccount:getProjectServiceAccount"

	pool     = "projects/123456789012/locations/global/workloadIdentityPools/acme.svc.id.goog"
	workload = "principal://iam.googleapis.com/" + pool + "/subject/ns/openbao/sa/openbao"
)

// grants are all types of grants to a member.
func (w *world) grants(member string) map[string]props {
	w.t.Helper()
	w.make("artifactregistry/repository:Repository", "images", props{"repositoryId": "images", "location": "europe-west1", "format": "DOCKER"})
	bucket := w.make("storage/bucket:Bucket", "backups", props{"name": "backups", "location": "EU"})
	return map[string]props{
		aKeyMember:        {"cryptoKeyId": w.key("key"), "role": encrypterDecrypter, "member": member},
		aProjectMember:    {"project": "acme", "role": "roles/monitoring.viewer", "member": member},
		aRepositoryMember: {"repository": "images", "location": "europe-west1", "role": "roles/artifactregistry.reader", "member": member},
		aBucketMember:     {"bucket": bucket, "role": "roles/storage.objectCreator", "member": member},
	}
}

func TestGrantToAWorkloadNeedsTheCluster(t *testing.T) {
	w := newWorld(t, append(clusterAPIs, "artifactregistry", "storage")...)
	grants := w.grants(workload)
	for kind, grant := range grants {
		assert.Contains(t, w.refused(kind, "g", grant), "googleapi: Error 400: Identity Pool does not exist ("+pool+"). "+
			"Please check that you specified a valid resource name as returned in the `name` attribute in the configuration API., badRequest", kind)
	}
	cluster := w.clusterProps()
	cluster["workloadIdentityConfig"] = props{"workloadPool": "acme.svc.id.goog"}
	w.make(aCluster, "main", cluster)
	for kind, grant := range grants {
		w.make(kind, kind, grant)
		assert.Contains(t, w.needs(kind), "main", kind)
	}
}

func TestGrantToAWorkloadOfAnUnknownPoolIsRefused(t *testing.T) {
	w := newWorld(t, append(clusterAPIs, "storage")...)
	cluster := w.clusterProps()
	cluster["workloadIdentityConfig"] = props{"workloadPool": "acme.svc.id.goog"}
	w.make(aCluster, "main", cluster)
	grant := func(member string) props {
		return props{"project": "acme", "role": "roles/monitoring.viewer", "member": member}
	}
	w.make(aProjectMember, "all", grant("principalSet://iam.googleapis.com/"+pool+"/namespace/openbao"))
	w.make(aProjectMember, "user", grant("user:x@example.com"))
	for name, wrong := range map[string]string{
		"number":    strings.Replace(workload, "123456789012", "210987654321", 1),
		"name":      strings.Replace(workload, "123456789012", "acme", 1),
		"pool":      strings.Replace(workload, "acme.svc", "other.svc", 1),
		"location":  strings.Replace(workload, "global", "europe-west1", 1),
		"workload":  "principal://iam.googleapis.com/" + pool,
		"set":       "principalSet://iam.googleapis.com/" + strings.Replace(pool, "acme.svc", "other.svc", 1) + "/namespace/openbao",
		"all of it": "principalSet://iam.googleapis.com/" + pool + "/*",
	} {
		assert.Contains(t, w.refused(aProjectMember, name, grant(wrong)), "Identity Pool does not exist", name)
	}
}

// A cluster that is being created has no pool yet.
func TestGrantToAWorkloadIsRefusedUntilTheClusterIsUp(t *testing.T) {
	w := newWorld(t, "cloudresourcemanager")
	w.cloud.objects["c"] = &object{id: "c", kind: "gcp:" + aCluster, outputs: resource.NewPropertyMapFromMap(props{
		"workloadIdentityConfig": props{"workloadPool": "acme.svc.id.goog"},
	})}
	grant := props{"project": "acme", "role": "roles/monitoring.viewer", "member": workload}
	assert.Contains(t, w.refused(aProjectMember, "g", grant), "Identity Pool does not exist")
	w.cloud.objects["c"].ready = true
	w.make(aProjectMember, "g", grant)
}

func TestBucketMemberNeedsTheBucketAndTheMember(t *testing.T) {
	w := newWorld(t, "storage", "iam")
	account := "serviceAccount:" + w.account("snapshots")
	grant := func(bucket, member string) props {
		return props{"bucket": bucket, "role": "roles/storage.objectCreator", "member": member}
	}
	assert.Contains(t, w.refused(aBucketMember, "g", grant("backups", account)),
		`Error retrieving IAM policy for storage bucket "b/backups": googleapi: Error 404: The specified bucket does not exist., notFound`)
	bucket := w.make("storage/bucket:Bucket", "backups", props{"name": "backups", "location": "EU"})
	assert.Contains(t, w.refused(aBucketMember, "g", grant(bucket, "serviceAccount:x@acme.iam.gserviceaccount.com")),
		`Error setting IAM policy for storage bucket "b/backups": googleapi: Error 400: Service account x@acme.iam.gserviceaccount.com does not exist`)
	id := w.make(aBucketMember, "g", grant(bucket, account))
	require.Equal(t, "b/backups/roles/storage.objectCreator/"+account, id)
	assert.ElementsMatch(t, []string{"storage", "backups", "snapshots"}, w.needs("g"))
}

func TestStorageAgentExistsOnceItWasRequested(t *testing.T) {
	w := newWorld(t, "cloudkms", "storage")
	member := "serviceAccount:" + agentEmail(storageAPI)
	grant := props{"cryptoKeyId": w.key("key"), "role": encrypterDecrypter, "member": member}
	assert.Contains(t, w.refused(aKeyMember, "g", grant),
		"Service account service-123456789012@gs-project-accounts.iam.gserviceaccount.com does not exist")

	answer, err := w.cloud.Invoke(t.Context(), plugin.InvokeRequest{Tok: storageAgentFunction, Preview: true})
	require.NoError(t, err, "a preview calls functions, too")
	assert.Equal(t, resource.NewPropertyMapFromMap(props{
		"id": agentEmail(storageAPI), "emailAddress": agentEmail(storageAPI), "member": member, "project": "acme",
	}), answer.Properties)
	w.make(aKeyMember, "g", grant)
	assert.Contains(t, w.needs("g"), "storage", "the agent can't be requested before the API is enabled")
}

func TestGrantedFindsGrantsOnTheKeyOnly(t *testing.T) {
	w := newWorld(t, "cloudkms", "iam", "cloudresourcemanager")
	key, member := w.key("key"), "serviceAccount:"+w.account("unsealer", encrypterDecrypter)
	assert.False(t, w.cloud.Granted(key, encrypterDecrypter, member))

	grant := w.make(aKeyMember, "g", props{"cryptoKeyId": key, "role": encrypterDecrypter, "member": member})
	assert.True(t, w.cloud.Granted(key, encrypterDecrypter, member))
	assert.False(t, w.cloud.Granted(w.key("another"), encrypterDecrypter, member))
	assert.False(t, w.cloud.Granted(key, "roles/cloudkms.viewer", member))
	assert.False(t, w.cloud.Granted(key, encrypterDecrypter, "user:x@example.com"))
	assert.False(t, w.cloud.Granted("acme", encrypterDecrypter, member), "a grant on the project does not count for the key")

	w.cloud.objects[grant].ready = false
	assert.False(t, w.cloud.Granted(key, encrypterDecrypter, member), "not while it is being created")
	w.cloud.objects[grant].ready = true
	require.NoError(t, w.delete(aKeyMember, "g", grant))
	assert.False(t, w.cloud.Granted(key, encrypterDecrypter, member))
}

func TestInvokeRejectsCallsThatGoogleRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		request plugin.InvokeRequest
		apis    []string
		says    string
	}{
		"before the API": {plugin.InvokeRequest{Tok: storageAgentFunction}, nil,
			"Error when reading or editing GCS service account not found: googleapi: Error 403: Cloud Storage API has not been used"},
		"another project": {plugin.InvokeRequest{Tok: storageAgentFunction, Args: resource.NewPropertyMapFromMap(props{"project": "other"})}, []string{"storage"},
			"googleapi: Error 400: Unknown project id: other, invalid"},
		"unknown": {plugin.InvokeRequest{Tok: "gcp:kms/getKMSKeyRing:getKMSKeyRing"}, nil,
			"does not support the function gcp:kms/getKMSKeyRing:getKMSKeyRing; add it to internal/rehearsal/googlecloud/functions.go"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, c.apis...)
			_, err := w.cloud.Invoke(t.Context(), c.request)
			assert.ErrorContains(t, err, c.says)
			assert.Empty(t, w.cloud.asked)
		})
	}
}
