package environment

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestFreeBlockSearchesFromANearBlockOn(t *testing.T) {
	block := netip.MustParsePrefix
	for _, c := range []struct {
		near, want string
		used       []string
	}{
		{near: "10.64.0.0/20", want: "10.64.0.0/20"},
		{near: "10.64.0.0/20", used: []string{"10.64.0.0/20"}, want: "10.64.16.0/20"},
		{near: "10.64.0.0/20", used: []string{"10.64.0.0/16"}, want: "10.65.0.0/20"},
		{near: "10.255.0.0/16", used: []string{"10.255.0.0/16"}, want: "10.0.0.0/16"},
		{near: "172.16.0.0/16", used: []string{"172.16.0.0/16"}, want: "172.18.0.0/16"}, // GKE's nodes use 172.17
		{near: "192.168.0.0/16", used: []string{"192.168.10.0/24"}, want: "10.0.0.0/16"},
		{near: "172.31.0.0/16", used: []string{"172.16.0.0/12", "10.0.0.0/9"}, want: "10.128.0.0/16"},
	} {
		var used []netip.Prefix
		for _, text := range c.used {
			used = append(used, block(text))
		}
		got, err := FreeBlock(block(c.near), used)
		require.NoError(t, err)
		assert.Equal(t, c.want, got.String(), "near %s, used %v", c.near, c.used)
	}
	_, err := FreeBlock(block("10.64.0.0/16"), private)
	assert.ErrorContains(t, err, "no private /16 is free")
}

func TestFreeBlockIsValidAndOverlapsNoBlockInUse(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var used []netip.Prefix
		for range rapid.IntRange(1, 40).Draw(rt, "blocks") {
			home := rapid.SampledFrom(private).Draw(rt, "home")
			bits := rapid.IntRange(largestBlock, smallestBlock).Draw(rt, "bits")
			near := cut(home, bits, rapid.Uint32Range(0, 1<<(bits-home.Bits())-1).Draw(rt, "index"))
			got, err := FreeBlock(near, used)
			require.NoError(rt, err)
			_, err = ParseBlock(got.String())
			require.NoError(rt, err)
			require.Equal(rt, bits, got.Bits())
			require.False(rt, overlapsAny(got, used), "%s of %v", got, used)
			used = append(used, got)
		}
	})
}
