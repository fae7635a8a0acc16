package googlecloud

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCheckComparesInputsWithTheSchema(t *testing.T) {
	right := func() props {
		return props{
			"name": "subnet", "network": "n", "ipCidrRange": "10.0.0.0/24", "privateIpGoogleAccess": true,
			"secondaryIpRanges": []any{props{"rangeName": "pods", "ipCidrRange": "10.1.0.0/24"}},
			"logConfig":         props{"flowSampling": 0.5},
		}
	}
	for name, c := range map[string]struct {
		change         func(props)
		property, says string
	}{
		"nothing wrong":         {func(props) {}, "", ""},
		"unknown property":      {func(p props) { p["encrypted"] = true }, "encrypted", "Unknown property 'encrypted'"},
		"nested":                {func(p props) { p["logConfig"].(props)["sampling"] = 1 }, "logConfig.sampling", "Unknown property"},
		"nested in a list":      {func(p props) { p["secondaryIpRanges"].([]any)[0].(props)["name"] = "x" }, "secondaryIpRanges[0].name", "Unknown property"},
		"missing":               {func(p props) { delete(p, "network") }, "", "Missing required property 'network'"},
		"missing, nested":       {func(p props) { delete(p["secondaryIpRanges"].([]any)[0].(props), "rangeName") }, "secondaryIpRanges[0]", "Missing required property 'rangeName'"},
		"text for a boolean":    {func(p props) { p["privateIpGoogleAccess"] = "yes" }, "privateIpGoogleAccess", "expected boolean"},
		"text for a number":     {func(p props) { p["logConfig"].(props)["flowSampling"] = "half" }, "logConfig.flowSampling", "expected number"},
		"object for a list":     {func(p props) { p["secondaryIpRanges"] = props{} }, "secondaryIpRanges", "expected a list"},
		"list for an object":    {func(p props) { p["logConfig"] = []any{} }, "logConfig", "expected an object"},
		"unknown is acceptable": {func(p props) { p["network"] = resource.Computed{Element: resource.NewProperty("")} }, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			inputs := right()
			c.change(inputs)
			failures := schema.check("gcp:compute/subnetwork:Subnetwork", resource.NewPropertyMapFromMap(inputs))
			if c.says == "" {
				assert.Empty(t, failures)
				return
			}
			require.Len(t, failures, 1)
			assert.Equal(t, resource.PropertyKey(c.property), failures[0].Property)
			assert.Contains(t, failures[0].Reason, c.says)
		})
	}
	fraction := resource.NewPropertyMapFromMap(props{"network": "n", "name": "f", "priority": 1.5})
	assert.Len(t, schema.check("gcp:compute/firewall:Firewall", fraction), 1, "1.5 is no integer")
}

func TestSchemaHasEveryTypeInFacts(t *testing.T) {
	assert.Empty(t, MissingTypes(), "type `make update`")
}

func TestDiffReplacesForPropertiesThatTheSchemaMarks(t *testing.T) {
	pool := func(machine, disk string) resource.PropertyMap {
		return resource.NewPropertyMapFromMap(props{
			"cluster": "c", "nodeConfig": props{"machineType": machine, "bootDiskKmsKey": disk},
			"autoscaling": props{"maxNodeCount": 3},
		})
	}
	for name, c := range map[string]struct {
		news     resource.PropertyMap
		replaces bool
	}{
		"key of the boot disk": {pool("e2-standard-4", "k2"), true},
		"nothing":              {pool("e2-standard-4", "k"), false},
	} {
		t.Run(name, func(t *testing.T) {
			result, err := New(NewClock(1), NoKubernetes{}).Diff(t.Context(), plugin.DiffRequest{
				Type: "gcp:container/nodePool:NodePool", OldInputs: pool("e2-standard-4", "k"), NewInputs: c.news,
			})
			require.NoError(t, err)
			assert.Equal(t, c.replaces, len(result.ReplaceKeys) > 0)
			assert.Equal(t, c.replaces, result.Changes == plugin.DiffSome)
		})
	}
	label := resource.NewPropertyMapFromMap(props{"keyRing": "r", "labels": props{"a": "b"}})
	result, err := New(NewClock(1), NoKubernetes{}).Diff(t.Context(), plugin.DiffRequest{
		Type: "gcp:kms/cryptoKey:CryptoKey", OldInputs: resource.NewPropertyMapFromMap(props{"keyRing": "r"}), NewInputs: label,
	})
	require.NoError(t, err)
	assert.Equal(t, plugin.DiffSome, result.Changes)
	assert.Empty(t, result.ReplaceKeys, "labels change in place")
}

func TestNodePoolKeepsItsGeneratedName(t *testing.T) {
	w := newWorld(t)
	check := func(olds resource.PropertyMap, seed string) string {
		urn := urnOf(aPool, "cluster-general")
		checked, err := w.cloud.Check(t.Context(), plugin.CheckRequest{
			URN: urn, Name: urn.Name(), Type: urn.Type(), Olds: olds, RandomSeed: []byte(seed),
			News: resource.NewPropertyMapFromMap(props{"cluster": "c"}),
		})
		require.NoError(t, err)
		require.Empty(t, checked.Failures)
		return checked.Properties["name"].StringValue()
	}
	first := check(nil, "seed")
	assert.Regexp(t, `^cluster-general-[0-9a-f]{7}$`, first)
	assert.Equal(t, first, check(resource.PropertyMap{"name": resource.NewProperty(first)}, "another"))
	assert.NotEqual(t, first, check(nil, "another"))
}

func TestCheckRejectsAnUnknownType(t *testing.T) {
	_, err := newWorld(t).cloud.Check(t.Context(), plugin.CheckRequest{Type: "gcp:sql/databaseInstance:DatabaseInstance"})
	assert.ErrorContains(t, err, "facts.yaml")
}

// A type without a time, an API or an id would silently be simulated wrongly.
func TestEveryFactHasATimeAnAPIAndAnID(t *testing.T) {
	for kind, fact := range facts {
		assert.NotEmpty(t, fact.API, kind)
		assert.NotEmpty(t, fact.ID, kind)
		assert.Positive(t, fact.Seconds.Create, kind)
		assert.Contains(t, schema.Resources, kind)
		if fact.API != alwaysOn {
			assert.Contains(t, services, fact.API, kind)
		}
	}
	for kind := range rules {
		assert.Contains(t, facts, kind)
	}
}
