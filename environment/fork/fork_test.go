package fork

import (
	"fmt"
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
	"bastide/environment/stackfile"
)

// project creates a folder with Pulumi.yaml and the given environments.
func project(tb testing.TB, environments map[string]string) string {
	tb.Helper()
	root := tb.TempDir()
	text, err := os.ReadFile(filepath.Join(environmenttest.Root(tb), "Pulumi.yaml"))
	require.NoError(tb, err)
	require.NoError(tb, os.WriteFile(filepath.Join(root, "Pulumi.yaml"), text, 0o600))
	for name, text := range environments {
		require.NoError(tb, os.WriteFile(filepath.Join(root, stackfile.Name(name)), []byte(text), 0o600))
	}
	return root
}

const source = `# This comment belongs to the salt.
encryptionsalt: v1:AAAA:v1:BBBB:CCCC
secretsprovider: passphrase
config:
  gcp:project: acme-one # one to an environment
  gcp:region: europe-west1
  bastide:rehearsal: true
  # Where we come from.
  bastide:adminCidrs:
    - secure: v1:AAAA:BBBB
    - 8.8.4.4/32 # the office
    - 203.0.113.7/32
  bastide:privateAdminCidrs:
    secure: v1:AAAA:BBBB
  # Sixteen nodes.
  zones: [europe-west1-b]
  bastide:networkCidr: 10.64.0.0/20 # ours
  bastide:deletionProtection: false
  bastide:openbaoBootstrap: false # is up
  gcp:credentials:
    secure: v1:AAAA:BBBB
`

