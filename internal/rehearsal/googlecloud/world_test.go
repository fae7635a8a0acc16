package googlecloud

import (
	"context"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/stretchr/testify/require"
)

// world is a project in which a test creates the resources that it needs.
type world struct {
	t     *testing.T
	cloud *Cloud
}

type props = map[string]any

func newWorld(t *testing.T, apis ...string) *world {
	t.Helper()
	w := &world{t: t, cloud: New(NewClock(0), NoKubernetes{})}
	_, err := w.cloud.Configure(t.Context(), plugin.ConfigureRequest{Inputs: resource.PropertyMap{
		"project": resource.NewProperty("acme"), "region": resource.NewProperty("europe-west1"),
	}})
	require.NoError(t, err)
	for _, api := range apis {
		w.make("projects/service:Service", api, props{"service": api + ".googleapis.com"})
	}
	return w
}

func urnOf(kind, name string) resource.URN {
	return resource.NewURN("test", "test", "", tokens.Type("gcp:"+kind), name)
}

// try checks and creates a resource, as the engine would.
func (w *world) try(kind, name string, inputs props) (id string, outputs resource.PropertyMap, err error) {
	w.t.Helper()
	urn := urnOf(kind, name)
	properties := resource.NewPropertyMapFromMap(inputs)
	checked, err := w.cloud.Check(w.t.Context(), plugin.CheckRequest{URN: urn, Name: name, Type: urn.Type(), News: properties})
	require.NoError(w.t, err)
	require.Empty(w.t, checked.Failures)
	created, err := w.cloud.Create(w.t.Context(), plugin.CreateRequest{URN: urn, Name: name, Type: urn.Type(), Properties: checked.Properties})
	return string(created.ID), created.Properties, err
}

// make is try for a resource that must be accepted.
func (w *world) make(kind, name string, inputs props) (id string) {
	w.t.Helper()
	id, _, err := w.try(kind, name, inputs)
	require.NoError(w.t, err)
	return id
}

// refused is try for a resource that must be refused; it returns the message.
func (w *world) refused(kind, name string, inputs props) string {
	w.t.Helper()
	_, _, err := w.try(kind, name, inputs)
	require.Error(w.t, err)
	return err.Error()
}

// needs are the needs of a resource in the history, which it clears.
func (w *world) needs(name string) (names []string) {
	for _, operation := range w.cloud.History() {
		if operation.URN.Name() == name {
			for _, urn := range operation.Needs {
				names = append(names, urn.Name())
			}
		}
	}
	return names
}

func (w *world) delete(kind, name, id string) error {
	urn := urnOf(kind, name)
	_, err := w.cloud.Delete(context.Background(), plugin.DeleteRequest{URN: urn, Type: urn.Type(), ID: resource.ID(id)})
	return err
}

// key creates a key, and grants it to the service agents of APIs.
func (w *world) key(name string, grantees ...string) (id string) {
	w.t.Helper()
	ring := w.make("kms/keyRing:KeyRing", name, props{"name": name, "location": "europe-west1"})
	id = w.make("kms/cryptoKey:CryptoKey", name, props{"name": name, "keyRing": ring})
	for _, api := range grantees {
		w.grant(id, api)
	}
	return id
}

func (w *world) grant(key, api string) {
	w.t.Helper()
	w.make("kms/cryptoKeyIAMMember:CryptoKeyIAMMember", key+api, props{
		"cryptoKeyId": key, "role": encrypterDecrypter, "member": "serviceAccount:" + agentEmail(api+".googleapis.com"),
	})
}

func (w *world) identity(api string) {
	w.t.Helper()
	w.make("projects/serviceIdentity:ServiceIdentity", api, props{"service": api + ".googleapis.com"})
}

// agent creates the service agent of an API.
func (w *world) agent(api string) {
	w.t.Helper()
	switch services[api+".googleapis.com"].comes {
	case fromAPI:
	case fromRequest:
		_, err := w.cloud.Invoke(w.t.Context(), plugin.InvokeRequest{Tok: storageAgentFunction})
		require.NoError(w.t, err)
	default:
		w.identity(api)
	}
}

func (w *world) account(id string, roles ...string) (email string) {
	w.t.Helper()
	w.make("serviceaccount/account:Account", id, props{"accountId": id})
	email = id + "@acme.iam.gserviceaccount.com"
	for _, role := range roles {
		w.make("projects/iAMMember:IAMMember", id+role, props{"project": "acme", "role": role, "member": "serviceAccount:" + email})
	}
	return email
}

// vpc creates a network and a subnetwork that suit a cluster.
func (w *world) vpc() (network, subnet string) {
	w.t.Helper()
	network = w.make("compute/network:Network", "vpc", props{"name": "vpc", "autoCreateSubnetworks": false})
	subnet = w.make("compute/subnetwork:Subnetwork", "subnet", subnetProps(network, "10.0.8.0/24"))
	return network, subnet
}

func subnetProps(network, nodes string) props {
	return props{
		"name": "subnet", "network": network, "ipCidrRange": nodes,
		"secondaryIpRanges": []any{
			props{"rangeName": "pods", "ipCidrRange": "10.0.0.0/21"},
			props{"rangeName": "services", "ipCidrRange": "10.0.9.0/24"},
		},
	}
}

// clusterProps is a cluster with all its requirements met.
func (w *world) clusterProps() props {
	w.t.Helper()
	w.identity("container")
	network, subnet := w.vpc()
	return props{
		"name": "main", "location": "europe-west1", "network": network, "subnetwork": subnet,
		"minMasterVersion": "1.36", "deletionProtection": false,
		"ipAllocationPolicy":   props{"clusterSecondaryRangeName": "pods", "servicesSecondaryRangeName": "services"},
		"privateClusterConfig": props{"enablePrivateNodes": true, "masterIpv4CidrBlock": "10.0.10.0/28"},
		"databaseEncryption":   props{"state": "ENCRYPTED", "keyName": w.key("secrets", "container")},
		"nodeConfig": props{
			"serviceAccount": w.account("nodes-main", nodeRole),
			"bootDiskKmsKey": w.key("boot", "compute"),
		},
	}
}

var clusterAPIs = []string{"compute", "container", "cloudkms", "iam", "cloudresourcemanager"}
