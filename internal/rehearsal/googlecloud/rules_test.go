package googlecloud

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	aCluster = "container/cluster:Cluster"
	aPool    = "container/nodePool:NodePool"
	aNetwork = "compute/network:Network"
	aSubnet  = "compute/subnetwork:Subnetwork"
	aRing    = "kms/keyRing:KeyRing"
	aZone    = "dns/managedZone:ManagedZone"
	aRecord  = "dns/recordSet:RecordSet"
	aChannel = "monitoring/notificationChannel:NotificationChannel"
	anAlert  = "monitoring/alertPolicy:AlertPolicy"
)

func TestCallIsRefusedUntilItsAPIIsEnabled(t *testing.T) {
	w := newWorld(t)
	assert.Contains(t, w.refused(aNetwork, "vpc", props{"name": "vpc"}),
		"Error 403: Compute Engine API has not been used in project 123456789012 before or it is disabled")
	assert.Contains(t, w.refused(aRing, "ring", props{"name": "ring", "location": "europe-west1"}),
		"Cloud Key Management Service (KMS) API has not been used")
	assert.Contains(t, w.refused("projects/serviceIdentity:ServiceIdentity", "x", props{"service": "container.googleapis.com"}),
		"Kubernetes Engine API has not been used")

	w = newWorld(t, "container")
	assert.Contains(t, w.refused(aCluster, "main", props{"name": "main"}), "Compute Engine API", "GKE needs it, too")
}

func TestClusterWithAllRequirementsIsCreated(t *testing.T) {
	w := newWorld(t, clusterAPIs...)
	id, outputs, err := w.try(aCluster, "main", w.clusterProps())
	require.NoError(t, err)
	assert.Equal(t, "projects/acme/locations/europe-west1/clusters/main", id)
	assert.Equal(t, "1.36.3-gke.1640000", text(outputs, "masterVersion"))
	assert.Equal(t, "192.0.2.10", text(outputs, "endpoint"))
	assert.Equal(t, "10.0.10.2", text(outputs, "privateClusterConfig.privateEndpoint"))
	assert.NotEmpty(t, text(outputs, "masterAuth.clusterCaCertificate"))
}

// Each case breaks one requirement of a cluster with all its requirements met.
func TestClusterIsRefusedWithoutARequirement(t *testing.T) {
	for name, c := range map[string]struct {
		without func(w *world, cluster props)
		says    string
	}{
		"secrets key before its grant": {func(w *world, c props) {
			c["databaseEncryption"] = props{"state": "ENCRYPTED", "keyName": w.key("bare")}
		}, "Permission 'cloudkms.cryptoKeyVersions.useToEncrypt' denied on resource 'projects/acme/locations/europe-west1/keyRings/bare/cryptoKeys/bare'"},
		"secrets key granted to another agent": {func(w *world, c props) {
			c["databaseEncryption"] = props{"state": "ENCRYPTED", "keyName": w.key("others", "compute")}
		}, "service-123456789012@container-engine-robot.iam.gserviceaccount.com"},
		"boot disk key before its grant": {func(w *world, c props) {
			c["nodeConfig"].(props)["bootDiskKmsKey"] = w.key("bare")
		}, "[PERMISSIONS_ERROR]: Instance creation failed: Cloud KMS error when using key"},
		"key that does not exist": {func(_ *world, c props) {
			c["nodeConfig"].(props)["bootDiskKmsKey"] = "projects/acme/locations/europe-west1/keyRings/r/cryptoKeys/gone"
		}, "(or it may not exist)"},
		"service account that does not exist": {func(_ *world, c props) {
			c["nodeConfig"].(props)["serviceAccount"] = "nobody@acme.iam.gserviceaccount.com"
		}, `Service account "nobody@acme.iam.gserviceaccount.com" does not exist`},
		"service account without its role": {func(w *world, c props) {
			c["nodeConfig"].(props)["serviceAccount"] = w.account("plain-account")
		}, "Grant roles/container.defaultNodeServiceAccount role"},
		"missing pod range": {func(_ *world, c props) {
			c["ipAllocationPolicy"].(props)["clusterSecondaryRangeName"] = "other"
		}, `Pod secondary range "other" not found in network`},
		"missing service range": {func(_ *world, c props) {
			c["ipAllocationPolicy"].(props)["servicesSecondaryRangeName"] = "other"
		}, `Services secondary range "other" not found`},
		"control plane over a subnet": {func(_ *world, c props) {
			c["privateClusterConfig"].(props)["masterIpv4CidrBlock"] = "10.0.9.16/28"
		}, "Conflicting IP cidr range: Invalid IPCidrRange: 10.0.9.16/28 conflicts with existing subnetwork 'subnet'"},
		"no network": {func(_ *world, c props) {
			c["network"] = "projects/acme/global/networks/gone"
		}, "does not exist"},
		"no subnetwork": {func(_ *world, c props) {
			c["subnetwork"] = "projects/acme/regions/europe-west1/subnetworks/gone"
		}, "does not exist"},
		"unknown version": {func(_ *world, c props) {
			c["minMasterVersion"] = "1.99"
		}, `No valid versions with the prefix "1.99" found`},
		"topic that does not exist": {func(_ *world, c props) {
			c["notificationConfig"] = props{"pubsub": props{"enabled": true, "topic": "projects/acme/topics/gone"}}
		}, "does not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, clusterAPIs...)
			cluster := w.clusterProps()
			c.without(w, cluster)
			assert.Contains(t, w.refused(aCluster, "main", cluster), c.says)
		})
	}
}

