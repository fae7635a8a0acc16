package cost

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"sigs.k8s.io/yaml"
)

//go:embed prices.yaml
var priceList []byte

// Prices is the price table.
type Prices struct {
	// Date is the day on which the prices were looked up.
	Date string
	// Hours is the number of hours in a month.
	Hours float64
	// Sources are the pages that the prices come from, by short name.
	Sources map[string]string
	// Everywhere are prices that are the same in every region.
	Everywhere map[string]Price
	// Usage are prices of items that depend on use.
	Usage []Price
	// Disks are prices per GiB and month, by disk type and region.
	Disks map[string]map[string]float64
	// Machines are prices per hour, regular and Spot, by machine type and region.
	Machines map[string]map[string][2]float64
}

// Price is one price of the table.
type Price struct {
	// Item says what the price is for, unless it is a value of a map, whose key does.
	Item string
	// Price is in US dollars, Per is the unit.
	Price float64
	Per   string
	// Most is the maximum number of units that are billed; 0 if there is none.
	Most int
	// Source is a key of Prices.Sources.
	Source string
}

// Table is the price table, prices.yaml.
var Table = sync.OnceValue(func() Prices {
	var p Prices
	if err := yaml.UnmarshalStrict(priceList, &p); err != nil {
		panic("internal/cost/prices.yaml: " + err.Error()) // the file is compiled in, so tests would fail
	}
	return p
})

// missing is the error of a price that the table does not have; it lists those that it has.
func missing(what string, has []string) error {
	slices.Sort(has)
	return fmt.Errorf("the price table of %s has no price for %s; it has %s; look it up and add it to internal/cost/prices.yaml",
		Table().Date, what, strings.Join(slices.Compact(has), ", "))
}

// region returns an error if a region has no prices.
func (p Prices) region(name string) error {
	const everywhere = "pd-balanced" // has a price in each region of the table
	if _, known := p.Disks[everywhere][name]; !known {
		return missing("region "+name, slices.Collect(maps.Keys(p.Disks[everywhere])))
	}
	return nil
}

// disk is the price of a disk per GiB and month.
func (p Prices) disk(kind, region string) (float64, error) {
	price, known := p.Disks[kind][region]
	if !known {
		return 0, missing(fmt.Sprintf("disks of type %s in %s", kind, region), slices.Collect(maps.Keys(p.Disks)))
	}
	return price, nil
}

// machine is the price of a machine per hour.
func (p Prices) machine(kind, region string, spot bool) (float64, error) {
	prices, known := p.Machines[kind][region]
	price, what := prices[0], "machines"
	if spot {
		price, what = prices[1], "Spot machines"
	}
	if known && price > 0 {
		return price, nil
	}
	var there []string
	for name, regions := range p.Machines {
		if regions[region][0] > 0 && (!spot || regions[region][1] > 0) {
			there = append(there, name)
		}
	}
	return 0, missing(fmt.Sprintf("%s of type %s in %s", what, kind, region), there)
}
