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

// lookAtAddress asks whether an administrator at this address would get in.
func lookAtAddress(ctx context.Context, p *patient) Report {
	switch {
	case p.Address == "" && p.AddressFrom == "":
		return Report{Skipped: "no address was given; --address ADDRESS gives one, --address-from URL asks for it"}
	case p.settings == nil:
		return Report{Skipped: "the settings have problems"}
	case !p.decrypted:
		return Report{Skipped: "the admin ranges are encrypted, and the passphrase is not at hand"}
	}
	address, err := p.address(ctx)
	if err != nil {
		return Report{Skipped: err.Error()}
	}
	admin, key := p.settings.Admin, "bastide:adminCidrs"
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
		Why:  fmt.Sprintf("the control plane would not answer from here, so `up` could do nothing inside the cluster; give the command %s/32 when it asks", address),
		Remedy: environment.Command("pulumi", "config", "set", "--secret", "--path",
			fmt.Sprintf("%s[%d]", key, len(ranges)), "--stack", p.Environment),
		Blocks: true,
	})
}

// address is the administrator's own, as given or as the source tells it.
func (p *patient) address(ctx context.Context) (netip.Addr, error) {
	text := p.Address
	if text == "" {
		source, err := url.Parse(p.AddressFrom)
		if err != nil || source.Scheme != "https" && source.Scheme != "http" || source.Host == "" {
			return netip.Addr{}, fmt.Errorf("%q is no address of a source, https://HOST/PATH", p.AddressFrom)
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.AddressFrom, nil)
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
		return netip.Addr{}, fmt.Errorf("%.40q is no IPv4 address, and the platform is IPv4 only", text)
	}
	return address, nil
}
