// Package cost estimates the monthly cost of an environment from its settings and a dated
// table of list prices (prices.yaml), without an engine and without a cloud. Node pools
// scale, so an estimate is a range: from all pools at their minimum to all at their maximum.
// Costs that depend on use are not included; they are listed separately.
package cost

import (
	"fmt"

	"bastide/environment"
)

// Estimate is the approximate monthly cost of an environment.
type Estimate struct {
	// Environment and Region are the environment's name and region.
	Environment, Region string
	// Lines are the parts of the estimate.
	Lines []Line
}

// Line is one part of an estimate.
type Line struct {
	// Item says what the cost is for.
	Item string
	// Range is the cost in US dollars a month.
	Range Range
	// Formula says how the cost was computed.
	Formula string
}

// Range is an amount with the node pools at their minimum and at their maximum.
type Range struct {
	Least, Most float64
}

// Total is the sum of all lines.
func (e Estimate) Total() (total Range) {
	for _, line := range e.Lines {
		total.Least += line.Range.Least
		total.Most += line.Range.Most
	}
	return total
}

// What the program creates whatever the settings are. A test compares these numbers with the
// resources that it registers.
const (
	keys      = 7  // components/keys
	zones     = 1  // private DNS zones, components/network
	addresses = 1  // external addresses, of Cloud NAT
	volumeGiB = 20 // volumes of each OpenBao server: data and audit
	// yearly is how many versions a key has after a year: the first, and one more every
	// 90 days. Old versions still decrypt, so they are kept, and billed.
	yearly = 5
)

// Of estimates an environment. A price that the table does not have is an error, because the
// sum would be too low without it.
func Of(e *environment.Environment) (Estimate, error) {
	p, region := Table(), e.Location.Region
	if err := p.region(region); err != nil {
		return Estimate{}, err
	}
	estimate := Estimate{Environment: e.Name, Region: region}
	estimate.add("GKE management fee", Range{1, 1}, p.Everywhere["cluster"].Price*p.Hours, "$%g an hour × %g h%s",
		p.Everywhere["cluster"].Price, p.Hours, credited(e))
	for _, pool := range pools(e) {
		if err := estimate.addPool(p, pool); err != nil {
			return Estimate{}, err
		}
	}
	estimate.addNAT(p, e)
	volumeType := e.VolumeType()
	disk, err := p.disk(volumeType, region)
	if err != nil {
		return Estimate{}, err
	}
	servers := float64(e.OpenBao.Replicas)
	estimate.add("OpenBao's volumes", Range{servers, servers}, volumeGiB*disk, "%g × %d GiB × $%g of %s", servers, volumeGiB, disk, volumeType)
	if e.OpenBao.Expose {
		rule := p.Everywhere["forwarding-rule"].Price
		estimate.add("load balancer of OpenBao", Range{1, 1}, rule*p.Hours, "$%g an hour × %g h", rule, p.Hours)
	}
	version := p.Everywhere["key-version"].Price
	estimate.add("keys in Cloud KMS", Range{1, yearly}, keys*version, "%d keys × 1 to %d versions × $%g; a version is added every 90 days", keys, yearly, version)
	zone := p.Everywhere["zone"].Price
	estimate.add("private DNS zone", Range{zones, zones}, zone, "%d zone × $%g", zones, zone)
	return estimate, nil
}

// add appends a line: a number of units times the price of one.
func (e *Estimate) add(item string, units Range, price float64, formula string, args ...any) {
	e.Lines = append(e.Lines, Line{
		Item: item, Range: Range{units.Least * price, units.Most * price}, Formula: fmt.Sprintf(formula, args...),
	})
}

// sized is a node pool with the minimum and maximum that it has in practice.
type sized struct {
	environment.Pool
	nodes Range
}

// pools are the environment's node pools. The general pool has at least as many nodes as
// there are OpenBao servers, because each server needs its own node.
func pools(e *environment.Environment) []sized {
	all := []sized{{e.General, Range{float64(max(e.General.MinNodes, e.OpenBao.Replicas)), float64(e.General.MaxNodes)}}}
	if e.CI != nil {
		all = append(all, sized{e.CI.Pool, Range{float64(e.CI.Pool.MinNodes), float64(e.CI.Pool.MaxNodes)}})
	}
	return all
}

func (e *Estimate) addPool(p Prices, pool sized) error {
	hour, err := p.machine(pool.MachineType, e.Region, pool.Spot)
	if err != nil {
		return err
	}
	disk, err := p.disk(pool.DiskType, e.Region)
	if err != nil {
		return err
	}
	machine := pool.MachineType
	if pool.Spot {
		machine += " Spot"
	}
	e.add(pool.Role+" nodes", pool.nodes, hour*p.Hours, "%s × $%g an hour of %s × %g h", pool.nodes, hour, machine, p.Hours)
	e.add(pool.Role+" boot disks", pool.nodes, float64(pool.DiskGB)*disk, "%s × %d GB × $%g of %s", pool.nodes, pool.DiskGB, disk, pool.DiskType)
	return nil
}

// addNAT adds Cloud NAT, which bills nodes up to a maximum, and its address.
func (e *Estimate) addNAT(p Prices, of *environment.Environment) {
	nat, address := p.Everywhere["nat"], p.Everywhere["address"]
	var nodes Range
	for _, pool := range pools(of) {
		nodes.Least += pool.nodes.Least
		nodes.Most += pool.nodes.Most
	}
	counted := Range{min(nodes.Least, float64(nat.Most)), min(nodes.Most, float64(nat.Most))}
	e.add("Cloud NAT", counted, nat.Price*p.Hours, "%s nodes (at most %d count) × $%g an hour × %g h", counted, nat.Most, nat.Price, p.Hours)
	e.add("its address", Range{addresses, addresses}, address.Price*p.Hours, "%d × $%g an hour × %g h", addresses, address.Price, p.Hours)
}

func credited(e *environment.Environment) string {
	if e.Location.Zonal() {
		return "; Google credits one zonal cluster of each billing account"
	}
	return ""
}
