package cost_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/resource"

	"bastide/environment"
	"bastide/environment/environmenttest"
	"bastide/internal/cost"
	"bastide/internal/graph"
)

func of(t *testing.T, settings *environmenttest.Settings) cost.Estimate {
	t.Helper()
	estimated, err := cost.Of(settings.Load(t))
	require.NoError(t, err)
	return estimated
}

func line(t *testing.T, e cost.Estimate, item string) cost.Line {
	t.Helper()
	at := slices.IndexFunc(e.Lines, func(l cost.Line) bool { return l.Item == item })
	require.GreaterOrEqual(t, at, 0, item)
	return e.Lines[at]
}

// Computed by hand: a node costs 0.14743 × 730 = 107.62.
func TestEstimateMatchesAHandComputedOne(t *testing.T) {
	e := of(t, environmenttest.Small(t))
	nodes := line(t, e, "general nodes")
	assert.InDelta(t, 3*107.62, nodes.Range.Least, 0.05)
	assert.InDelta(t, 6*107.62, nodes.Range.Most, 0.05)
	assert.Equal(t, "3 to 6 × $0.14743 an hour of e2-standard-4 × 730 h", nodes.Formula)
	assert.InDelta(t, 7*0.06, line(t, e, "keys in Cloud KMS").Range.Least, 1e-9)
	assert.InDelta(t, 5*7*0.06, line(t, e, "keys in Cloud KMS").Range.Most, 1e-9)
	var sum cost.Range
	for _, l := range e.Lines {
		sum.Least += l.Range.Least
		sum.Most += l.Range.Most
		assert.LessOrEqual(t, l.Range.Least, l.Range.Most, l.Item)
		assert.Positive(t, l.Range.Most, l.Item)
	}
	assert.Equal(t, sum, e.Total())
	assert.Contains(t, e.String(), "approximately")
	assert.Contains(t, e.String(), cost.Table().Date)
}

func TestSettingsChangeTheEstimate(t *testing.T) {
	before := of(t, environmenttest.Small(t))
	for setting, value := range map[string]any{
		"bastide:generalMaxNodes": 8, "bastide:generalMachineType": "e2-standard-8", "bastide:generalDiskGb": 100,
		"bastide:generalDiskType": "pd-ssd", "bastide:generalMinNodes": 4, "bastide:ciMaxNodes": 5,
		"bastide:openbaoReplicas": 5, "bastide:openbaoExpose": true, "gcp:region": "europe-west3",
	} {
		after := of(t, environmenttest.Small(t).Set(setting, value))
		assert.Greater(t, after.Total().Most+after.Total().Least, before.Total().Most+before.Total().Least, setting)
		assert.Contains(t, cost.Difference(before, after), "before $", setting)
	}
	one := of(t, environmenttest.Small(t).Set("bastide:openbaoReplicas", 1))
	spot := of(t, environmenttest.Small(t).Set("bastide:openbaoReplicas", 1).Set("bastide:generalSpot", true))
	assert.Less(t, spot.Total().Least, one.Total().Least)
	assert.Contains(t, cost.Difference(before, before), "as before")
	zonal := of(t, environmenttest.Small(t).Set("bastide:zones", []any{"europe-west1-b"}))
	assert.Contains(t, zonal.String(), "credits one zonal cluster")
	assert.Contains(t, line(t, before, "ci nodes").Range.Dollars(), "$0 to ")
	off := of(t, environmenttest.Small(t).Set("bastide:ci", "off"))
	assert.NotContains(t, off.String(), "ci nodes")
}

// Cloud NAT bills at most 32 nodes.
func TestCloudNATBillsAtMost32Nodes(t *testing.T) {
	large := environmenttest.Small(t).Set("bastide:networkCidr", "10.64.0.0/16").Set("bastide:generalMaxNodes", 100)
	assert.InDelta(t, 32*0.0014*730, line(t, of(t, large), "Cloud NAT").Range.Most, 1e-9)
}

func TestMissingPriceIsAnErrorThatListsTheKnownOnes(t *testing.T) {
	for says, settings := range map[string]*environmenttest.Settings{
		"no price for region asia-east1; it has europe-north1, ": environmenttest.Small(t).Set("gcp:region", "asia-east1"),
		"machines of type c2-standard-4 in europe-west1":         environmenttest.Small(t).Set("bastide:generalMachineType", "c2-standard-4"),
		"disks of type hyperdisk-balanced in europe-west1": environmenttest.Small(t).
			Set("bastide:generalMachineType", "n4-standard-4").Set("bastide:generalDiskType", "hyperdisk-balanced"),
	} {
		_, err := cost.Of(settings.Load(t))
		assert.ErrorContains(t, err, says)
		assert.ErrorContains(t, err, "add it to internal/cost/prices.yaml")
	}
}