func TestNodePoolNeedsItsCluster(t *testing.T) {
	w := newWorld(t, clusterAPIs...)
	cluster := w.make(aCluster, "main", w.clusterProps())

	assert.Contains(t, w.refused(aPool, "p", props{"name": "p", "cluster": cluster + "x"}), "Not found")
	assert.Contains(t, w.refused(aPool, "p", props{"name": "p", "cluster": cluster, "nodeConfig": props{"bootDiskKmsKey": w.key("bare")}}), "PERMISSIONS_ERROR")
	assert.Contains(t, w.refused(aPool, "p", props{"name": "p", "cluster": cluster, "nodeConfig": props{"serviceAccount": w.account("plain-account")}}), nodeRole)
	w.make(aPool, "p", props{"name": "p", "cluster": cluster})
	assert.Contains(t, w.refused(aPool, "q", props{"name": "p", "cluster": cluster}), "already exists")
}

func TestDeletionProtection(t *testing.T) {
	w := newWorld(t, clusterAPIs...)
	inputs := w.clusterProps()
	delete(inputs, "deletionProtection") // on by default
	id := w.make(aCluster, "main", inputs)
	assert.ErrorContains(t, w.delete(aCluster, "main", id), "deletion_protection is set to true")
}

func TestResourcesAreRefusedUntilTheirKeyIsGranted(t *testing.T) {
	for api, c := range map[string]struct {
		kind   string
		inputs func(key string) props
		says   string
	}{
		"artifactregistry": {"artifactregistry/repository:Repository", func(key string) props {
			return props{"repositoryId": "images", "location": "europe-west1", "format": "DOCKER", "kmsKeyName": key}
		}, "Please ensure your Artifact Registry service account has been authorized to use the configured key"},
		"pubsub": {"pubsub/topic:Topic", func(key string) props {
			return props{"name": "bulletins", "kmsKeyName": key}
		}, "Cloud Pub/Sub did not have the necessary permissions configured"},
		"storage": {"storage/bucket:Bucket", func(key string) props {
			return props{"name": "acme-backups", "location": "europe-west1", "encryption": props{"defaultKmsKeyName": key}}
		}, "Please ensure that your Cloud Storage service account has been authorized to use this key"},
	} {
		t.Run(api, func(t *testing.T) {
			w := newWorld(t, "cloudkms", api)
			w.agent(api)
			key := w.key("key")
			assert.Contains(t, w.refused(c.kind, "x", c.inputs(key)), c.says)
			w.grant(key, api)
			w.make(c.kind, "x", c.inputs(key))
		})
	}
}

func TestGrantToAMissingServiceAccountIsRefused(t *testing.T) {
	w := newWorld(t, "cloudkms", "container", "artifactregistry", "cloudresourcemanager", "iam")
	agent := "serviceAccount:" + agentEmail("container.googleapis.com")

	key := w.key("key")
	assert.Contains(t, w.refused("kms/cryptoKeyIAMMember:CryptoKeyIAMMember", "g", props{"cryptoKeyId": key, "role": encrypterDecrypter, "member": agent}),
		"does not exist", "the agent does not exist before it is requested")
	assert.Contains(t, w.refused("projects/iAMMember:IAMMember", "m", props{"project": "acme", "role": nodeRole, "member": "serviceAccount:x@acme.iam.gserviceaccount.com"}),
		"Service account x@acme.iam.gserviceaccount.com does not exist")
	assert.Contains(t, w.refused("artifactregistry/repositoryIamMember:RepositoryIamMember", "r",
		props{"repository": "images", "location": "europe-west1", "role": "roles/artifactregistry.reader", "member": agent}), "not found")

	for _, api := range []string{"compute", "storage"} {
		assert.Contains(t, newWorld(t, api).refused("projects/serviceIdentity:ServiceIdentity", "c", props{"service": api + ".googleapis.com"}),
			"IAM_SERVICE_NOT_CONFIGURED_FOR_IDENTITIES", api)
	}
}

func TestOverlappingRangesAreRefused(t *testing.T) {
	w := newWorld(t, "compute")
	network, _ := w.vpc()

	for _, nodes := range []string{"10.0.8.128/25", "10.0.0.0/24", "10.0.9.0/25"} {
		inputs := props{"name": "second", "network": network, "ipCidrRange": nodes}
		assert.Contains(t, w.refused(aSubnet, "second", inputs), "conflicts with existing subnetwork 'subnet'", nodes)
	}
	own := subnetProps(network, "10.1.0.0/24")
	own["name"] = "selfish"
	own["secondaryIpRanges"] = []any{props{"rangeName": "pods", "ipCidrRange": "10.1.0.128/25"}}
	assert.Contains(t, w.refused(aSubnet, "selfish", own), "conflicts with existing subnetwork 'selfish'")

	w.make(aNetwork, "other", props{"name": "other"})
	w.make(aSubnet, "elsewhere", props{"name": "elsewhere", "network": "projects/acme/global/networks/other", "ipCidrRange": "10.0.8.0/24"})
}

