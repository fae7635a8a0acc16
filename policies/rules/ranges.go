package rules

import (
	"net/netip"
	"slices"

	"bastide/policies/rule"
)

// oneOfRanges demands that a range equals one of some ranges.
func oneOfRanges(value rule.Value, ranges []netip.Prefix, setting string) {
	text, known := value.Text()
	if !known {
		return
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil || !slices.Contains(ranges, prefix) {
		value.Wrong("write a range of " + setting)
	}
}

// withinRanges demands that a range is inside one of some ranges.
func withinRanges(value rule.Value, ranges []netip.Prefix, write string) {
	text, known := value.Text()
	if !known {
		return
	}
	prefix, err := netip.ParsePrefix(text)
	inside := func(outer netip.Prefix) bool {
		return outer.Bits() <= prefix.Bits() && outer.Contains(prefix.Addr())
	}
	if err != nil || !slices.ContainsFunc(ranges, inside) {
		value.Wrong(write)
	}
}
