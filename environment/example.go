package environment

import (
	"net/netip"
	"regexp"
	"strings"
)

// Example is a value that documents and rehearsals have in place of a team's own. What
// it names belongs to nobody, or to a stranger.
type Example struct {
	// Part is what shows it: example.com in https://ci.example.com.
	Part string
	// Kind says what that is.
	Kind string
	// Instead is the whole value with something to fill in; empty for a secret, for
	// which the CLI asks.
	Instead string
}

// kinds are the forms of examples. The second group of each is the part to replace.
var kinds = []struct {
	form          *regexp.Regexp
	kind, instead string
}{
	// Source: RFC 2606, "Reserved Top Level DNS Names", sections 2 and 3. A name stands
	// at the beginning, after // or after @, and ends where a name does: a tag such as
	// app:1.test is none.
	{regexp.MustCompile(`(?i)(^|//|[@\s=,;"'(<\[])((?:[a-z0-9_-]+\.|\*\.)*?example\.(?:com|net|org)|(?:[a-z0-9_-]+\.|\*\.)*?[a-z0-9_-]+\.(?:test|example|invalid|localhost))(\.?(?:$|[/:\s,;"')>\]?#]))`),
		"is a name that is kept for documents and tests (RFC 2606)", "YOUR.DOMAIN"},
	// The account of this project's own examples, and the words of its remedies.
	{regexp.MustCompile(`(^|//|[@\s=,;"'(<\[])((?i:github\.com)[/:](?:(?i:example)|ORGANIZATION|OUR-ORGANIZATION))($|[/\s,;"')>\]?#]|\.git)`),
		"is the account of examples", "github.com/YOUR-ORGANIZATION"},
}

// address is what may be an IP address in a value, be it with a port.
var address = regexp.MustCompile(`(^|[^0-9A-Za-z._:-])([0-9A-Fa-f]*[.:][0-9A-Fa-f:.]+)`)

// documents6 are the IPv6 ranges for documentation; those of IPv4 are among special.
// Sources: RFC 3849, and RFC 9637, section 3.
var documents6 = []netip.Prefix{netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("3fff::/20")}

// FindExample looks for an example in the value of a setting.
func FindExample(value string) (found Example, is bool) {
	if value == standInToken || strings.TrimSpace(value) == strings.TrimSpace(standInKey) {
		return Example{Part: "it", Kind: "is what rehearsals have in place of a secret"}, true
	}
	found.Instead = value
	for _, k := range kinds {
		// One match may end where the next one begins.
		for match := k.form.FindStringSubmatchIndex(found.Instead); match != nil; match = k.form.FindStringSubmatchIndex(found.Instead) {
			part := found.Instead[match[4]:match[5]]
			found.note(part, k.kind)
			found.Instead = found.Instead[:match[4]] + domain(part, k.instead) + found.Instead[match[5]:]
		}
	}
	found.Instead = address.ReplaceAllStringFunc(found.Instead, func(text string) string {
		match := address.FindStringSubmatch(text)
		addr, rest := leadingAddress(match[2])
		if !documents(addr) {
			return text
		}
		found.note(addr.String(), "is an address for documentation (RFC 5737, 3849 and 9637)")
		return match[1] + "YOUR.IP.ADDRESS" + rest
	})
	return found, found.Part != ""
}

// note keeps the first part that shows an example.
func (x *Example) note(part, kind string) {
	if x.Part == "" {
		x.Part, x.Kind = part, kind
	}
}

// domain puts something else in place of a reserved domain, and keeps the names of
// hosts in it.
func domain(name, instead string) string {
	labels := strings.Split(name, ".")
	if strings.Contains(name, "/") || len(labels) <= 2 {
		return instead
	}
	return strings.Join(labels[:len(labels)-2], ".") + "." + instead
}

// leadingAddress is the address that a text begins with, and what follows it.
func leadingAddress(text string) (addr netip.Addr, rest string) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return addr, ""
	}
	if with, err := netip.ParseAddrPort(text); err == nil {
		return with.Addr(), text[strings.LastIndex(text, ":"):]
	}
	trimmed := strings.TrimRight(text, ".:")
	addr, _ = netip.ParseAddr(trimmed) // the zero address is no example
	return addr, text[len(trimmed):]
}

func documents(addr netip.Addr) bool {
	addr = addr.Unmap()
	if !addr.IsValid() {
		return false
	}
	for _, prefix := range documents6 {
		if prefix.Contains(addr) {
			return true
		}
	}
	return Documentation(netip.PrefixFrom(addr, addr.BitLen()))
}

// Command sets a value of one's own instead. The key may have an index.
func (x Example) Command(stack, key string) string {
	words := []string{"pulumi", "config", "set", "--stack", stack}
	if x.Instead == "" {
		words = append(words, "--secret")
	}
	if strings.HasSuffix(key, "]") {
		words = append(words, "--path")
	}
	words = append(words, key)
	if x.Instead != "" {
		words = append(words, x.Instead)
	}
	return Command(words...)
}
