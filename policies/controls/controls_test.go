package controls

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryControlHasASourceATitleAndChecksOrANote(t *testing.T) {
	seen := map[string]bool{}
	for _, control := range All() {
		assert.False(t, seen[control.ID], "%s is there twice", control.ID)
		seen[control.ID] = true
		source, _, _ := strings.Cut(control.ID, " ")
		assert.Contains(t, Sources, source, control.ID)
		assert.NotEmpty(t, control.Title, control.ID)
		if control.By == Program || control.By == Cluster {
			assert.NotEmpty(t, control.Checks(), "%s is met by the program, but has no checks", control.ID)
		} else {
			assert.NotEmpty(t, control.Note, "%s does not say how it is met, or why not", control.ID)
		}
	}
}

func TestEveryPromiseIsCompleteAndUnique(t *testing.T) {
	policies := map[string]bool{}
	for _, control := range All() {
		for _, promise := range control.Promises {
			assert.Regexp(t, `^[a-z]+(-[a-z]+)*$`, promise.Policy)
			assert.False(t, policies[promise.Policy], "%s is there twice", promise.Policy)
			policies[promise.Policy] = true
			assert.NotEmpty(t, promise.Says, promise.Policy)
			assert.NotEmpty(t, promise.Why, promise.Policy)
			assert.Contains(t, []Level{Mandatory, Advisory}, promise.Level, promise.Policy)
			assert.True(t, promise.Code || len(promise.Checks) > 0, "%s demands nothing", promise.Policy)
			for _, check := range promise.Checks {
				if check.Want == Present || check.Want == Absent || check.Want == Nowhere {
					assert.NotEmpty(t, check.Write, "%s does not say what to write instead", promise.Policy)
				}
			}
		}
	}
	for _, control := range All() {
		for _, policy := range control.Policies {
			assert.True(t, policies[policy], "%s names the policy %s, which no row promises", control.ID, policy)
		}
	}
}

func TestServesListsThePolicysOwnRowFirst(t *testing.T) {
	assert.Equal(t, []string{"CIS 5.1.2", "GUIDE least privilege", "CIS 5.1.3"}, Serves("repository-readers"))
	assert.Equal(t, []string{"CIS 5.5.7"}, Serves("secure-boot"))
	assert.Empty(t, Serves("nothing"))
}

func TestCheckHoldsComparesValues(t *testing.T) {
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

func TestCheckHoldsEvaluatesConditions(t *testing.T) {
	const key = "projects/p/locations/l/keyRings/r/cryptoKeys/disks"
	for _, test := range []struct {
		want, right, wrong any
		problem            string
	}{
		{OneOf{"REGULAR", "STABLE"}, "STABLE", "RAPID", "is RAPID, but has to be REGULAR or STABLE"},
		{AtLeast{2592000, "seconds"}, 2592001.0, 86400.0, "is 86400, but has to be at least 2592000 seconds"},
		{HasAll{"a", "b"}, []any{"c", "b", "a"}, []any{"a"}, "is [a], but has to contain b"},
		{Key("disks"), key, key + "-of-others", "is " + key + "-of-others, but has to be the key disks"},
		{Secret, Masked, "hunter2", "is not marked as a secret"},
	} {
		check := Check{Type: "a:b:C", Path: "x", Want: test.want}
		require.NoError(t, check.Holds(map[string]any{"x": test.right}))
		require.EqualError(t, check.Holds(map[string]any{"x": test.wrong}), "C x "+test.problem)
		require.Error(t, check.Holds(map[string]any{}))
		require.NotEmpty(t, check.String())
	}
}
