package environment

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
)

// Names of the subnet's secondary ranges; they are scoped to the subnet.
const (
	PodRange     = "pods"
	ServiceRange = "services"
)

// Addresses is the address plan. Every range is cut from Block at a fixed position, so
// that environments with disjoint blocks can be peered, and ranges that are added later
// never move those in use.
//
// The block is cut into sixteenths:
//
//	0-7   pods
//	8     nodes
//	9     services
//	10    small ranges of /28 each: the control plane is the first
//	11-15 free, for future ranges
type Addresses struct {
	// Block is the environment's own block, /16 to /20.
	Block netip.Prefix
	// Pods is the secondary range for pods: half of the block.
	Pods netip.Prefix
	// Nodes is the subnet's primary range.
	Nodes netip.Prefix
	// Services is the secondary range for ClusterIP addresses.
	Services netip.Prefix
	// ControlPlane is the /28 that Google peers to the VPC.
	ControlPlane netip.Prefix
}

const (
	largestBlock, smallestBlock = 16, 20
	sixteenth                   = 4  // bits
	controlPlaneBits            = 28 // fixed by GKE

	// PodsPerNode is the maximum number of pods on a node. GKE allocates each node a
	// block of at least twice as many addresses (here a /25), which limits how many
	// nodes the pod range can serve.
	PodsPerNode = 64
	nodeBits    = 25
)

// private are the blocks of RFC 1918.
var private = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"),
}

// shared is the carrier-grade NAT range of RFC 6598, which VPCs can route as well.
var shared = netip.MustParsePrefix("100.64.0.0/10")

// LinkLocal contains the metadata server, and nothing that build jobs need.
var LinkLocal = netip.MustParsePrefix("169.254.0.0/16")

// PrivateRanges are all private ranges that a VPC can route.
func PrivateRanges() (ranges []string) {
	for _, prefix := range append(slices.Clone(private), shared) {
		ranges = append(ranges, prefix.String())
	}
	return ranges
}

// ControlPlanePorts are the control plane's ports that nodes need: that of the API
// server, and that of konnectivity, through whose agents the API server reaches nodes
// and webhooks. Source: Kubernetes, "Set up Konnectivity service", --agent-port. That
// GKE's agents use the same port is known from other projects' firewall rules only.
var ControlPlanePorts = []string{"443", "8132"}

// taken is the private block that GKE's nodes use themselves. Source: GKE,
// "About IP address planning": 172.17.0.0/16 is the container bridge.
var taken = netip.MustParsePrefix("172.17.0.0/16")

func isPrivate(prefix netip.Prefix) bool {
	for _, p := range private {
		if p.Bits() <= prefix.Bits() && p.Contains(prefix.Addr()) {
			return true
		}
	}
	return false
}

func readAddresses(r *reader) Addresses {
	const key, example = "networkCidr", "10.64.0.0/16"
	value := r.text(key)
	if value == "" {
		r.report(key, r.setting(key, example), "no block is set for the network; choose one that no other environment uses")
		return Addresses{}
	}
	block, wrong := parseBlock(value)
	if wrong != "" {
		r.report(key, r.setting(key, example), "%q %s", value, wrong)
		return Addresses{}
	}
	return plan(block)
}

// parseBlock reads the address block of an environment, or says what is wrong with it.
func parseBlock(text string) (block netip.Prefix, wrong string) {
	block, wrong = parsePrefix(text)
	switch {
	case wrong != "":
	case !isPrivate(block):
		wrong = "is public; use a block in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"
	case block.Bits() < largestBlock:
		wrong = fmt.Sprintf("is larger than /%d, which would leave no blocks for other environments", largestBlock)
	case block.Bits() > smallestBlock:
		wrong = fmt.Sprintf("is too small; a cluster needs at least a /%d", smallestBlock)
	case block.Overlaps(taken):
		wrong = fmt.Sprintf("overlaps %s, which GKE's nodes use themselves", taken)
	}
	return block, wrong
}

// ParseAddresses returns the address plan of a block such as 10.64.0.0/16.
func ParseAddresses(block string) (Addresses, error) {
	prefix, wrong := parseBlock(block)
	if wrong != "" {
		return Addresses{}, fmt.Errorf("address block %q %s", block, wrong)
	}
	return plan(prefix), nil
}

// plan cuts a block as the comment of Addresses describes.
func plan(block netip.Prefix) Addresses {
	bits := block.Bits() + sixteenth
	return Addresses{
		Block:        block,
		Pods:         cut(block, block.Bits()+1, 0),
		Nodes:        cut(block, bits, 8),
		Services:     cut(block, bits, 9),
		ControlPlane: cut(cut(block, bits, 10), controlPlaneBits, 0),
	}
}

// cut returns the index-th piece of a block with the given mask.
func cut(block netip.Prefix, bits int, index uint32) netip.Prefix {
	var base [4]byte
	binary.BigEndian.PutUint32(base[:], firstAddress(block)+index<<(32-bits))
	return netip.PrefixFrom(netip.AddrFrom4(base), bits)
}

// index is the position of a piece within a block: the inverse of cut.
func index(block, piece netip.Prefix) uint32 {
	return (firstAddress(piece) - firstAddress(block)) >> (32 - piece.Bits())
}

func firstAddress(block netip.Prefix) uint32 {
	base := block.Addr().As4()
	return binary.BigEndian.Uint32(base[:])
}

// MostNodes is the number of nodes for which the pod range has blocks.
func (a Addresses) MostNodes() int {
	return 1 << (nodeBits - a.Pods.Bits())
}
