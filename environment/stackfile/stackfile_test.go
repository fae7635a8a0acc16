package stackfile

import (
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"bastide/environment"
	"bastide/environment/environmenttest"
)

// folder creates a folder with a stack file for each environment.
func folder(t *testing.T, environments map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range environments {
		require.NoError(t, os.WriteFile(filepath.Join(root, Name(name)), []byte(text), 0o600))
	}
	return root
}

func TestCommittedEnvironmentsAreDisjoint(t *testing.T) {
	root := environmenttest.Root(t)
	all := map[string]string{}
	for _, dir := range []string{root, filepath.Join(root, "tests", "environments")} {
		require.NotEmpty(t, Environments(dir))
		for _, name := range Environments(dir) {
			text, err := Text(dir, name)
			require.NoError(t, err)
			all[name] = string(text)
		}
	}
	assert.NoError(t, Disjoint(root))
	assert.NoError(t, Disjoint(folder(t, all)))
}

func TestDisjointRefusesSharedProjectsAndOverlappingBlocks(t *testing.T) {
	const one = "config:\n  gcp:project: acme-one\n  bastide:networkCidr: 10.64.0.0/20\n"
	for other, wrong := range map[string]string{
		"config:\n  gcp:project: acme-two\n  networkCidr: 10.64.0.0/16\n":                "the network blocks of environments \"one\", 10.64.0.0/20, and \"two\", 10.64.0.0/16, overlap; give \"two\" another one: pulumi config set --stack two bastide:networkCidr BLOCK",
		"config:\n  gcp:project: acme-one\n  bastide:config:networkCidr: 10.80.0.0/16\n": "are both in project acme-one",
		"confg: {}\n":  "`confg` is not a key of stack files",
		"config: []\n": "one setting a line",
	} {
		assert.ErrorContains(t, Disjoint(folder(t, map[string]string{"one": one, "two": other})), wrong)
	}
	for _, other := range []string{"config:\n  gcp:project: acme-two\n  networkCidr: 10.64.16.0/20\n", "config:\n  networkCidr: nonsense\n", ""} {
		assert.NoError(t, Disjoint(folder(t, map[string]string{"one": one, "two": other})), other)
	}
}

func TestPrivateRangesSkipsEncryptedAndInvalidOnes(t *testing.T) {
	ranges, err := PrivateRanges(folder(t, map[string]string{
		"one": "config:\n  privateAdminCidrs: [192.168.10.0/24, {secure: AAAA}, nonsense]\n", "two": "",
	}))
	require.NoError(t, err)
	assert.Equal(t, []netip.Prefix{netip.MustParsePrefix("192.168.10.0/24")}, ranges)
}

func TestEncryptedListsWhollyAndPartlyEncryptedSettings(t *testing.T) {
	file, err := Parse([]byte("config:\n  b: {secure: AAAA}\n  a: [x, {secure: AAAA}]\n  c: [x]\n  d: x\n"))
	require.NoError(t, err)
	assert.Equal(t, []string{"bastide:a", "bastide:b"}, file.Encrypted())
}

// readable creates a folder with the project's own Pulumi.yaml and one environment, whose
// settings are valid except for those in added.
func readable(t *testing.T, added string) string {
	t.Helper()
	project, err := os.ReadFile(filepath.Join(environmenttest.Root(t), Project))
	require.NoError(t, err)
	root := folder(t, map[string]string{"odd": `config:
  gcp:project: acme-odd
  gcp:region: europe-west1
  bastide:rehearsal: true
  bastide:networkCidr: 10.64.0.0/20
` + added})
	require.NoError(t, os.WriteFile(filepath.Join(root, Project), project, 0o600))
	return root
}

const admin = "  bastide:adminCidrs: [203.0.113.7/32]\n"

