package environment

import (
	"fmt"
	"net/netip"
)

// Claim holds what an environment can't share with any other one.
type Claim struct {
	// Environment is its name.
	Environment string
	// Project is its Google Cloud project. It can't be shared because, among other
	// things, Binary Authorization has only one policy per project.
	Project string
	// Block is its network block. Networks whose blocks overlap can't be peered, or
	// reached through the same VPN.
	Block netip.Prefix
}

// Collisions describes the claims that collide. Empty fields claim nothing.
func Collisions(claims []Claim) (wrong []string) {
	for i, a := range claims {
		for _, b := range claims[i+1:] {
			if a.Project != "" && a.Project == b.Project {
				wrong = append(wrong, fmt.Sprintf("environments %q and %q are both in project %s, but Binary Authorization has only one policy per project; give %q a project of its own: %s",
					a.Environment, b.Environment, a.Project, b.Environment, Command("pulumi", "config", "set", "--stack", b.Environment, "gcp:project", "PROJECT")))
			}
			if a.Block.IsValid() && b.Block.IsValid() && a.Block.Overlaps(b.Block) {
				wrong = append(wrong, fmt.Sprintf("the network blocks of environments %q, %s, and %q, %s, overlap; give %q another one: %s",
					a.Environment, a.Block, b.Environment, b.Block, b.Environment,
					Command("pulumi", "config", "set", "--stack", b.Environment, qualified("networkCidr"), "BLOCK")))
			}
		}
	}
	return wrong
}

// FreeBlock is the first block of the same size as near that overlaps no block in use.
// The search starts at near, wraps around at the end of its private range, and then
// continues in the other private ranges.
func FreeBlock(near netip.Prefix, inUse []netip.Prefix) (netip.Prefix, error) {
	inUse = append([]netip.Prefix{taken}, inUse...)
	for _, home := range homes(near) {
		blocks := uint32(1) << (near.Bits() - home.Bits())
		first := uint32(0)
		if home.Contains(near.Addr()) {
			first = index(home, near)
		}
		for i := range blocks {
			block := cut(home, near.Bits(), (first+i)%blocks)
			if !overlapsAny(block, inUse) {
				return block, nil
			}
		}
	}
	return netip.Prefix{}, fmt.Errorf("no private /%d is free; choose a smaller block, down to /%d", near.Bits(), smallestBlock)
}

// homes are the private ranges that have room for the block, its own range first.
func homes(block netip.Prefix) (ranges []netip.Prefix) {
	for _, p := range private {
		switch {
		case p.Contains(block.Addr()):
			ranges = append([]netip.Prefix{p}, ranges...)
		case p.Bits() <= block.Bits():
			ranges = append(ranges, p)
		}
	}
	return ranges
}

func overlapsAny(block netip.Prefix, others []netip.Prefix) bool {
	for _, other := range others {
		if other.IsValid() && block.Overlaps(other) {
			return true
		}
	}
	return false
}

// ParseBlock parses a network block; its errors are those of the setting networkCidr.
func ParseBlock(text string) (netip.Prefix, error) {
	block, wrong := parseBlock(text)
	if wrong != "" {
		return netip.Prefix{}, fmt.Errorf("%q %s", text, wrong)
	}
	return block, nil
}
