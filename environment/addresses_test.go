package environment

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestPlanCutsRangesAtFixedPositions(t *testing.T) {
	for block, want := range map[string]Addresses{
		"10.64.0.0/16": {
			Pods:         netip.MustParsePrefix("10.64.0.0/17"),
			Nodes:        netip.MustParsePrefix("10.64.128.0/20"),
			Services:     netip.MustParsePrefix("10.64.144.0/20"),
			ControlPlane: netip.MustParsePrefix("10.64.160.0/28"),
		},
		"192.168.16.0/20": {
			Pods:         netip.MustParsePrefix("192.168.16.0/21"),
			Nodes:        netip.MustParsePrefix("192.168.24.0/24"),
			Services:     netip.MustParsePrefix("192.168.25.0/24"),
			ControlPlane: netip.MustParsePrefix("192.168.26.0/28"),
		},
	} {
		want.Block = netip.MustParsePrefix(block)
		assert.Equal(t, want, plan(want.Block))
	}
}

func TestParseAddressesRefusesInvalidBlocks(t *testing.T) {
	a, err := ParseAddresses("10.64.0.0/16")
	assert.NoError(t, err)
	assert.Equal(t, plan(netip.MustParsePrefix("10.64.0.0/16")), a)
	for _, block := range []string{"", "10.64.0.0", "8.8.0.0/16", "10.0.0.0/8", "10.64.0.0/24", "172.17.0.0/16"} {
		_, err := ParseAddresses(block)
		assert.ErrorContains(t, err, `address block "`+block+`"`)
	}
}

func TestRangesOfAPlanAreInTheBlockAndDisjoint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.IntRange(largestBlock, smallestBlock).Draw(t, "bits")
		address := [4]byte{}
		binary.BigEndian.PutUint32(address[:], rapid.Uint32().Draw(t, "address"))
		block := netip.PrefixFrom(netip.AddrFrom4(address), bits).Masked()

		a := plan(block)
		ranges := []netip.Prefix{a.Pods, a.Nodes, a.Services, a.ControlPlane}
		for i, r := range ranges {
			assert.Equal(t, r.Masked(), r, "aligned")
			assert.GreaterOrEqual(t, r.Bits(), block.Bits())
			assert.True(t, block.Contains(r.Addr()), "%s in %s", r, block)
			for _, other := range ranges[i+1:] {
				assert.False(t, r.Overlaps(other), "%s and %s", r, other)
			}
		}
		assert.GreaterOrEqual(t, a.MostNodes(), 16)
	})
}