func TestForkCopiesSettingsThatAreNotSecretWithTheirComments(t *testing.T) {
	root := project(t, map[string]string{"one": source})
	f, err := Prepare(Options{Root: root, From: "one", To: "two", Project: "acme-two", Salt: "v1:own:salt"})
	require.NoError(t, err)
	assert.Equal(t, `# two, begun as a copy of one.
encryptionsalt: v1:own:salt
config:
  gcp:project: acme-two
  gcp:region: europe-west1
  # Where we come from.
  bastide:adminCidrs:
    - 8.8.4.4/32 # the office
  # Sixteen nodes.
  zones: [europe-west1-b]
  bastide:networkCidr: 10.64.16.0/20
  bastide:openbaoBootstrap: true # for the first up; then set it to false
`, string(f.Text))
	assert.Equal(t, []string{
		"pulumi config set --secret --path 'bastide:adminCidrs[1]' --stack two",
		"pulumi config set --secret --path 'bastide:adminCidrs[2]' --stack two",
		"pulumi config set --secret --path 'bastide:privateAdminCidrs[0]' --stack two",
	}, f.Commands)
	assert.Len(t, f.Notes, 3)
	assert.NoFileExists(t, f.Path, "preparing writes nothing")

	require.NoError(t, f.Write())
	written, err := os.ReadFile(f.Path)
	require.NoError(t, err)
	assert.Equal(t, f.Text, written)
	assert.Error(t, f.Write(), "it was overwritten")
	left, err := filepath.Glob(filepath.Join(root, ".fork-*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

// odd has anchors, merge keys, and, in the test, Windows line endings and a byte order
// mark.
const odd = "\ufeff" + `encryptionsalt: v1:AAAA:v1:BBBB:CCCC
config:
  gcp:project: &project acme-odd
  gcp:region: europe-west1
  bastide:rehearsal: &dropped true
  bastide:securityBulletins: *dropped
  adminCidrs: [8.8.4.4/32, {secure: v1:AAAA:BBBB}]
  bastide:networkCidr: &block 10.64.0.0/20
  bastide:labels: &labels [team=a] # whose it is
  bastide:namespaces:
    - apps owner=team-apps
  # Two lines
  # about machines.

  bastide:generalMachineType: &type e2-standard-8
  <<:
    - {bastide:ciMachineType: *type, bastide:generalMaxNodes: 7.0}
    - {bastide:generalMaxNodes: 9, bastide:ciMaxNodes: 0x4}
  bastide:deletionProtection: !!bool False
  bastide:ci: privileged
  # The end.
`

func TestForkPreservesValuesOfUnusualYAML(t *testing.T) {
	root := project(t, map[string]string{"odd": strings.ReplaceAll(odd, "\n", "\r\n")})
	f, err := Prepare(Options{Root: root, From: "odd", To: "two", Project: "acme-two"})
	require.NoError(t, err)
	assert.NotRegexp(t, "[&*\r\ufeff]|<<", string(f.Text))
	for _, comment := range []string{"[team=a] # whose it is\n", "  # Two lines\n  # about machines.\n", "# The end.\n"} {
		assert.Contains(t, string(f.Text), comment)
	}
	was, err := stackfile.Read(root, "odd")
	require.NoError(t, err)
	is, err := stackfile.Parse(f.Text)
	require.NoError(t, err)
	for _, key := range []string{"bastide:rehearsal", "bastide:deletionProtection"} {
		assert.Contains(t, was.Settings, key)
		delete(was.Settings, key)
	}
	was.Settings["gcp:project"], was.Settings["bastide:networkCidr"] = "acme-two", f.Block.String()
	was.Settings["bastide:adminCidrs"], was.Settings["bastide:openbaoBootstrap"] = []any{"8.8.4.4/32"}, "true"
	assert.Equal(t, was.Settings, is.Settings)
	assert.Equal(t, "true", is.Settings["bastide:securityBulletins"], "its anchor was dropped")
}

func TestForkRefusesFilesThatPulumiMisreads(t *testing.T) {
	for wrong, given := range map[string]string{
		"already defined at line": "  bastide:networkCidr: 10.96.0.0/20\n",
		"is set 2 times":          "  networkCidr: 10.96.0.0/20\n",
		"unknown anchor":          "  bastide:alertEmail: *nobody\n",
		"more than one YAML":      "---\nconfig: {}\n",
		"Pulumi ESC":              "environment: [acme/dev]\n",
	} {
		_, err := Prepare(Options{Root: project(t, map[string]string{"one": source + given}), From: "one", To: "two", Project: "acme-two"})
		assert.ErrorContains(t, err, wrong)
	}
}

func TestForkForRehearsalsKeepsDocumentationAddresses(t *testing.T) {
	f, err := Prepare(Options{Root: project(t, map[string]string{"one": source}), From: "one", To: "two", Project: "acme-two", Rehearsal: true})
	require.NoError(t, err)
	assert.NotContains(t, string(f.Text), "encryptionsalt", "`pulumi stack init` writes one")
	assert.Contains(t, string(f.Text), "203.0.113.7/32")
	assert.Contains(t, string(f.Text), "bastide:rehearsal: true")
}

const examples = `config:
  gcp:project: acme-one
  gcp:region: europe-west1
  bastide:adminCidrs: [8.8.4.4/32]
  bastide:networkCidr: 10.64.0.0/20
  bastide:ciSystems: [github, gitlab]
  bastide:ciInstall: true
  bastide:githubConfigUrl: https://github.com/example # the account
  bastide:githubAppId: "123456"
  bastide:githubInstallationId: "12345678"
  bastide:githubAppKey: |
    -----BEGIN PRIVATE KEY-----
    stand-in, not a key
    -----END PRIVATE KEY-----
  bastide:gitlabTokens: [glrt-stand-in-not-a-token]
  bastide:alertEmail: &ops ops@example.org
  bastide:trustedImages: [registry.example.com/tools/**, ghcr.io/acme/**]
  bastide:rbacGroup: gke-security-groups@acme.com
  bastide:namespaces:
    - shop owner=team-shop editors=shop@example.com
    - billing owner=team-billing # ours
    - web owner=team-web editors=web@acme.test
`

func TestForkDoesNotCopyExamples(t *testing.T) {
	root := project(t, map[string]string{"one": examples})
	f, err := Prepare(Options{Root: root, From: "one", To: "two", Project: "acme-two"})
	require.NoError(t, err)
	assert.Equal(t, `# two, begun as a copy of one.
config:
  gcp:project: acme-two
  gcp:region: europe-west1
  bastide:adminCidrs: [8.8.4.4/32]
  bastide:networkCidr: 10.64.16.0/20
  bastide:ciSystems: [github, gitlab]
  bastide:ciInstall: true
  bastide:githubAppId: "123456"
  bastide:githubInstallationId: "12345678"
  bastide:trustedImages: [ghcr.io/acme/**]
  bastide:rbacGroup: gke-security-groups@acme.com
  bastide:namespaces:
    - billing owner=team-billing # ours
  bastide:openbaoBootstrap: true # for the first up; then set it to false
`, string(f.Text))
	assert.Equal(t, []string{
		"pulumi config set --secret --stack two bastide:githubAppKey",
		"pulumi config set --secret --path 'bastide:gitlabTokens[0]' --stack two",
	}, f.Commands)
	assert.Equal(t, []string{
		"pulumi config set --stack two bastide:githubConfigUrl https://github.com/YOUR-ORGANIZATION",
		"pulumi config set --stack two bastide:alertEmail ops@YOUR.DOMAIN",
		"pulumi config set --stack two --path 'bastide:trustedImages[1]' 'registry.YOUR.DOMAIN/tools/**'",
		"pulumi config set --stack two --path 'bastide:namespaces[1]' 'shop owner=team-shop editors=shop@YOUR.DOMAIN'",
		"pulumi config set --stack two --path 'bastide:namespaces[2]' 'web owner=team-web editors=web@YOUR.DOMAIN'",
	}, f.Examples)
	require.Len(t, f.Notes, len(f.Examples))
	assert.Equal(t, `bastide:githubConfigUrl: "https://github.com/example" of one is an example and was not copied: github.com/example is an example account`, f.Notes[0])
	assert.Contains(t, f.Notes[4], `bastide:namespaces: "web owner=team-web editors=web@acme.test" of one is an example`)
	assert.Equal(t, map[string]any{"bastide:githubConfigUrl": "https://github.com/example", "bastide:alertEmail": "ops@example.org"}, f.Assumed)

	f, err = Prepare(Options{Root: root, From: "one", To: "two", Project: "acme-two", Rehearsal: true})
	require.NoError(t, err)
	assert.Contains(t, string(f.Text), "https://github.com/example", "a rehearsal may have it")
	assert.Empty(t, f.Examples)
	assert.Empty(t, f.Commands)
}

// Most forks are copies of dev, and nothing should have to be removed from them.
func TestForkOfDevNeedsNoCleaning(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(environmenttest.Root(t), "Pulumi.dev.yaml"))
	require.NoError(t, err)
	f, err := Prepare(Options{Root: project(t, map[string]string{"dev": string(text)}), From: "dev", To: "staging", Project: "acme-staging"})
	require.NoError(t, err)
	assert.Equal(t, `# staging, begun as a copy of dev.
config:
  gcp:project: acme-staging
  gcp:region: europe-west1
  bastide:networkCidr: 10.64.16.0/20
  # One zone is the cheapest. Adding zones later replaces the cluster.
  bastide:zones:
    - europe-west1-b
  bastide:namespaces:
    - apps owner=team-apps size=small openbao=client
  bastide:openbaoBootstrap: true # for the first up; then set it to false
`, string(f.Text))
	assert.Equal(t, []string{"pulumi config set --secret --path 'bastide:adminCidrs[0]' --stack staging"}, f.Commands)
	assert.Empty(t, f.Examples)
	require.Len(t, f.Notes, 1)
	assert.Contains(t, f.Notes[0], "bastide:deletionProtection: the value false of dev was not copied")
}

func TestPrepareRefusesInvalidForksAndWritesNothing(t *testing.T) {
	good := Options{From: "one", To: "two", Project: "acme-two"}
	for wrong, change := range map[string]func(*Options){
		`"Two" can't be the name of an environment`:     func(o *Options) { o.To = "Two" },
		`"../x" can't be the name`:                      func(o *Options) { o.To = "../x" },
		"Pulumi.other.yaml already exists":              func(o *Options) { o.To = "other" },
		`there is no environment "none"`:                func(o *Options) { o.From = "none" },
		"add --project PROJECT":                         func(o *Options) { o.Project = "" },
		`project acme-one belongs to environment "one"`: func(o *Options) { o.Project = "acme-one" },
		"is not a Google Cloud project id":              func(o *Options) { o.Project = "X" },
		`overlaps 10.64.0.0/20 of environment "one"`:    func(o *Options) { o.NetworkCIDR = "10.64.0.0/16" },
		`"8.8.0.0/20" is public`:                        func(o *Options) { o.NetworkCIDR = "8.8.0.0/20" },
		`"10.64.32.0/21" is too small`:                  func(o *Options) { o.NetworkCIDR = "10.64.32.0/21" },
		"leaves room for":                               func(o *Options) { o.To = "a-name-that-is-far-too-long-for-anything" },
		"--stack misspelt bastide:zoens":                func(o *Options) { o.From = "misspelt" },
		"`confg` is not a key of stack files":           func(o *Options) { o.From = "odd" },
	} {
		environments := map[string]string{"one": source, "other": "config:\n  gcp:project: acme-other\n"}
		o := good
		change(&o)
		switch o.From {
		case "misspelt":
			environments["misspelt"] = "config:\n  gcp:region: europe-west1\n  bastide:networkCidr: 10.80.0.0/20\n  bastide:zoens: []\n"
		case "odd":
			environments["odd"] = "confg: {}\n"
		}
		o.Root = project(t, environments)
		_, err := Prepare(o)
		assert.ErrorContains(t, err, wrong)
		now, globErr := filepath.Glob(filepath.Join(o.Root, "*"))
		require.NoError(t, globErr)
		assert.Len(t, now, len(environments)+1, "a file was left behind: %s", wrong)
	}
}

func TestForksArePairwiseDisjoint(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(environmenttest.Root(t), "Pulumi.dev.yaml"))
	require.NoError(t, err)
	rapid.Check(t, func(rt *rapid.T) {
		root := project(t, map[string]string{"dev": string(text)})
		names := []string{"dev"}
		for i := range rapid.IntRange(1, 6).Draw(rt, "forks") {
			o := Options{
				Root: root, From: rapid.SampledFrom(names).Draw(rt, "from"), To: fmt.Sprintf("e%d", i),
				Project: fmt.Sprintf("acme-project-%d", i), Rehearsal: rapid.Bool().Draw(rt, "rehearsal"),
			}
			if rapid.Bool().Draw(rt, "named") {
				bits := rapid.IntRange(16, 20).Draw(rt, "bits")
				o.NetworkCIDR = netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(rapid.IntRange(60, 70).Draw(rt, "b")), byte(rapid.IntRange(0, 255).Draw(rt, "c")), 0}), bits).Masked().String()
			}
			f, err := Prepare(o)
			if err != nil && o.NetworkCIDR != "" {
				require.ErrorContains(rt, err, "overlaps", "%v", o)
				continue
			}
			require.NoError(rt, err)
			require.NoError(rt, f.Write())
			names = append(names, o.To)
		}
		require.NoError(rt, stackfile.Disjoint(root))
		assertDisjointRanges(rt, root)
	})
}

// assertDisjointRanges compares every range of every environment with those of the others.
func assertDisjointRanges(rt *rapid.T, root string) {
	plans := map[string]environment.Addresses{}
	for _, name := range stackfile.Environments(root) {
		file, err := stackfile.Read(root, name)
		require.NoError(rt, err)
		file.Settings["bastide:adminCidrs"] = []any{"8.8.8.8/32"}
		s, err := stackfile.NewSource(root, name, file.Settings, nil)
		require.NoError(rt, err)
		e, err := environment.Load(s)
		require.NoError(rt, err)
		plans[name] = e.Addresses
	}
	require.NotEmpty(rt, plans)
	for a, one := range plans {
		for b, other := range plans {
			if a == b {
				continue
			}
			for _, mine := range []netip.Prefix{one.Pods, one.Nodes, one.Services, one.ControlPlane} {
				require.True(rt, one.Block.Overlaps(mine) && one.Block.Bits() < mine.Bits(), "%s is not in %s", mine, one.Block)
				for _, theirs := range []netip.Prefix{other.Pods, other.Nodes, other.Services, other.ControlPlane} {
					require.False(rt, mine.Overlaps(theirs), "%s of %s and %s of %s", mine, a, theirs, b)
				}
			}
		}
	}
}
