package environment

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"sigs.k8s.io/yaml"
)

//go:embed googlecloud.yaml
var googleCloudList []byte

// catalogue lists the regions, zones and machine types of Google Cloud that settings can
// name.
type catalogue struct {
	// Date is the month in which the list was last brought up to date.
	Date string
	// Regions are the letters of each region's zones.
	Regions map[string]string
	// Machines are the machine series.
	Machines map[string]series
	// Memory is the memory of small machine types, in GB.
	Memory map[string]float64
}

// series is a series of machine types.
type series struct {
	// Disks are the boot disk types that its machines support.
	Disks []string
	// Types are the numbers of vCPUs on offer, by the word before the number.
	Types map[string][]int
	// Shared are the shared-core machine types.
	Shared []string
	// Custom and LocalSSD allow custom machine types and the suffix -lssd, which Types
	// does not list.
	Custom   bool
	LocalSSD bool `json:"localSsd"`
	// Arm marks a series of Arm machines.
	Arm bool
}

var googleCloud = sync.OnceValue(func() catalogue {
	var c catalogue
	if err := yaml.UnmarshalStrict(googleCloudList, &c); err != nil {
		panic("environment/googlecloud.yaml: " + err.Error()) // the file is compiled in
	}
	return c
})

// dated ends a message about something that is not in the list.
func (c catalogue) dated() string {
	return fmt.Sprintf("the list of %s; if Google Cloud has added it since, add it to environment/googlecloud.yaml", c.Date)
}

// zones are the zones of a region.
func (c catalogue) zones(region string) (zones []string) {
	for _, letter := range c.Regions[region] {
		zones = append(zones, region+"-"+string(letter))
	}
	return zones
}

// names are the machine types of a series, without custom ones.
func (c catalogue) names(name string) (names []string) {
	s := c.Machines[name]
	for _, word := range slices.Sorted(maps.Keys(s.Types)) {
		for _, cpus := range s.Types[word] {
			names = append(names, fmt.Sprintf("%s-%s-%d", name, word, cpus))
		}
	}
	for _, word := range s.Shared {
		names = append(names, name+"-"+word)
	}
	return names
}

// seriesOf is the series of a machine type. Custom types without a series are of N1.
func seriesOf(machineType string) string {
	name, _, _ := strings.Cut(machineType, "-")
	if name == "custom" {
		return "n1"
	}
	return name
}