func TestNamesAreCheckedAgainstTheirPatterns(t *testing.T) {
	w := newWorld(t, "compute", "cloudkms")
	w.make(aNetwork, "vpc", props{"name": "vpc"})
	assert.Contains(t, w.refused(aNetwork, "again", props{"name": "vpc"}),
		"Error 409: The resource 'projects/acme/global/networks/vpc' already exists, alreadyExists")

	for kind, inputs := range map[string]props{
		aNetwork:                         {"name": "Not_Legal"},
		aCluster:                         {"name": "forty-one-characters-are-one-more-than-forty"},
		"serviceaccount/account:Account": {"accountId": "five5"},
		"storage/bucket:Bucket":          {"name": "UPPER", "location": "EU"},
		"pubsub/topic:Topic":             {"name": "1st"},
		aRing:                            {"name": "no spaces", "location": "europe-west1"},
		aZone:                            {"name": "google.com", "dnsName": "google.com."},
		aRecord:                          {"name": "no-dot.example.com", "managedZone": "z", "type": "A"},
	} {
		urn := urnOf(kind, "x")
		checked, err := w.cloud.Check(t.Context(), plugin.CheckRequest{URN: urn, Type: urn.Type(), News: resource.NewPropertyMapFromMap(inputs)})
		require.NoError(t, err)
		require.Len(t, checked.Failures, 1, kind)
		assert.Contains(t, checked.Failures[0].Reason, "doesn't match regexp", kind)
	}
}

// Cloud Monitoring generates the names, and the property labels holds no labels.
func TestNotificationChannelGetsAGeneratedName(t *testing.T) {
	w := newWorld(t, "monitoring")
	id, outputs, err := w.try(aChannel, "mail", props{"type": "email", "labels": props{"email_address": "x@example.com"}})
	require.NoError(t, err)
	assert.Regexp(t, `^projects/acme/notificationChannels/\d+$`, id)
	assert.Equal(t, id, text(outputs, "name"))
	assert.NotContains(t, outputs, resource.PropertyKey("effectiveLabels"))
}

func TestAlertPolicyNeedsItsNotificationChannels(t *testing.T) {
	w := newWorld(t, "monitoring")
	channel := w.make(aChannel, "mail", props{"type": "email"})
	alert := func(channels ...any) props {
		return props{"displayName": "sealed", "combiner": "OR", "conditions": []any{props{"displayName": "c"}}, "notificationChannels": channels}
	}
	assert.Contains(t, w.refused(anAlert, "a", alert(channel, "projects/acme/notificationChannels/1")),
		"Error 404: Notification channel not found: projects/acme/notificationChannels/1")
	w.make(anAlert, "a", alert(channel))
	assert.Contains(t, w.needs("a"), "mail")
}

func TestNameOfADeletedKeyRingStaysInUse(t *testing.T) {
	w := newWorld(t, "cloudkms")
	ring := props{"name": "ring", "location": "europe-west1"}
	id := w.make(aRing, "ring", ring)
	require.NoError(t, w.delete(aRing, "ring", id), "Pulumi only removes it from its state")
	assert.Contains(t, w.refused(aRing, "ring", ring), "KeyRing projects/acme/locations/europe-west1/keyRings/ring already exists")
}

func TestDeletionOfAResourceInUseIsRefused(t *testing.T) {
	w := newWorld(t, clusterAPIs...)
	inputs := w.clusterProps()
	w.make(aCluster, "main", inputs)

	assert.ErrorContains(t, w.delete(aNetwork, "vpc", inputs["network"].(string)), "is already being used by")
	assert.ErrorContains(t, w.delete(aSubnet, "subnet", inputs["subnetwork"].(string)),
		"is already being used by 'projects/acme/locations/europe-west1/clusters/main', resourceInUseByAnotherResource")
}

func TestSubnetworkIsReplacedUnlessItsRangeGrows(t *testing.T) {
	urn := urnOf(aSubnet, "subnet")
	diff := func(before, after string) plugin.DiffResult {
		result, err := New(NewClock(1), NoKubernetes{}).Diff(t.Context(), plugin.DiffRequest{URN: urn, Type: urn.Type(),
			OldInputs: resource.NewPropertyMapFromMap(props{"ipCidrRange": before}),
			NewInputs: resource.NewPropertyMapFromMap(props{"ipCidrRange": after}),
		})
		require.NoError(t, err)
		return result
	}
	assert.Empty(t, diff("10.0.8.0/24", "10.0.8.0/23").ReplaceKeys)
	for _, after := range []string{"10.0.8.0/25", "10.0.9.0/24", "10.1.0.0/16"} {
		assert.NotEmpty(t, diff("10.0.8.0/24", after).ReplaceKeys, after)
	}
}
