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

// catalogue is what Google Cloud has, as far as settings name it.
type catalogue struct {
	// Date is the month of which the list is.
	Date string
	// Regions are the letters of their zones, by name.
	Regions map[string]string
	// Machines are series of machine types.
	Machines map[string]series
	// Memory is that of small machine types, in GB.
	Memory map[string]float64
}

// series is a series of machine types.
type series struct {
	// Disks are the boot disks that its machines take.
	Disks []string
	// Types are the numbers of CPUs that there are, by the word before the number.
	Types map[string][]int
	// Shared are the types that share a core with others' machines.
	Shared []string
	// Custom and LocalSSD tell of names that Types does not list.
	Custom   bool
	LocalSSD bool `json:"localSsd"`
	// Arm machines run other programs than the rest.
	Arm bool
}

var googleCloud = sync.OnceValue(func() catalogue {
	var c catalogue
	if err := yaml.UnmarshalStrict(googleCloudList, &c); err != nil {
		panic("environment/googlecloud.yaml: " + err.Error()) // it is part of the program
	}
	return c
})

// dated ends a message about something that is not in the list.
func (c catalogue) dated() string {
	return fmt.Sprintf("the list of %s; if Google Cloud has it since, add it to environment/googlecloud.yaml", c.Date)
}

// zones are those of a region.
func (c catalogue) zones(region string) (zones []string) {
	for _, letter := range c.Regions[region] {
		zones = append(zones, region+"-"+string(letter))
	}
	return zones
}

// names are the machine types of a series, custom ones apart.
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

// seriesOf is the name of a machine type's series. N1 alone leaves it out of the
// names of custom types.
func seriesOf(machineType string) string {
	name, _, _ := strings.Cut(machineType, "-")
	if name == "custom" {
		return "n1"
	}
	return name
}