func TestWrongTypesAreReportedAsProblems(t *testing.T) {
	const set, rm = "pulumi config set --stack odd ", "pulumi config rm --stack odd "
	for added, want := range map[string]environment.Problem{
		admin + "  bastide:generalMaxNodes: 6.5\n":              {Key: "bastide:generalMaxNodes", Wrong: `"6.5" is not a whole number`},
		admin + "  bastide:generalSpot: 1\n":                    {Key: "bastide:generalSpot", Wrong: `"1" is neither true nor false`, Remedy: set + "bastide:generalSpot true"},
		admin + "  bastide:generalSpot:\n":                      {Key: "bastide:generalSpot", Wrong: `"" is neither true nor false`, Remedy: set + "bastide:generalSpot true"},
		admin + "  bastide:labels:\n":                           {Key: "bastide:labels", Wrong: "is empty, and not a list; add an element, or remove the key from the file"},
		admin + "  bastide:labels: team=a\n":                    {Key: "bastide:labels", Wrong: "is not a list of strings"},
		admin + "  bastide:zones: '[\"europe-west1-b\"]'\n":     {Key: "bastide:zones", Wrong: "is a string, but Pulumi.yaml declares a list of strings", Remedy: set + "--path 'bastide:zones[0]' VALUE"},
		admin + "  bastide:zones: [europe-west1-b, 5]\n":        {Key: "bastide:zones[1]", Wrong: "is not a string; quote it in the file if it looks like a number, true or false"},
		admin + "  bastide:zones: [europe-west1-b, null]\n":     {Key: "bastide:zones[1]", Wrong: "is not a string; quote it in the file if it looks like a number, true or false"},
		admin + "  bastide:labels: [{secure: AAAA}, a=b, {}]\n": {Key: "bastide:labels", Wrong: "is stored encrypted, but appears in clear text in names and plans; only admin ranges, tokens and keys may be encrypted"},
		admin + "  bastide:gitlabUrl: [https://gitlab.com]\n":   {Key: "bastide:gitlabUrl", Wrong: "is a list with an element that is not a string, but Pulumi.yaml declares a string"},
		admin + "  bastide:alertEmail: {a: b}\n":                {Key: "bastide:alertEmail"},
		"  bastide:adminCidrs: {secure: AAAA}\n":                {Key: "bastide:adminCidrs", Wrong: "is one encrypted string, but Pulumi.yaml declares a list of strings", Remedy: set + "--secret --path 'bastide:adminCidrs[0]'"},
		admin + "  bastide:adminCidr: {secure: AAAA}\n":         {Key: "bastide:adminCidr", Remedy: rm + "bastide:adminCidr"},
		admin + "  bastide:zoens: [{secure: AAAA}]\n":           {Key: "bastide:zoens", Remedy: rm + "bastide:zoens"},
	} {
		_, err := Environment(readable(t, added), "odd")
		var problems environment.Problems
		require.ErrorAs(t, err, &problems, added)
		require.Len(t, problems.List, 1, "%s%v", added, err)
		got := problems.List[0]
		assert.Equal(t, want.Key, got.Key)
		assert.NotContains(t, got.Wrong+got.Remedy, "AAAA")
		if want.Wrong != "" {
			assert.Equal(t, want.Wrong, got.Wrong, added)
		}
		if want.Remedy != "" {
			assert.Equal(t, want.Remedy, got.Remedy, added)
		}
	}
	_, err := Environment(readable(t, admin), "odd")
	assert.NoError(t, err)
}

func TestWrongTypeIsReportedTheSameWithAndWithoutDecryption(t *testing.T) {
	root := readable(t, "  bastide:adminCidrs: {secure: AAAA}\n")
	_, closed := Environment(root, "odd")
	file, err := Read(root, "odd")
	require.NoError(t, err)
	for _, plain := range []string{"203.0.113.7/32", `["203.0.113.7/32"]`, ""} {
		_, err := file.Load(root, "odd", file.Decrypted(func(string) string { return plain }), file.Encrypted())
		assert.EqualError(t, err, closed.Error())
	}
}

