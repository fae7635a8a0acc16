package googlecloud

import (
	"fmt"
	"net/netip"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// addressRange is a range in use in a VPC.
type addressRange struct {
	prefix netip.Prefix
	field  string // the input with the range
	owner  string // the subnetwork's name in error messages
}

func checkInNetwork(c *call) error {
	if network := c.text("network"); c.refer(network) == nil {
		return fmt.Errorf("Error creating %s: googleapi: Error 404: The resource '%s' was not found, notFound", c.fact.Noun, network)
	}
	return nil
}

func checkSubnetwork(c *call) error {
	if err := checkInNetwork(c); err != nil {
		return err
	}
	own := subnetRanges(c.object)
	for i, r := range own {
		for _, other := range append(c.rangesInUse(), own[:i]...) {
			if r.prefix.Overlaps(other.prefix) {
				return fmt.Errorf("Error waiting to create Subnetwork: Error waiting for Creating Subnetwork: "+
					"Invalid value for field '%s': '%s'. Invalid IPCidrRange: %s conflicts with existing subnetwork '%s' in region '%s'.",
					r.field, r.prefix, r.prefix, other.owner, c.text("region"))
			}
		}
	}
	return nil
}

// rangesInUse lists the ranges of the other subnetworks of the call's network,
// and those of the control planes in it.
func (c *call) rangesInUse() (ranges []addressRange) {
	network := c.text("network")
	for _, other := range c.cloud.sorted() {
		if other.urn == c.object.urn || trimLink(text(other.outputs, "network")) != network {
			continue
		}
		switch other.kind {
		case "gcp:compute/subnetwork:Subnetwork":
			ranges = append(ranges, subnetRanges(other)...)
		case "gcp:container/cluster:Cluster":
			ranges = append(ranges, controlPlaneRange(other)...)
		}
	}
	return ranges
}

// movesRange tells whether a change of a subnetwork's primary range is other than an
// expansion. Such a change replaces the subnetwork, which the schema does not say.
// Source: provider source, resource_compute_subnetwork.go, IsShrinkageIpCidr.
func movesRange(req plugin.DiffRequest, path resource.PropertyPath) bool {
	const property = "ipCidrRange"
	if req.Type != "gcp:compute/subnetwork:Subnetwork" || len(path) != 1 || path[0] != property {
		return false
	}
	before, err := netip.ParsePrefix(text(req.OldInputs, property))
	after, wrong := netip.ParsePrefix(text(req.NewInputs, property))
	return err != nil || wrong != nil || !after.Contains(before.Addr()) || after.Bits() > before.Bits()
}

func subnetRanges(subnet *object) []addressRange {
	name := text(subnet.outputs, "name")
	ranges := parseRange(text(subnet.outputs, "ipCidrRange"), "resource.ipCidrRange", name)
	secondary := lookup(subnet.outputs, "secondaryIpRanges")
	if secondary.IsArray() {
		for i := range secondary.ArrayValue() {
			path := fmt.Sprintf("secondaryIpRanges[%d].ipCidrRange", i)
			ranges = append(ranges, parseRange(text(subnet.outputs, path), "resource."+path, name)...)
		}
	}
	return ranges
}

func parseRange(cidr, field, owner string) []addressRange {
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil {
		return nil
	}
	return []addressRange{{prefix: prefix, field: field, owner: owner}}
}

// hasSecondaryRange tells whether a subnetwork has a secondary range with that name.
func hasSecondaryRange(subnet *object, name string) bool {
	secondary := lookup(subnet.outputs, "secondaryIpRanges")
	if !secondary.IsArray() {
		return false
	}
	for _, element := range secondary.ArrayValue() {
		if element.IsObject() && text(element.ObjectValue(), "rangeName") == name {
			return true
		}
	}
	return false
}

func checkNAT(c *call) error {
	router := fmt.Sprintf("projects/%s/regions/%s/routers/%s", c.text("project"), c.text("region"), c.text("router"))
	if c.find(router) == nil {
		return fmt.Errorf("Error creating RouterNat: googleapi: Error 404: The resource '%s' was not found, notFound", router)
	}
	for _, address := range texts(lookup(c.object.outputs, "natIps")) {
		if c.refer(address) == nil {
			return fmt.Errorf("Error creating RouterNat: googleapi: Error 404: The resource '%s' was not found, notFound", trimLink(address))
		}
	}
	for _, subnet := range objects(lookup(c.object.outputs, "subnetworks")) {
		c.refer(text(subnet, "name"))
	}
	return nil
}

// texts and objects read lists, without the elements of other types.
func texts(list resource.PropertyValue) (values []string) {
	if list.IsArray() {
		for _, element := range list.ArrayValue() {
			if element.IsString() {
				values = append(values, element.StringValue())
			}
		}
	}
	return values
}

func objects(list resource.PropertyValue) (values []resource.PropertyMap) {
	if list.IsArray() {
		for _, element := range list.ArrayValue() {
			if element.IsObject() {
				values = append(values, element.ObjectValue())
			}
		}
	}
	return values
}
