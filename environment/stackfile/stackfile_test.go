package stackfile

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment/environmenttest"
)

// folder has the files that are given, by environment.
func folder(t *testing.T, environments map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range environments {
		require.NoError(t, os.WriteFile(filepath.Join(root, Name(name)), []byte(text), 0o600))
	}
	return root
}

// The check that fails when two environments of this repository overlap.
func TestCommittedEnvironmentsShareNothing(t *testing.T) {
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

func TestWhatTwoEnvironmentsMayNotShare(t *testing.T) {
	const one = "config:\n  gcp:project: acme-one\n  bastide:networkCidr: 10.64.0.0/20\n"
	for other, wrong := range map[string]string{
		"config:\n  gcp:project: acme-two\n  networkCidr: 10.64.0.0/16\n":                "the network blocks of environments \"one\", 10.64.0.0/20, and \"two\", 10.64.0.0/16, overlap; give \"two\" another one: pulumi config set --stack two bastide:networkCidr BLOCK",
		"config:\n  gcp:project: acme-one\n  bastide:config:networkCidr: 10.80.0.0/16\n": "are both in project acme-one",
		"confg: {}\n":  "`confg` is no part of such a file",
		"config: []\n": "one setting a line",
	} {
		assert.ErrorContains(t, Disjoint(folder(t, map[string]string{"one": one, "two": other})), wrong)
	}
	for _, other := range []string{"config:\n  gcp:project: acme-two\n  networkCidr: 10.64.16.0/20\n", "config:\n  networkCidr: nonsense\n", ""} {
		assert.NoError(t, Disjoint(folder(t, map[string]string{"one": one, "two": other})), other)
	}
}

func TestPrivateRangesInClear(t *testing.T) {
	ranges, err := PrivateRanges(folder(t, map[string]string{
		"one": "config:\n  privateAdminCidrs: [192.168.10.0/24, {secure: AAAA}, nonsense]\n", "two": "",
	}))
	require.NoError(t, err)
	assert.Equal(t, []netip.Prefix{netip.MustParsePrefix("192.168.10.0/24")}, ranges)
}

func TestWhatIsEncrypted(t *testing.T) {
	file, err := Parse([]byte("config:\n  b: {secure: AAAA}\n  a: [x, {secure: AAAA}]\n  c: [x]\n  d: x\n"))
	require.NoError(t, err)
	assert.Equal(t, []string{"bastide:a", "bastide:b"}, file.Encrypted())
}
