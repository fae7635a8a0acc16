package stackfile

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"bastide/environment"
)

// rehearsalKey lets an environment have what only rehearsals may: addresses for
// documentation, among others.
const rehearsalKey = environment.Namespace + ":rehearsal"

// WithStandIns are the settings with stand-ins of the right type for all that is
// encrypted, and for what is pending: to be set and encrypted one day. It tells which
// these are. put makes a value of a stand-in's text: the text itself, or a secret.
//
// What nobody knows, a misspelt key most likely, gets a text, for environment.Load to
// say what it has to say.
func (f File) WithStandIns(pending []string, put func(text string) (any, error)) (settings map[string]any, replaced []string, err error) {
	settings = maps.Clone(f.Settings)
	for _, key := range pending {
		if _, given := settings[key]; !given {
			settings[key] = map[string]any{secure: ""}
		}
	}
	replaced = File{Settings: settings}.Encrypted()
	standIns := environment.StandIns(f.Settings)
	for _, key := range replaced {
		standIn, known := standIns[key]
		if !known {
			standIn = unknown
		}
		switch list, isList := standIn.([]any); {
		case key == rehearsalKey: // is set below
		case isList:
			settings[key], err = elements(settings[key], list, put)
		default:
			settings[key], err = put(fmt.Sprint(standIn))
		}
		if err != nil {
			return nil, nil, fmt.Errorf("putting a stand-in for %s: %w", key, err)
		}
	}
	if len(replaced) > 0 {
		settings[rehearsalKey] = "true"
	}
	return settings, replaced, nil
}

// unknown stands in for what no stand-in is known for.
const unknown = "stand-in"

// elements puts stand-ins for the elements of a list that are encrypted, or for the
// whole list if that is.
func elements(value any, standIns []any, put func(string) (any, error)) (list []any, err error) {
	given, isList := value.([]any)
	if !isList {
		given = slices.Repeat([]any{value}, len(standIns))
	}
	for i, element := range given {
		if Encrypted(element) {
			if element, err = put(nth(standIns, i)); err != nil {
				return nil, err
			}
		}
		list = append(list, element)
	}
	return list, nil
}

// nth is the stand-in for the i-th element. No two ranges may be the same, so the last
// one is followed by the next of its size, in the same /24.
func nth(standIns []any, i int) string {
	last := len(standIns) - 1
	if i < last {
		return fmt.Sprint(standIns[i])
	}
	text := fmt.Sprint(standIns[last])
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return text
	}
	const narrow = 28 // many of which are in a /24
	size := max(prefix.Bits(), narrow)
	base := prefix.Addr().As4()
	base[3] = byte((int(base[3]) + (i-last)<<(32-size)) % 256) //nolint:gosec // it is below 256
	return netip.PrefixFrom(netip.AddrFrom4(base), size).String()
}
