package environment

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCatalogueOfGoogleCloudIsConsistent(t *testing.T) {
	cloud := googleCloud()
	assert.Regexp(t, `^20\d\d-(0[1-9]|1[0-2])$`, cloud.Date)
	for region, letters := range cloud.Regions {
		assert.Regexp(t, `^[a-z]+-[a-z]+\d+$`, region)
		assert.Regexp(t, `^[a-f]{3,4}$`, letters, region)
		assert.Contains(t, letters, "b", "Location.Zone relies on zone b, also in %s", region)
	}
	for _, name := range cloud.offered() {
		s := cloud.Machines[name]
		require.NotEmpty(t, s.Disks, name)
		assert.Subset(t, diskTypes, s.Disks, name)
		for _, machineType := range cloud.names(name) {
			assert.True(t, cloud.exists(machineType), machineType)
			assert.Equal(t, name, seriesOf(machineType))
		}
		assert.True(t, cloud.exists(cloud.near(name+"-standard-5")), name)
	}
	for machineType := range cloud.Memory {
		assert.True(t, cloud.exists(machineType), machineType)
	}
	assert.True(t, cloud.exists(machineExample))
}

func TestMemoryForPodsOfSmallMachines(t *testing.T) {
	for machineType, want := range map[string]int{
		"f1-micro": 259, "e2-micro": 669, "e2-small": 1436, "e2-custom-2-2048": 1436, "n1-standard-1": 2780, "e2-custom-2-4096": leastMemory, "e2-standard-2": leastMemory,
	} {
		left, _ := googleCloud().room(machineType)
		assert.Equal(t, want, left, machineType)
	}
}