func TestLoadRefusesEveryTypeThatTheCLIRefuses(t *testing.T) {
	root := readable(t, admin)
	declared, err := declarations(root)
	require.NoError(t, err)
	base, err := Read(root, "odd")
	require.NoError(t, err)
	refused := map[string]int{}
	for key, declaration := range declared {
		for _, value := range []any{"", "no", "TRUE", "1.0", "6", []any{}, []any{1}, []any{nil}, map[string]any{}, map[string]any{"secure": "AAAA"}} {
			file := File{Settings: maps.Clone(base.Settings)}
			file.Settings[key] = value
			fits, err := fits(declaration, value)
			require.NoError(t, err)
			if Encrypted(value) && declaration.TypeName() != "array" || fits {
				continue
			}
			refused[declaration.TypeName()]++
			_, err = file.LoadWithPlaceholders(root, "odd")
			var problems environment.Problems
			require.ErrorAs(t, err, &problems, "%s: %v", key, value)
			assert.True(t, problems.About(key), "%s: %v: %v", key, value, err)
		}
	}
	assert.Len(t, refused, 4, "string, integer, boolean and array: %v", refused)
}

func TestElementOfAnotherTypeIsOneProblem(t *testing.T) {
	root := readable(t, admin)
	declared, err := declarations(root)
	require.NoError(t, err)
	base, err := Read(root, "odd")
	require.NoError(t, err)
	for key, declaration := range declared {
		if declaration.TypeName() != "array" {
			continue
		}
		file := File{Settings: maps.Clone(base.Settings)}
		file.Settings[key] = []any{5}
		_, err := file.LoadWithPlaceholders(root, "odd")
		var problems environment.Problems
		require.ErrorAs(t, err, &problems, key)
		require.Len(t, problems.List, 1, "%v", err)
		assert.Equal(t, key+"[0]", problems.List[0].Key)
		assert.Contains(t, problems.List[0].Remedy, "'"+key+"[0]'")
	}
}

// Strings with leading or trailing white space are left out: the library that the CLI
// uses loses leading space before a line end.
func TestYAMLIsParsedBackUnchanged(t *testing.T) {
	text := rapid.OneOf(
		rapid.String().Filter(func(text string) bool { return text == strings.TrimSpace(text) }),
		rapid.StringMatching(`[-+]?0?[0-9._]{0,5}(e[0-9])?|true|False|~|null|off|<<|[*&!#:%@-].?|2026-11-26`),
	)
	rapid.Check(t, func(t *rapid.T) {
		list := []any{}
		for _, element := range rapid.SliceOfN(text, 0, 3).Draw(t, "list") {
			list = append(list, element)
		}
		file := File{Salt: text.Draw(t, "salt"), Settings: map[string]any{
			"bastide:a": text.Draw(t, "text"), "gcp:b": list, "bastide:c": []any{map[string]any{"secure": text.Draw(t, "secret")}},
		}}
		written, err := file.YAML()
		require.NoError(t, err)
		again, err := Parse(written)
		require.NoError(t, err, "%s", written)
		require.Equal(t, file, again, "%s", written)
	})
}

// environmenttest.File reads stack files with less code, and must get the same settings.
func TestEnvironmenttestReadsTheSameSettings(t *testing.T) {
	for _, settings := range environmenttest.Examples(t) {
		root := environmenttest.Root(t)
		dir := root
		if settings.Environment != "dev" {
			dir = filepath.Join(root, "tests", "environments")
		}
		file, err := Read(dir, settings.Environment)
		require.NoError(t, err)
		source, err := NewSource(root, settings.Environment, file.Settings, file.Encrypted())
		require.NoError(t, err)
		assert.ElementsMatch(t, source.Keys(), settings.Keys())
		for _, key := range source.Keys() {
			want, _ := source.Get(key)
			if got, _ := settings.Get(key); !source.Secret(key) {
				assert.Equal(t, want, got, "%s: %s", settings.Environment, key)
			}
		}
	}
}
