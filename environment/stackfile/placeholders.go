package stackfile

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"bastide/environment"
)

// rehearsalKey allows an environment what only rehearsals may have, such as addresses
// from documentation ranges.
const rehearsalKey = environment.Namespace + ":rehearsal"

// WithPlaceholders are the settings with placeholders of the right type for all encrypted
// values, and for the keys in pending, which are still to be set and encrypted. It also
// returns the keys whose values it replaced. put turns a placeholder into a value: the
// string itself, or a secret.
//
// An unknown key, which is most likely misspelt, gets a string, so that environment.Load
// reports it.
func (f File) WithPlaceholders(pending []string, put func(text string) (any, error)) (settings map[string]any, replaced []string, err error) {
	settings = maps.Clone(f.Settings)
	for _, key := range pending {
		if _, given := settings[key]; !given {
			settings[key] = map[string]any{secure: ""}
		}
	}
	replaced = File{Settings: settings}.Encrypted()
	placeholders := environment.Placeholders(f.Settings)
	for _, key := range replaced {
		placeholder, known := placeholders[key]
		if !known {
			placeholder = unknown
		}
		switch list, isList := placeholder.([]any); {
		case key == rehearsalKey: // is set below
		case isList:
			settings[key], err = elements(settings[key], list, put)
		default:
			settings[key], err = put(fmt.Sprint(placeholder))
		}
		if err != nil {
			return nil, nil, fmt.Errorf("setting a placeholder for %s: %w", key, err)
		}
	}
	if len(replaced) > 0 {
		settings[rehearsalKey] = "true"
	}
	return settings, replaced, nil
}

// unknown is the placeholder for keys that have no placeholder of their own.
const unknown = "placeholder"

// elements replaces the encrypted elements of a list with placeholders, or the whole list
// if it is encrypted as a whole.
func elements(value any, placeholders []any, put func(string) (any, error)) (list []any, err error) {
	given, isList := value.([]any)
	if !isList {
		given = slices.Repeat([]any{value}, len(placeholders))
	}
	for i, element := range given {
		if Encrypted(element) {
			if element, err = put(nth(placeholders, i)); err != nil {
				return nil, err
			}
		}
		list = append(list, element)
	}
	return list, nil
}

// nth is the placeholder for the i-th element. Ranges must be distinct, so those beyond
// the last placeholder are the ranges that follow it in the same /24.
func nth(placeholders []any, i int) string {
	last := len(placeholders) - 1
	if i < last {
		return fmt.Sprint(placeholders[i])
	}
	text := fmt.Sprint(placeholders[last])
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return text
	}
	const narrow = 28 // a /24 has room for 16 of these
	size := max(prefix.Bits(), narrow)
	base := prefix.Addr().As4()
	base[3] = byte((int(base[3]) + (i-last)<<(32-size)) % 256) //nolint:gosec // it is below 256
	return netip.PrefixFrom(netip.AddrFrom4(base), size).String()
}
