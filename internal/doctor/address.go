package doctor

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"bastide/environment"
)

// checkAddress checks that the admin ranges contain the administrator's own address.
func checkAddress(ctx context.Context, x *examination) Report {
	switch {
	case x.Address == "" && x.AddressFrom == "":
		return Report{Skipped: "no address was given; type --address ADDRESS, or --address-from URL to look it up"}
	case x.settings == nil:
		return Report{Skipped: "the settings have problems"}
	case !x.decrypted:
		return Report{Skipped: "the admin ranges are encrypted, and the passphrase that decrypts them is not set"}
	}
	address, err := x.address(ctx)
	if err != nil {
		return Report{Skipped: err.Error()}
	}
	admin, key := x.settings.Admin, "bastide:adminCidrs"
	ranges := admin.CIDRs
	if admin.PrivateEndpoint {
		ranges, key = admin.PrivateCIDRs, "bastide:privateAdminCidrs"
	}
	for i, prefix := range ranges {
		if prefix.Contains(address) {
			return Report{Seen: fmt.Sprintf("%s is inside %s[%d]", address, key, i)}
		}
	}
	return found(Finding{
		What: fmt.Sprintf("%s is in none of the %d ranges of %s", address, len(ranges), key),
		Why:  fmt.Sprintf("the control plane would refuse connections from here, so an `up` could change nothing inside the cluster; enter %s/32 when the command asks for the value", address),
		Remedy: environment.Command("pulumi", "config", "set", "--secret", "--path",
			fmt.Sprintf("%s[%d]", key, len(ranges)), "--stack", x.Environment),
		Blocks: true,
	})
}

// address is the administrator's own public address, as given or as AddressFrom returns it.
func (x *examination) address(ctx context.Context) (netip.Addr, error) {
	text := x.Address
	if text == "" {
		source, err := url.Parse(x.AddressFrom)
		if err != nil || source.Scheme != "https" && source.Scheme != "http" || source.Host == "" {
			return netip.Addr{}, fmt.Errorf("%q is not a URL to ask; type --address-from https://HOST/PATH", x.AddressFrom)
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, x.AddressFrom, nil)
		if err != nil {
			return netip.Addr{}, fmt.Errorf("asking %s: %w", source.Host, err)
		}
		answer, err := fetch(request)
		if err != nil {
			return netip.Addr{}, fmt.Errorf("asking %s: %w", source.Host, err)
		}
		text = string(answer)
	}
	address, err := netip.ParseAddr(strings.TrimSpace(text))
	if err != nil || !address.Is4() {
		return netip.Addr{}, fmt.Errorf("%.40q is not an IPv4 address, and the platform is IPv4 only", text)
	}
	return address, nil
}
