package googlecloud

import (
	"context"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPreviewCreatesNothing(t *testing.T) {
	w := newWorld(t)
	urn := urnOf(aNetwork, "vpc")
	created, err := w.cloud.Create(t.Context(), plugin.CreateRequest{
		URN: urn, Type: urn.Type(), Preview: true, Properties: resource.NewPropertyMapFromMap(props{"name": "vpc"}),
	})
	require.NoError(t, err, "previews are not checked against the rules")
	assert.True(t, created.Properties["selfLink"].IsComputed())
	assert.Equal(t, "vpc", created.Properties["name"].StringValue())
	assert.Zero(t, w.cloud.Objects())
}

func TestPreviewOfAnUpdateKeepsComputedProperties(t *testing.T) {
	w := newWorld(t, "compute")
	urn := urnOf(aNetwork, "vpc")
	planned, err := w.cloud.Update(t.Context(), plugin.UpdateRequest{
		URN: urn, Type: urn.Type(), Preview: true,
		OldInputs:  resource.NewPropertyMapFromMap(props{"name": "vpc", "description": "old", "mtu": 1460, "deep": props{"a": 1, "b": 1}}),
		OldOutputs: resource.NewPropertyMapFromMap(props{"name": "vpc", "description": "old", "mtu": 1460, "deep": props{"a": 1, "b": 1, "made": "x"}, "selfLink": "https://..."}),
		NewInputs:  resource.NewPropertyMapFromMap(props{"name": "vpc", "description": "new", "deep": props{"a": 2}}),
	})
	require.NoError(t, err)
	assert.Equal(t, resource.NewPropertyMapFromMap(props{"a": 2, "made": "x"}), planned.Properties["deep"].ObjectValue(), "in nested objects, too")
	assert.NotContains(t, planned.Properties, resource.PropertyKey("mtu"), "a removed input is removed")
	assert.Equal(t, "https://...", text(planned.Properties, "selfLink"))
	assert.Equal(t, "new", text(planned.Properties, "description"))
	assert.True(t, planned.Properties["gatewayIpv4"].IsComputed(), "the cloud had not computed it before")
}

func TestStatePersistsBetweenOperations(t *testing.T) {
	w := newWorld(t, "compute")
	id := w.make(aNetwork, "vpc", props{"name": "vpc"})

	_, err := w.cloud.Handshake(t.Context(), plugin.ProviderHandshakeRequest{})
	require.NoError(t, err)
	read, err := w.cloud.Read(t.Context(), plugin.ReadRequest{ID: resource.ID(id), Type: "gcp:" + aNetwork})
	require.NoError(t, err)
	assert.Equal(t, "https://www.googleapis.com/compute/v1/projects/acme/global/networks/vpc", text(read.Outputs, "selfLink"))

	require.NoError(t, w.delete(aNetwork, "vpc", id))
	read, err = w.cloud.Read(t.Context(), plugin.ReadRequest{ID: resource.ID(id), Type: "gcp:" + aNetwork})
	require.NoError(t, err)
	assert.Empty(t, read.ID, "gone is gone")
	assert.NoError(t, w.delete(aNetwork, "vpc", id), "a second deletion is not an error")
}

func TestUpdatesAreCheckedAgainstTheRules(t *testing.T) {
	w := newWorld(t, clusterAPIs...)
	inputs := w.clusterProps()
	w.make(aCluster, "main", inputs)
	inputs["databaseEncryption"] = props{"state": "ENCRYPTED", "keyName": w.key("bare")}

	urn := urnOf(aCluster, "main")
	_, err := w.cloud.Update(t.Context(), plugin.UpdateRequest{URN: urn, Type: urn.Type(), NewInputs: resource.NewPropertyMapFromMap(inputs)})
	assert.ErrorContains(t, err, "useToEncrypt")
}

func TestCancelledCallLeavesNothingBehind(t *testing.T) {
	w := newWorld(t, "compute")
	w.cloud.clock = NewClock(1)
	urn := urnOf(aNetwork, "vpc")
	request := plugin.CreateRequest{URN: urn, Type: urn.Type(), Properties: resource.NewPropertyMapFromMap(props{"name": "vpc"})}

	for name, interrupt := range map[string]func(cancel context.CancelFunc){
		"caller": func(cancel context.CancelFunc) { cancel() },
		"engine": func(context.CancelFunc) { require.NoError(t, w.cloud.SignalCancellation(t.Context())) },
	} {
		_, err := w.cloud.Handshake(t.Context(), plugin.ProviderHandshakeRequest{})
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		time.AfterFunc(10*time.Millisecond, func() { interrupt(cancel) })
		before := w.cloud.Objects()
		_, err = w.cloud.Create(ctx, request)
		cancel()
		require.ErrorIs(t, err, context.Canceled, name)
		assert.Equal(t, before, w.cloud.Objects(), name)
	}
}

func TestHistoryRecordsTheNeedsOfEachCall(t *testing.T) {
	w := newWorld(t, clusterAPIs...)
	w.make(aCluster, "main", w.clusterProps())

	const key = "projects/acme/locations/europe-west1/keyRings/"
	assert.ElementsMatch(t, []string{
		"container", "compute", "vpc", "subnet", "nodes-main", "nodes-main" + nodeRole,
		"secrets", key + "secrets/cryptoKeys/secretscontainer",
		"boot", key + "boot/cryptoKeys/bootcompute",
	}, w.needs("main"))
	assert.Empty(t, w.cloud.History(), "History returns each operation once")
}
