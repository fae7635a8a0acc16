package googlecloud

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// zoneProps is a private zone for a network.
func zoneProps(dnsName, network string) props {
	return props{
		"name": "googleapis", "dnsName": dnsName, "visibility": "private",
		"privateVisibilityConfig": props{"networks": []any{props{"networkUrl": network}}},
	}
}

func recordProps(zone, name string) props {
	return props{"managedZone": zone, "name": name, "type": "A", "ttl": 300, "rrdatas": []any{"199.36.153.8"}}
}

func TestZoneNeedsItsNetworkAndATrailingDot(t *testing.T) {
	w := newWorld(t, "compute", "dns")
	network, _ := w.vpc()

	assert.Contains(t, w.refused(aZone, "z", zoneProps("googleapis.com", network)),
		"Error 400: Invalid value for 'entity.managedZone.dnsName': 'googleapis.com', invalid")
	assert.Contains(t, w.refused(aZone, "z", zoneProps("googleapis.com.", network+"-gone")),
		"Invalid value for 'entity.managedZone.privateVisibilityConfig.networks[0].networkUrl': 'projects/acme/global/networks/vpc-gone'")
	id := w.make(aZone, "z", zoneProps("googleapis.com.", "https://www.googleapis.com/compute/v1/"+network))
	assert.Equal(t, "projects/acme/managedZones/googleapis", id)
	assert.Subset(t, w.needs("z"), []string{"dns", "vpc"})
	assert.Contains(t, w.refused(aZone, "again", zoneProps("pkg.dev.", network)), "named 'googleapis' already exists")
}

func TestRecordSetNeedsItsZoneAndANameInIt(t *testing.T) {
	w := newWorld(t, "compute", "dns")
	network, _ := w.vpc()
	zone := w.make(aZone, "z", zoneProps("googleapis.com.", network))

	for _, wrong := range []string{"gone", zone} {
		assert.Contains(t, w.refused(aRecord, "r", recordProps(wrong, "googleapis.com.")),
			"The 'parameters.managedZone' resource named '"+wrong+"' does not exist")
	}
	for _, outside := range []string{"pkg.dev.", "notgoogleapis.com.", "com."} {
		assert.Contains(t, w.refused(aRecord, "r", recordProps("googleapis", outside)),
			"Invalid value for 'entity.change.additions[0].name': '"+outside+"', invalid")
	}
	w.make(aRecord, "all", recordProps("googleapis", "*.googleapis.com."))
	id := w.make(aRecord, "apex", recordProps("googleapis", "googleapis.com."))
	assert.Equal(t, "projects/acme/managedZones/googleapis/rrsets/googleapis.com./A", id)
	assert.Subset(t, w.needs("apex"), []string{"dns", "z"})
}

func TestDeletionOfAZoneWithRecordSetsIsRefused(t *testing.T) {
	w := newWorld(t, "compute", "dns")
	network, _ := w.vpc()
	zone := w.make(aZone, "z", zoneProps("googleapis.com.", network))
	record := w.make(aRecord, "apex", recordProps("googleapis", "googleapis.com."))

	assert.ErrorContains(t, w.delete(aZone, "z", zone),
		"The resource named 'googleapis' cannot be deleted because it contains one or more 'resource records'., containerNotEmpty")
	require.NoError(t, w.delete(aRecord, "apex", record))
	assert.NoError(t, w.delete(aZone, "z", zone))
}
