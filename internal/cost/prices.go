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
	// Date is the day of which the prices are.
	Date string
	// Hours are counted for a month.
	Hours float64
	// Sources are where prices were looked up, by a short name.
	Sources map[string]string
	// Everywhere are prices that no region changes.
	Everywhere map[string]Price
	// Usage are prices of what no estimate can know.
	Usage []Price
	// Disks are prices of a GiB and month, by type and region.
	Disks map[string]map[string]float64
	// Machines are prices of an hour and of a Spot hour, by type and region.
	Machines map[string]map[string][2]float64
}

// Price is one of them.
type Price struct {
	// Item is what it is for, where it is no key of a map.
	Item string
	// Price is in US dollars, Per what it buys.
	Price float64
	Per   string
	// Most is the number of units after which more cost nothing; 0 for never.
	Most int
	// Source is a key of Prices.Sources.
	Source string
}

// Table is the price table of the project.
var Table = sync.OnceValue(func() Prices {
	var p Prices
	if err := yaml.UnmarshalStrict(priceList, &p); err != nil {
		panic("internal/cost/prices.yaml: " + err.Error()) // it is part of the program
	}
	return p
})

// missing tells what the table does not have, and what it has instead.
func missing(what string, has []string) error {
	slices.Sort(has)
	return fmt.Errorf("the price table of %s has no price for %s; it has %s. Look it up and add it to internal/cost/prices.yaml",
		Table().Date, what, strings.Join(slices.Compact(has), ", "))
}

// region refuses one without prices.
func (p Prices) region(name string) error {
	const everywhere = "pd-balanced" // has a price in each region of the table
	if _, known := p.Disks[everywhere][name]; !known {
		return missing("region "+name, slices.Collect(maps.Keys(p.Disks[everywhere])))
	}
	return nil
}

// disk is the price of a GiB and month.
func (p Prices) disk(kind, region string) (float64, error) {
	price, known := p.Disks[kind][region]
	if !known {
		return 0, missing(fmt.Sprintf("disks of type %s in %s", kind, region), slices.Collect(maps.Keys(p.Disks)))
	}
	return price, nil
}

// machine is the price of an hour.
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
