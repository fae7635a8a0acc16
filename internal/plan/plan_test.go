package plan

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment/environmenttest"
	"bastide/internal/rehearsal/engine"
)

// step is an event of the engine about a resource.
func step(op apitype.OpType, name string, old, now map[string]any, differs map[string]apitype.DiffKind) apitype.StepEventMetadata {
	made := apitype.StepEventMetadata{Op: op, URN: "urn:pulumi:dev::bastide::gcp:a/b:C::" + name, Type: "gcp:a/b:C"}
	if old != nil {
		made.Old = &apitype.StepEventStateMetadata{Inputs: old}
	}
	if now != nil {
		made.New = &apitype.StepEventStateMetadata{Inputs: now}
	}
	if differs != nil {
		made.DetailedDiff = map[string]apitype.PropertyDiff{}
		for path, kind := range differs {
			made.DetailedDiff[path] = apitype.PropertyDiff{Kind: kind, InputDiff: true}
		}
	}
	return made
}

var masked = map[string]any{"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "[secret]"}

func TestStepsOfAResourceBecomeOneChange(t *testing.T) {
	old := map[string]any{"size": 1.0, "key": masked, "list": []any{map[string]any{"a": "x"}}}
	now := map[string]any{"size": 2.0, "key": masked, "list": []any{map[string]any{"a": plugin.UnknownStringValue}}}
	all, same := changes([]apitype.StepEventMetadata{
		step(apitype.OpSame, "stays", old, old, nil),
		step(apitype.OpUpdate, "tuned", old, now, map[string]apitype.DiffKind{"size": "update", "key": "update", "list[0].a": "update", "gone": "delete"}),
		step(apitype.OpCreateReplacement, "moved", old, now, map[string]apitype.DiffKind{"size": "update-replace"}),
		step(apitype.OpReplace, "moved", old, now, map[string]apitype.DiffKind{"size": "update-replace"}),
		step(apitype.OpDeleteReplaced, "moved", old, nil, nil),
		step(apitype.OpCreate, "new", nil, now, nil),
		step(apitype.OpDelete, "old", old, nil, nil),
	})
	assert.Equal(t, 1, same)
	kinds := map[string]Kind{}
	properties := map[string][]Property{}
	for _, change := range all {
		kinds[change.Name], properties[change.Name] = change.Kind, change.Properties
	}
	assert.Equal(t, map[string]Kind{"tuned": Changed, "moved": Replaced, "new": Added, "old": Removed}, kinds)
	assert.Equal(t, []Property{{Path: "size", Old: "1", New: "2", Forces: true}}, properties["moved"])
	assert.Equal(t, []Property{
		{Path: "gone", Old: "nothing", New: other},
		{Path: "key", Old: "[secret]", New: other},
		{Path: "list[0].a", Old: "x", New: "[known after up]"},
		{Path: "size", Old: "1", New: "2"},
	}, properties["tuned"])
}

// The author of a pull request chooses the values, which become part of the comment.
func TestValuesInACommentAreNotInterpretedAsMarkdown(t *testing.T) {
	c := Comparison{Environment: "dev", Against: "main", Changes: []Change{{
		Kind: Changed, Type: "t", Name: "n", Properties: []Property{{Path: "a", Old: "`@everyone` <b>", New: "x\n# y"}},
	}}, Appeared: []string{"pod-tokens, x: ``do`` @this\nor that"}}
	text := c.Markdown(Limit)
	assert.Contains(t, text, "`` `@everyone` <b> ``")
	assert.Contains(t, text, "``` pod-tokens, x: ``do`` @this or that ```")
	for line := range strings.Lines(text) {
		outside := strings.Split(line, "`")[0]
		assert.NotContains(t, outside, "@")
	}
}

func TestCommentStartsWithReplacementsAndSaysWhatIsCut(t *testing.T) {
	c := Comparison{Environment: "dev", Against: "main (abc)", Same: 7, Uncommitted: true, Placeholders: []string{"bastide:adminCidrs"}, Settings: []Property{{Path: "bastide:zones", Old: "b", New: "c"}}}
	for i := range 500 {
		c.Changes = append(c.Changes, Change{Kind: Added, Type: "gcp:a/b:C", Name: fmt.Sprint("added-", i)})
	}
	c.Changes = append(c.Changes,
		Change{Kind: Changed, Type: "gcp:a/b:C", Name: "tuned", Properties: []Property{{Path: "size", Old: "1", New: "2"}}},
		Change{Kind: Replaced, Type: "gcp:a/b:C", Name: "moved", Properties: []Property{{Path: "zone", Old: "b", New: "c", Forces: true}}},
		Change{Kind: Removed, Type: "gcp:a/b:C", Name: "gone"})
	whole := c.Markdown(1 << 20)
	assert.Contains(t, whole, "**500 added, 1 changed, 1 REPLACED, 1 removed**; 7 stay as they are")
	assert.Contains(t, whole, "- **REPLACED** `gcp:a/b:C` `moved`, because of `zone`\n  - `zone`: `b` → `c` **forces the replacement**")
	assert.Contains(t, whole, "Uncommitted changes")
	at := 0
	for _, title := range []string{"#### REPLACED", "#### Removed", "#### Settings", "#### Changed", "#### Added"} {
		found := strings.Index(whole, title)
		assert.Greater(t, found, at, title)
		at = found
	}
	short := c.Markdown(4000)
	assert.LessOrEqual(t, len(short), 4000)
	assert.Contains(t, short, "`moved`")
	assert.Regexp(t, `\*\*\d+ more lines do not fit here;\*\* .bastide plan dev --against REF. writes all of them to a file.\n$`, short)
	assert.Equal(t, whole, c.Markdown(len(whole)))
}

func TestReportsNewAndResolvedViolations(t *testing.T) {
	var c Comparison
	err := c.conclude(
		engine.Outcome{PolicyResults: engine.PolicyResults{Policies: []string{"a", "b"}, Violations: []string{"b, x: bad", "a, y: bad"}}},
		engine.Outcome{PolicyResults: engine.PolicyResults{Policies: []string{"a", "c"}, Violations: []string{"a, y: bad", "c, z: bad"}}, Diagnostics: []string{"preview failed"}}, fmt.Errorf("policies"))
	assert.ErrorIs(t, err, ErrViolations)
	assert.Equal(t, []string{"c, z: bad"}, c.Appeared)
	assert.Equal(t, []string{"b, x: bad"}, c.Vanished)
	text := c.Markdown(Limit)
	assert.Contains(t, text, "evaluate something now and did not before\n- `c`")
	assert.Contains(t, text, "no longer do\n- `b`")

	// A preview that fails for another reason is a failure, not a violation.
	err = c.conclude(engine.Outcome{}, engine.Outcome{
		Diagnostics: []string{"preview failed", "protected\n# not a heading"}, PolicyResults: engine.PolicyResults{Violations: []string{"c, z: bad"}},
	}, fmt.Errorf("all of it"))
	assert.ErrorIs(t, err, ErrFailure)
	assert.Contains(t, c.Markdown(Limit), "#### The preview failed\n- `protected # not a heading`\n")
}

// A protected cluster would be replaced; the engine repeats its messages.
func TestRefusalOfAProtectedResourceSaysCauseAndRemedy(t *testing.T) {
	const urn, unknowns = "urn:pulumi:dev::bastide::gcp:a/b:C::cluster", "the provider for this resource has inputs that are not known during preview"
	refusal := "unable to replace resource \"" + urn + "\"\nas it is currently marked for protection. To unprotect the resource, remove the `protect` flag"
	after := engine.Outcome{
		Planned: []apitype.StepEventMetadata{step(apitype.OpReplace, "cluster", map[string]any{"location": strings.Repeat("x", 200)}, map[string]any{"location": "y"},
			map[string]apitype.DiffKind{"location": "update-replace"})},
		Diagnostics: []string{unknowns, refusal, unknowns, unknowns, "another", "preview failed"},
		Refused:     map[string]string{urn: refusal},
	}
	c := Comparison{Environment: "dev", Against: "main (abc)"}
	assert.ErrorIs(t, c.conclude(engine.Outcome{}, after, fmt.Errorf("all of it")), ErrFailure)
	c.Changes[0].Causes = []string{"bastide:zones"}
	c.Settings = []Property{{Path: "bastide:zones", Old: "b", New: "c"}}
	text := c.Markdown(Limit)
	at := 0
	for _, part := range []string{
		"1 REPLACED", "**The preview failed**",
		"- **REPLACED** `gcp:a/b:C` `cluster`, because of `location`, which comes from `bastide:zones`: **refused**, since it is protected\n",
		"  - `location`: `" + strings.Repeat("x", 200) + "` → `y` **forces the replacement**\n",
		"#### Refused\n- `cluster` is protected (`bastide:deletionProtection`) and would be replaced because of `bastide:zones`. Leave `bastide:zones` as it was; if you do want the change, first follow `docs/runbooks/destroy.md`",
		"#### The preview failed\n- `" + unknowns + " (3 times)`\n- `another`\n",
		"#### Settings\n",
	} {
		found := strings.Index(text[at:], part)
		require.GreaterOrEqual(t, found, 0, "%s\n\nin\n%s", part, text)
		at += found
	}
	assert.NotContains(t, text, "protect` flag")
	assert.Equal(t, 1, strings.Count(text, unknowns))
}

func TestSingleDifferenceIsTheCauseWithoutAPreview(t *testing.T) {
	w := &workspace{Options: Options{Root: environmenttest.Root(t), Progress: t.Output()}}
	moved := []Change{{Kind: Replaced, URN: "x"}, {Kind: Changed, URN: "y"}}
	c := Comparison{Changes: slices.Clone(moved), Settings: []Property{{Path: "bastide:zones"}}}
	same := input{built: built{program: "p"}, files: engine.Files{Stack: []byte("config:\n  bastide:zones: [a]\n")}}
	require.NoError(t, w.explain(t.Context(), &c, same, same))
	assert.Equal(t, []string{"bastide:zones"}, c.Changes[0].Causes)
	assert.Empty(t, c.Changes[1].Causes)

	c = Comparison{Changes: slices.Clone(moved)}
	require.NoError(t, w.explain(t.Context(), &c, input{built: built{program: "q"}}, same))
	assert.Equal(t, []string{theProgram}, c.Changes[0].Causes)
}

func TestCommentHasCostLineIfAsked(t *testing.T) {
	w := &workspace{dir: "dir", Options: Options{Root: "root"}}
	var c Comparison
	require.NoError(t, w.cost(&c))
	assert.NotContains(t, c.Markdown(Limit), "Cost")
	w.CostLine = func(before, after string) (string, error) { return before + " to " + after, nil }
	require.NoError(t, w.cost(&c))
	assert.Contains(t, c.Markdown(Limit), "\nCost: dir/revision to root\n")
	c.New = true
	require.NoError(t, w.cost(&c))
	assert.Contains(t, c.Markdown(Limit), "\nCost:  to root\n")
}

func TestComparesSettingsWithDefaultsAndEncryptedValues(t *testing.T) {
	before, after := t.TempDir(), t.TempDir()
	write := func(root, name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(text), 0o600))
	}
	write(before, "Pulumi.yaml", "name: bastide\nruntime: go\nconfig:\n  bastide:a: {default: 1}\n  bastide:b: {default: x}\n")
	write(after, "Pulumi.yaml", "name: bastide\nruntime: go\nconfig:\n  bastide:a: {default: 2}\n  bastide:b: {default: x}\n")
	write(before, "Pulumi.dev.yaml", "config:\n  b: y\n  c: [{secure: AAAA}]\n  e: {secure: BBBB}\n")
	write(after, "Pulumi.dev.yaml", "config:\n  bastide:b: y\n  c: [{secure: CCCC}]\n  d: true\n  e: {secure: BBBB}\n")
	differences, err := settings(before, after, "dev")
	require.NoError(t, err)
	assert.Equal(t, []Property{
		{Path: "bastide:a", Old: "1", New: "2"},
		{Path: "bastide:c", Old: "1 values, encrypted", New: other},
		{Path: "bastide:d", Old: "nothing", New: "true"},
	}, differences)

	write(before, "Pulumi.dev.yaml", "config:\n  bastide:a: \"2\"\n  id: 1234567\n")
	write(after, "Pulumi.dev.yaml", "config:\n  bastide:id: \"1234567\"\n")
	differences, err = settings(before, after, "dev")
	require.NoError(t, err)
	assert.Empty(t, differences, "the program gets the same texts")
}
