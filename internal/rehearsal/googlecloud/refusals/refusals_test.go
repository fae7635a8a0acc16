package refusals

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func read(t *testing.T, content string) Table {
	t.Helper()
	table, err := Read("test", []byte(content))
	require.NoError(t, err)
	return table
}

func refusalsOf(t *testing.T, table Table, call Call) (texts []string) {
	t.Helper()
	refused, err := table.Check(call)
	require.NoError(t, err)
	for _, refusal := range refused {
		texts = append(texts, refusal.Text)
	}
	return texts
}

func TestAllReadsEveryFile(t *testing.T) {
	_, err := All()
	require.NoError(t, err)
}

func TestValueOfAnExpressionRefusesAndFillsInTheError(t *testing.T) {
	for name, c := range map[string]struct {
		refuses, error, says string
	}{
		"true":              {"object.size > 3", "{size} is too large", "5 is too large"},
		"false":             {"object.size > 7", "{size} is too large", ""},
		"a text":            {"object.name", "bad {value}", "bad x"},
		"no text":           {"''", "bad", ""},
		"a list":            {"['a', 'b'].filter(v, v != 'a')", "bad {value}", "bad b"},
		"an empty list":     {"[].filter(v, true)", "bad", ""},
		"a list of objects": {"[{'key': 'k', 'of': object.name}]", "{value.key} of {value.of}", "k of x"},
		"a nested property": {"true", "{disk.type}, {disk.gone}, {0,61}", "ssd, {disk.gone}, {0,61}"},
		"an optional field": {"object.?disk.?gone.orValue('') == ''", "none", "none"},
		"another object":    {"existing.exists(id, existing[id].type == 'k' && existing[id].name == 'y')", "there", "there"},
		"what it was":       {"old.size > object.size", "shrunk", "shrunk"},
		"ranges":            {"isRange('10.0.0.0/8') && !isRange('x') && within('10.1.0.0/16', '10.0.0.0/8') && !within('10.0.0.0/8', '10.1.0.0/16') && bits('10.0.0.0/8') == 8", "r", "r"},
	} {
		t.Run(name, func(t *testing.T) {
			table := Table{{ID: "row", Types: []string{"k"}, At: []string{Update}, Refuses: c.refuses, Error: c.error}}
			var err error
			table[0].program, err = compile(c.refuses)
			require.NoError(t, err)
			texts := refusalsOf(t, table, Call{
				Action: Update, Kind: "k",
				Object:   map[string]any{"name": "x", "size": int64(5), "disk": map[string]any{"type": "ssd"}},
				Old:      map[string]any{"size": int64(9)},
				Existing: func() map[string]any { return map[string]any{"other": map[string]any{"type": "k", "name": "y"}} },
			})
			if c.says == "" {
				assert.Empty(t, texts)
				return
			}
			assert.Equal(t, []string{c.says}, texts)
		})
	}
}

func TestRowAppliesToItsTypesAndActionsOnly(t *testing.T) {
	table := read(t, `[{id: a, types: [k], refuses: "true", error: e}, {id: b, types: [k], at: [delete], refuses: "true", error: d}]`)
	assert.Equal(t, []string{"e"}, refusalsOf(t, table, Call{Action: Create, Kind: "k"}))
	assert.Equal(t, []string{"e"}, refusalsOf(t, table, Call{Action: Update, Kind: "k"}))
	assert.Equal(t, []string{"d"}, refusalsOf(t, table, Call{Action: Delete, Kind: "k"}))
	assert.Empty(t, refusalsOf(t, table, Call{Action: Create, Kind: "other"}))
	assert.Empty(t, refusalsOf(t, table.Without("a"), Call{Action: Create, Kind: "k"}))
}

func TestReadAndCheckReportMistakesInRows(t *testing.T) {
	for content, says := range map[string]string{
		`[{id: a, typo: x}]`:         "typo",
		`[{id: a, refuses: "1 +"}]`:  "test.yaml, a: compiling",
		`[{id: a, refuses: "ob.x"}]`: "undeclared reference",
	} {
		_, err := Read("test", []byte(content))
		assert.ErrorContains(t, err, says)
	}
	for _, refuses := range []string{"1", "object.gone == 1"} {
		_, err := read(t, `[{id: a, types: [k], refuses: "`+refuses+`", error: e}]`).Check(Call{Action: Create, Kind: "k", Object: map[string]any{}})
		assert.ErrorContains(t, err, "the row a")
	}
}

func TestBreakAppliesAMergePatchWithExpressions(t *testing.T) {
	row := read(t, `[{id: a, refuses: "true", breaks: {gone: null, disk: {type: "='pd-' + object.name"}, many: "=lists.range(3).map(i, string(i))"}}]`)[0]
	broken, err := row.Break(map[string]any{"name": "x", "gone": 1, "disk": map[string]any{"size": 5}})
	require.NoError(t, err)
	assert.Equal(t, map[string]any{
		"name": "x", "disk": map[string]any{"size": 5.0, "type": "pd-x"}, "many": []any{"0", "1", "2"},
	}, broken)
}