func TestEveryPriceHasASourceAndEveryDiskAllRegions(t *testing.T) {
	p := cost.Table()
	assert.Regexp(t, `^20\d\d-\d\d-\d\d$`, p.Date)
	named := append(slices.Collect(maps.Values(p.Everywhere)), p.Usage...)
	require.Greater(t, len(named), 8)
	used := map[string]bool{"catalog": true}
	for _, price := range named {
		assert.Contains(t, p.Sources, price.Source, price)
		assert.Positive(t, price.Price, price)
		assert.NotEmpty(t, price.Per, price)
		used[price.Source] = true
	}
	assert.Len(t, used, len(p.Sources), "a source that no price names")
	regions := slices.Sorted(maps.Keys(p.Disks["pd-balanced"]))
	require.NotEmpty(t, regions)
	for kind, prices := range p.Disks {
		assert.Equal(t, regions, slices.Sorted(maps.Keys(prices)), kind)
	}
	for kind, prices := range p.Machines {
		for region, price := range prices {
			assert.Contains(t, regions, region, kind)
			assert.Positive(t, price[0], "%s in %s", kind, region)
			assert.Less(t, price[1], price[0], "%s in %s: Spot", kind, region)
		}
	}
}

// The numbers in the estimate are those of the resources that the program registers.
func TestEstimateCountsTheRegisteredResources(t *testing.T) {
	for _, settings := range environmenttest.Examples(t) {
		t.Run(settings.Environment, func(t *testing.T) {
			g, e := graph.Of(t, settings), of(t, settings)
			assert.True(t, strings.HasPrefix(line(t, e, "keys in Cloud KMS").Formula, "7 keys"))
			assert.Len(t, g.Of("gcp:kms/cryptoKey:CryptoKey"), 7)
			assert.Len(t, g.Of("gcp:dns/managedZone:ManagedZone"), 1)
			assert.Len(t, g.Of("gcp:compute/address:Address"), 1)
			assert.InDelta(t, 20, volumes(t, g), 0)
			balancers := 0
			for _, service := range g.Of("kubernetes:core/v1:Service") {
				if kind, _ := service.Value("spec.type"); kind == "LoadBalancer" {
					balancers++
				}
			}
			counted := slices.ContainsFunc(e.Lines, func(l cost.Line) bool { return l.Item == "load balancer of OpenBao" })
			assert.Equal(t, counted, balancers == 1)
			assert.Equal(t, len(g.Of("gcp:container/nodePool:NodePool")), strings.Count(e.String(), " boot disks "))
		})
	}
}

// volumes is the size in GiB of the volumes of one OpenBao server.
func volumes(t *testing.T, g *graph.Graph) (gib float64) {
	t.Helper()
	for _, set := range g.Of("kubernetes:apps/v1:StatefulSet") {
		spec := set.Plain()["spec"].(map[string]any)
		for i := range spec["volumeClaimTemplates"].([]any) {
			size, err := set.Value("spec.volumeClaimTemplates." + string(rune('0'+i)) + ".spec.resources.requests.storage")
			require.NoError(t, err)
			quantity := resource.MustParse(size.(string))
			gib += float64(quantity.Value()) / (1 << 30)
		}
	}
	return gib
}

// The table has prices only of machine types and regions that the settings accept.
func TestSettingsAcceptWhateverHasAPrice(t *testing.T) {
	p := cost.Table()
	for kind := range p.Machines {
		settings := environmenttest.Small(t).Set("bastide:generalMachineType", kind)
		if strings.HasPrefix(kind, "n4-") || strings.HasPrefix(kind, "c4-") {
			settings.Set("bastide:generalDiskType", "hyperdisk-balanced")
		}
		if _, err := environment.Load(settings); err != nil {
			assert.ErrorContains(t, err, "of memory", kind) // too small, and otherwise right
		}
	}
	for region := range p.Disks["pd-balanced"] {
		environmenttest.Small(t).Set("gcp:region", region).Load(t)
	}
}
