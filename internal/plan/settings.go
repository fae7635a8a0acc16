package plan

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"bastide/environment/stackfile"
)

// settings returns the settings of an environment, defaults included, that differ between
// two folders of the project. Encrypted values are compared without decrypting them.
func settings(before, after, environment string) (differences []Property, err error) {
	var values [2]map[string]any
	for i, root := range []string{before, after} {
		if values[i], err = stackfile.Defaults(root); err != nil {
			return nil, err
		}
		file, err := stackfile.Read(root, environment)
		if err != nil {
			return nil, err
		}
		maps.Copy(values[i], file.Settings)
	}
	for _, key := range slices.Sorted(maps.Keys(union(values[0], values[1]))) {
		old, was := values[0][key]
		now, is := values[1][key]
		if was == is && same(old, now) {
			continue
		}
		difference := Property{Path: key, Old: setting(old, was), New: setting(now, is)}
		if difference.Old == difference.New {
			difference.New = other
		}
		differences = append(differences, difference)
	}
	return differences, nil
}

func same(a, b any) bool {
	one, err := json.Marshal(a)
	other, err2 := json.Marshal(b)
	return err == nil && err2 == nil && string(one) == string(other)
}

// setting prints a value, without what is encrypted.
func setting(value any, given bool) string {
	switch {
	case !given:
		return "nothing"
	case stackfile.Encrypted(value):
		if list, isList := value.([]any); isList {
			return fmt.Sprintf("%d values, encrypted", len(list))
		}
		return "encrypted"
	}
	return oneLine(value)
}
