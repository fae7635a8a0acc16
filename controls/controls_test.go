package controls

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryControlSaysWhatItNeeds(t *testing.T) {
	seen := map[string]bool{}
	for _, control := range All() {
		assert.False(t, seen[control.ID], "%s is there twice", control.ID)
		seen[control.ID] = true
		source, _, _ := strings.Cut(control.ID, " ")
		assert.Contains(t, Sources, source, control.ID)
		assert.NotEmpty(t, control.Title, control.ID)
		if control.By == Program || control.By == Cluster {
			assert.NotEmpty(t, control.Checks, "%s is met by the program, which promises nothing", control.ID)
		} else {
			assert.NotEmpty(t, control.Note, "%s does not say how, or why not", control.ID)
		}
	}
}

func TestChecks(t *testing.T) {
	inputs := map[string]any{
		"on": true, "count": float64(3), "name": "x", "none": "",
		"list":   []any{"a", "b"},
		"nested": map[string]any{"items": []any{map[string]any{"protocol": "all"}}, "a.b/c": "dots"},
	}
	for path, want := range map[string]any{
		"on": true, "count": 3, "name": "x", "list": []any{"a", "b"},
		"nested.items.0.protocol": "all", "nested[a.b/c]": "dots", "nested": Present, "none": Absent, "missing": Absent, "missing.deep": Absent,
	} {
		require.NoError(t, Check{Type: "a:b:C", Path: path, Want: want}.Holds(inputs), path)
	}
	for path, want := range map[string]any{
		"on": false, "count": 4, "name": "y", "list": []any{"b", "a"},
		"nested.items.1.protocol": "all", "missing": Present, "none": Present, "nested": Absent, "absent": true,
	} {
		require.Error(t, Check{Type: "a:b:C", Path: path, Want: want}.Holds(inputs), path)
	}
}
