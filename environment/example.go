package environment

import (
	"net/netip"
	"regexp"
	"strings"
)

// Example is a value that documentation and rehearsals use in place of a real one. What
// it names does not exist, or belongs to someone else.
type Example struct {
	// Part is the part that makes it an example: example.com in https://ci.example.com.
	Part string
	// Kind says what Part is.
	Kind string
	// Instead is the whole value with a placeholder to fill in; empty for a secret,
	// for which the CLI prompts.
	Instead string
}

// kinds are the forms of examples. The second group of each form is the part to replace.
var kinds = []struct {
	form          *regexp.Regexp
	kind, instead string
}{
	// Source: RFC 2606, "Reserved Top Level DNS Names", sections 2 and 3. A name must be
	// delimited: a tag such as app:1.test does not count.
	{regexp.MustCompile(`(?i)(^|//|[@\s=,;"'(<\[])((?:[a-z0-9_-]+\.|\*\.)*?example\.(?:com|net|org)|(?:[a-z0-9_-]+\.|\*\.)*?[a-z0-9_-]+\.(?:test|example|invalid|localhost))(\.?(?:$|[/:\s,;"')>\]?#]))`),
		"is a domain reserved for documentation and tests (RFC 2606)", "YOUR.DOMAIN"},
	// The account in this project's examples, and the placeholders in its messages.
	{regexp.MustCompile(`(^|//|[@\s=,;"'(<\[])((?i:github\.com)[/:](?:(?i:example)|ORGANIZATION|OUR-ORGANIZATION))($|[/\s,;"')>\]?#]|\.git)`),
		"is an example account", "github.com/YOUR-ORGANIZATION"},
}

// address matches what may be an IP address, with or without a port.
var address = regexp.MustCompile(`(^|[^0-9A-Za-z._:-])([0-9A-Fa-f]*[.:][0-9A-Fa-f:.]+)`)

// documents6 are the IPv6 documentation ranges; those of IPv4 are in special.
// Sources: RFC 3849, and RFC 9637, section 3.
var documents6 = []netip.Prefix{netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("3fff::/20")}

// FindExample looks for an example in the value of a setting.
func FindExample(value string) (found Example, is bool) {
	if value == placeholderToken || strings.TrimSpace(value) == strings.TrimSpace(placeholderKey) {
		return Example{Part: "it", Kind: "is the placeholder that rehearsals use for a secret"}, true
	}
	found.Instead = value
	for _, k := range kinds {
		// Not ReplaceAll: one match may end with the delimiter that begins the next.
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
		found.note(addr.String(), "is an address reserved for documentation (RFC 5737, 3849 and 9637)")
		return match[1] + "YOUR.IP.ADDRESS" + rest
	})
	return found, found.Part != ""
}

// note records an example, unless one was found before.
func (x *Example) note(part, kind string) {
	if x.Part == "" {
		x.Part, x.Kind = part, kind
	}
}

// domain replaces a reserved domain, and keeps the names of hosts in it.
func domain(name, instead string) string {
	labels := strings.Split(name, ".")
	if strings.Contains(name, "/") || len(labels) <= 2 {
		return instead
	}
	return strings.Join(labels[:len(labels)-2], ".") + "." + instead
}

// leadingAddress splits a string into the address that it begins with and the rest.
func leadingAddress(text string) (addr netip.Addr, rest string) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return addr, ""
	}
	if with, err := netip.ParseAddrPort(text); err == nil {
		return with.Addr(), text[strings.LastIndex(text, ":"):]
	}
	trimmed := strings.TrimRight(text, ".:")
	addr, _ = netip.ParseAddr(trimmed) // on failure the zero address, which is no example
	return addr, text[len(trimmed):]
}

// documents reports whether an address is reserved for documentation.
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
	return IsDocumentation(netip.PrefixFrom(addr, addr.BitLen()))
}

// Command is the command that sets a real value instead. The key may have an index.
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
