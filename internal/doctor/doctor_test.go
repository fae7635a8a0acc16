package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment/environmenttest"
	"bastide/environment/stackfile"
	"bastide/internal/live/livetest"
	"bastide/internal/rehearsal/engine"
)

// today is the time that these tests run at.
var today = time.Date(2026, time.November, 26, 12, 0, 0, 0, time.UTC)

const passphrase = "correct horse battery staple"

// healthy are scripts in place of the user's tools, none of which reports a problem.
var healthy = map[string]string{
	"go":                     `echo go1.26.8`,
	"gke-gcloud-auth-plugin": `echo v0.5.10`,
	"gcloud": `case "$*" in
version*) echo 578.0.0;;
"auth print-access-token"|"auth application-default print-access-token") echo token-of-the-test;;
"services list"*) printf 'serviceusage.googleapis.com\ncloudresourcemanager.googleapis.com\n';;
"compute regions describe"*) echo '{"quotas":[{"metric":"CPUS","limit":100,"usage":0},{"metric":"SSD_TOTAL_GB","limit":2000,"usage":0},{"metric":"STATIC_ADDRESSES","limit":8,"usage":0}]}';;
*) exit 64;;
esac`,
	"pulumi": `case "$*" in
version) echo v3.259.0;;
whoami*) echo '{"user":"ada","url":"gs://acme-state"}';;
"stack export"*) cat "$STATE";;
*) exit 64;;
esac`,
}

// fixture is an environment to examine, with the tools and servers that the checks ask.
type fixture struct {
	options  Options
	settings string
	tools    map[string]string
	state    string
	granted  []string
}

// secrets are a salt and an encrypted address. They are made once, because deriving a key is slow.
var secrets = sync.OnceValue(func() (made [2]string) {
	salt, crypter, err := engine.NewSalt(passphrase)
	if err != nil {
		panic(err)
	}
	address, err := crypter.EncryptValue(context.Background(), "8.8.4.4/32")
	if err != nil {
		panic(err)
	}
	return [2]string{salt, address}
})

// sealed encrypts a text with the salt and passphrase of secrets.
func sealed(text string) string {
	made, err := engine.Unlock(secrets()[0], passphrase).EncryptValue(context.Background(), text)
	if err != nil {
		panic(err)
	}
	return made
}

// newFixture is an environment without problems.
func newFixture(t *testing.T) *fixture {
	t.Helper()
	w := &fixture{tools: map[string]string{}, state: `{"deployment":{"resources":[]}}`, settings: fmt.Sprintf(`encryptionsalt: %s
config:
  gcp:project: acme-staging
  gcp:region: europe-west1
  bastide:adminCidrs: [{secure: %s}]
  bastide:networkCidr: 10.80.0.0/16
  bastide:openbaoBootstrap: true
`, secrets()[0], secrets()[1])}
	for name, script := range healthy {
		w.tools[name] = script
	}
	for permission := range permissions {
		w.granted = append(w.granted, permission)
	}
	w.options = Options{Root: t.TempDir(), Environment: "staging", Address: "8.8.4.4", Now: func() time.Time { return today }}
	t.Setenv("PULUMI_CONFIG_PASSPHRASE", passphrase)
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none"))
	return w
}

// examine runs all checks with only the fixture's tools on PATH.
func (w *fixture) examine(t *testing.T) map[string]Report {
	t.Helper()
	bin := t.TempDir()
	for name, script := range w.tools {
		require.NoError(t, os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700))
	}
	cat, err := os.Readlink("/bin/cat")
	if err != nil {
		cat = "/bin/cat"
	}
	require.NoError(t, os.WriteFile(filepath.Join(bin, "cat"), []byte("#!/bin/sh\nexec "+cat+" \"$@\"\n"), 0o700))
	t.Setenv("PATH", bin)
	state := filepath.Join(bin, "state.json")
	t.Setenv("STATE", state)
	root := w.options.Root
	project, err := os.ReadFile(filepath.Join(environmenttest.Root(t), "Pulumi.yaml"))
	require.NoError(t, err)
	for path, text := range map[string]string{
		state: w.state, filepath.Join(root, "go.mod"): "module x\n\ngo 1.26.6\n",
		filepath.Join(root, "Pulumi.yaml"): string(project), filepath.Join(root, stackfile.Name("staging")): w.settings,
	} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, request *http.Request) {
		assert.Equal(t, "/v1/projects/acme-staging:testIamPermissions", request.URL.Path)
		assert.Equal(t, "Bearer token-of-the-test", request.Header.Get("Authorization"))
		assert.NoError(t, json.NewEncoder(out).Encode(map[string]any{"permissions": w.granted}))
	}))
	defer server.Close()
	w.options.Resources = server.URL

	reports, err := Examine(t.Context(), w.options)
	require.NoError(t, err)
	require.Len(t, reports, len(checks))
	byName := map[string]Report{}
	for _, report := range reports {
		byName[report.Check] = report
		for _, f := range report.Findings {
			assert.NotEmpty(t, f.What+f.Why+f.Remedy, report.Check)
			assert.NotEmpty(t, f.Why, f.What)
			assert.NotEmpty(t, f.Remedy, f.What)
			assert.NotContains(t, f.Remedy, "#", "an interactive zsh does not treat what follows as a comment")
		}
	}
	var text bytes.Buffer
	Write(&text, reports)
	for _, secret := range []string{passphrase, "token-of-the-test"} {
		assert.NotContains(t, text.String(), secret)
	}
	return byName
}

func TestHealthyEnvironmentHasNoFindings(t *testing.T) {
	for name, report := range newFixture(t).examine(t) {
		assert.Empty(t, report.Findings, name)
		if name != "certificates" && name != "namespaces" { // there are none yet
			assert.Empty(t, report.Skipped, name)
			assert.NotEmpty(t, report.Seen, name)
		}
	}
}

// Every problem is reported by its own check and by no other.
func TestEachProblemIsReportedByItsOwnCheckOnly(t *testing.T) {
	running := `{"deployment":{"resources":[{"urn":"urn:pulumi:a::b::pulumi:pulumi:Stack::c","type":"pulumi:pulumi:Stack"},
		{"urn":"urn:pulumi:a::b::kubernetes:apps/v1:StatefulSet::openbao-servers","type":"kubernetes:apps/v1:StatefulSet"},
		{"urn":"urn:pulumi:a::b::tls:index/locallySignedCert:LocallySignedCert::openbao-certificate","type":"tls:index/locallySignedCert:LocallySignedCert","outputs":{"validityEndTime":"END"}}]}}`
	for _, c := range []struct {
		check, what string
		blocks      bool
		change      func(*fixture)
	}{
		{"settings", "zoens: is not a setting", true, func(w *fixture) { w.settings += "  bastide:zoens: []\n" }},
		{"settings", "did you mean bastide:adminCidrs?", true, func(w *fixture) { w.settings += "  bastide:adminCidr: {secure: " + secrets()[1] + "}\n" }},
		{"settings", "bastide:labels: is empty, and not a list", true, func(w *fixture) { w.settings += "  bastide:labels:\n" }},
		{"settings", "bastide:rehearsal is true", true, func(w *fixture) { w.settings += "  bastide:rehearsal: true\n" }},
		{"settings", "deletionProtection is false", false, func(w *fixture) { w.settings += "  bastide:deletionProtection: false\n" }},
		{"examples", `bastide:alertEmail is "ops@example.com", and example.com is a domain reserved for documentation`, true, func(w *fixture) { w.settings += "  bastide:alertEmail: ops@example.com\n" }},
		{"examples", `bastide:githubConfigUrl is "https://github.com/example", and github.com/example is an example account`, true, func(w *fixture) {
			w.settings += "  bastide:githubConfigUrl: https://github.com/example\n"
		}},
		{"examples", `bastide:gitlabUrl is "https://198.51.100.7", and 198.51.100.7 is an address reserved for documentation`, true, func(w *fixture) {
			w.settings += "  bastide:gitlabUrl: https://198.51.100.7\n"
		}},
		{"examples", `bastide:trustedImages[1] is "registry.acme.test/tools/**", and registry.acme.test is a domain`, true, func(w *fixture) {
			w.settings += "  bastide:trustedImages: [ghcr.io/acme/**, registry.acme.test/tools/**]\n"
		}},
		{"examples", `bastide:gitlabTokens[0] is "glrt-stand-in-not-a-token", and it is the placeholder that rehearsals use for a secret`, true, func(w *fixture) {
			w.settings += "  bastide:gitlabTokens: [glrt-stand-in-not-a-token]\n"
		}},
		{"examples", "acme:webhook is encrypted, and something in it is a domain reserved for documentation", true, func(w *fixture) {
			w.settings += "  acme:webhook: {secure: " + sealed("https://hooks.example.com/B0B") + "}\n"
		}},
		{"settings", "203.0.113.0/24, which is not routed on the internet", true, func(w *fixture) {
			w.settings = strings.Replace(w.settings, "{secure: "+secrets()[1]+"}", "203.0.113.7/32, 8.8.4.4/32", 1)
		}},
		{"go", "Go is 1.25.0; go.mod asks for 1.26.6", false, func(w *fixture) { w.tools["go"] = "echo go1.25.0" }},
		{"go", "go is not on PATH", true, func(w *fixture) { delete(w.tools, "go") }},
		{"pulumi", "pulumi is 3.200.0", true, func(w *fixture) { w.tools["pulumi"] = strings.Replace(healthy["pulumi"], "3.259.0", "3.200.0", 1) }},
		{"gke-gcloud-auth-plugin", "is not on PATH", true, func(w *fixture) { delete(w.tools, "gke-gcloud-auth-plugin") }},
		{"backend", "exit status 1", true, func(w *fixture) {
			w.tools["pulumi"] = strings.Replace(healthy["pulumi"], "whoami*)", "whoami*) exit 1;; x)", 1)
		}},
		{"stack", "the backend has no stack staging", true, func(w *fixture) {
			w.tools["pulumi"] = strings.Replace(healthy["pulumi"], `cat "$STATE"`, `echo "error: no stack named 'staging' found" >&2; exit 1`, 1)
		}},
		{"login", "no Google Cloud credentials that pulumi can use", true, func(w *fixture) {
			w.tools["gcloud"] = strings.Replace(healthy["gcloud"], `|"auth application-default print-access-token")`, ")", 1)
		}},
		{"APIs", "not enabled in project acme-staging: serviceusage.googleapis.com", true, func(w *fixture) {
			w.tools["gcloud"] = strings.Replace(healthy["gcloud"], `serviceusage.googleapis.com\n`, "", 1)
		}},
		{"permissions", "the account lacks", true, func(w *fixture) { w.granted = w.granted[1:] }},
		{"quotas", "CPUS in europe-west1: 20 of 100 are free, and the node pools need 4 to 36", false, func(w *fixture) {
			w.tools["gcloud"] = strings.Replace(healthy["gcloud"], `"limit":100,"usage":0`, `"limit":100,"usage":80`, 1)
		}},
		{"quotas", "CPUS in europe-west1: 3 of 100 are free", true, func(w *fixture) {
			w.tools["gcloud"] = strings.Replace(healthy["gcloud"], `"limit":100,"usage":0`, `"limit":100,"usage":97`, 1)
		}},
		{"own address", "1.1.1.1 is in none of the 1 ranges of bastide:adminCidrs", true, func(w *fixture) { w.options.Address = "1.1.1.1" }},
		{"own address", "8.8.4.4 is in none of the 1 ranges of bastide:privateAdminCidrs", true, func(w *fixture) {
			w.settings += "  bastide:privateEndpoint: true\n  bastide:privateAdminCidrs: [192.168.10.0/24]\n"
		}},
		{"certificates", "expired on 2026-11-25", false, func(w *fixture) { w.up(running, "2026-11-25T00:00:00Z") }},
		{"certificates", "expires on 2027-01-01", false, func(w *fixture) { w.up(running, "2027-01-01T00:00:00Z") }},
		{"Kubernetes version", "GKE supports Kubernetes 1.35 until 2027-04-11", true, func(w *fixture) {
			w.settings += "  bastide:kubernetesVersion: \"1.35\"\n"
			w.options.Now = func() time.Time { return today.AddDate(1, 0, 0) }
		}},
		{"first up", "still true, although OpenBao exists", false, func(w *fixture) { w.state = strings.Replace(running, "END", "2028-01-01T00:00:00Z", 1) }},
		{"first up", "is false, and OpenBao does not exist yet", true, func(w *fixture) { w.settings = strings.Replace(w.settings, "Bootstrap: true", "Bootstrap: false", 1) }},
	} {
		t.Run(c.check+" "+c.what, func(t *testing.T) {
			w := newFixture(t)
			c.change(w)
			reports := w.examine(t)
			require.NotEmpty(t, reports[c.check].Findings)
			assert.Contains(t, reports[c.check].Findings[0].What, c.what)
			assert.Equal(t, c.blocks, reports[c.check].Findings[0].Blocks)
			for name, report := range reports {
				if name != c.check {
					assert.Empty(t, report.Findings, name)
				}
			}
		})
	}
}

// The cluster is asked only once it exists, and only if it is the environment's.
func TestUnknownGKENamespacesAreReported(t *testing.T) {
	running := `{"deployment":{"resources":[{"urn":"urn:pulumi:a::b::pulumi:pulumi:Stack::c","type":"pulumi:pulumi:Stack"},
		{"urn":"urn:pulumi:a::b::kubernetes:apps/v1:StatefulSet::openbao-servers","type":"kubernetes:apps/v1:StatefulSet"}]}}`
	w := newFixture(t)
	settings := environmenttest.Small(t).Set("gcp:project", "acme-staging")
	settings.Environment = "staging"
	e := settings.Load(t)
	t.Setenv("KUBECONFIG", livetest.Cluster(t, e, "kube-system", "gke-managed-of-tomorrow"))
	assert.Contains(t, w.examine(t)["namespaces"].Skipped, "there is no cluster to ask")

	w.up(running, "")
	findings := w.examine(t)["namespaces"].Findings
	require.Len(t, findings, 1)
	assert.Contains(t, findings[0].What, `bastide:systemNamespaces[0]: the namespace "gke-managed-of-tomorrow" looks like one that GKE created`)
	assert.Contains(t, findings[0].Remedy, "pulumi config set --stack staging --path 'bastide:systemNamespaces[0]' gke-managed-of-tomorrow")
	assert.False(t, findings[0].Blocks)

	w.settings += "  bastide:systemNamespaces: [gke-managed-of-tomorrow]\n"
	assert.Equal(t, "all namespaces that look like GKE's are known", w.examine(t)["namespaces"].Seen)

	t.Setenv("KUBECONFIG", livetest.Cluster(t, environmenttest.Small(t).Load(t), "gke-managed-of-tomorrow"))
	assert.Contains(t, w.examine(t)["namespaces"].Skipped, "is not that of environment")
}

// up gives the environment a state, whose certificate expires at end.
func (w *fixture) up(state, end string) {
	w.settings = strings.Replace(w.settings, "Bootstrap: true", "Bootstrap: false", 1)
	w.state = strings.Replace(state, "END", end, 1)
}

// A misspelt key of an encrypted setting is reported without the passphrase, too, and the
// other checks still run.
func TestReportsMisspeltSecretWithoutPassphrase(t *testing.T) {
	w := newFixture(t)
	w.settings += "  bastide:adminCidr: {secure: " + secrets()[1] + "}\n"
	t.Setenv("PULUMI_CONFIG_PASSPHRASE", "wrong")
	reports := w.examine(t)
	require.Len(t, reports["settings"].Findings, 1)
	assert.Contains(t, reports["settings"].Findings[0].What, "did you mean bastide:adminCidrs?")
	assert.NotEmpty(t, reports["go"].Seen)
	assert.Len(t, reports, len(checks))
}

func TestEachExampleHasACommandAsRemedy(t *testing.T) {
	w := newFixture(t)
	w.settings += "  bastide:rbacGroup: gke-security-groups@acme.com\n  bastide:namespaces: [web owner=web, shop owner=shop editors=shop@example.com]\n" +
		"  bastide:estafetteUrl: https://ci.example.net\n  acme:webhook: {secure: " + sealed("https://hooks.example.com/B0B") + "}\n"
	reports := w.examine(t)
	var remedies []string
	for _, finding := range reports["examples"].Findings {
		remedies = append(remedies, finding.Remedy)
	}
	assert.Equal(t, []string{
		"pulumi config set --stack staging --secret acme:webhook",
		"pulumi config set --stack staging bastide:estafetteUrl https://ci.YOUR.DOMAIN",
		"pulumi config set --stack staging --path 'bastide:namespaces[1]' 'shop owner=shop editors=shop@YOUR.DOMAIN'",
	}, remedies)
	assert.NotContains(t, fmt.Sprint(reports), "B0B", "a secret is shown")
}

// Without the passphrase encrypted settings are skipped, and those in clear are checked.
func TestExamplesAreFoundBesideUnreadableSecrets(t *testing.T) {
	w := newFixture(t)
	t.Setenv("PULUMI_CONFIG_PASSPHRASE", "wrong")
	report := w.examine(t)["examples"]
	assert.Empty(t, report.Findings)
	assert.Equal(t, "no setting has an example value; not checked, because the passphrase is not set: bastide:adminCidrs[0]", report.Seen)

	w.settings = strings.Replace(w.settings, secrets()[1]+"}", secrets()[1]+"}, 198.51.100.9/32", 1)
	report = w.examine(t)["examples"]
	require.Len(t, report.Findings, 1)
	assert.Contains(t, report.Findings[0].What, `bastide:adminCidrs[1] is "198.51.100.9/32"`)
	assert.Equal(t, "pulumi config set --stack staging --secret --path 'bastide:adminCidrs[1]'", report.Findings[0].Remedy)
}

func TestRehearsalEnvironmentMayHaveExamples(t *testing.T) {
	w := newFixture(t)
	w.settings += "  bastide:rehearsal: true\n  bastide:alertEmail: ops@example.com\n"
	assert.Contains(t, w.examine(t)["examples"].Skipped, "only ever rehearsed")
}

func TestWrongPassphraseBlocks(t *testing.T) {
	w := newFixture(t)
	t.Setenv("PULUMI_CONFIG_PASSPHRASE", "wrong")
	reports := w.examine(t)
	require.Len(t, reports["passphrase"].Findings, 1)
	assert.True(t, reports["passphrase"].Findings[0].Blocks)
	assert.Contains(t, reports["own address"].Skipped, "encrypted", "a check that needs encrypted settings is skipped")
	assert.NotContains(t, fmt.Sprint(reports), "8.8.4.4/32")
}

func TestAddressIsAskedOnlyOfTheGivenSource(t *testing.T) {
	answer := "8.8.4.4\n"
	source := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) { fmt.Fprintf(out, "%s", answer) }))
	defer source.Close()
	w := newFixture(t)
	w.options.Address, w.options.AddressFrom = "", source.URL
	assert.Equal(t, "8.8.4.4 is inside bastide:adminCidrs[0]", w.examine(t)["own address"].Seen)
	for text, skipped := range map[string]string{"<html>": "is not an IPv4 address", "2001:db8::1": "is not an IPv4 address"} {
		answer = text
		assert.Contains(t, w.examine(t)["own address"].Skipped, skipped)
	}
	w.options.AddressFrom = "ftp://example.com"
	assert.Contains(t, w.examine(t)["own address"].Skipped, "is not a URL to ask")
	w.options.AddressFrom = ""
	assert.Contains(t, w.examine(t)["own address"].Skipped, "--address-from URL", "no server is asked by default")
}

// On a machine without any of the tools all findings are reported at once, and nothing hangs.
func TestMachineWithoutToolsGetsAllFindings(t *testing.T) {
	w := newFixture(t)
	w.tools = map[string]string{}
	reports := w.examine(t)
	for _, name := range []string{"go", "pulumi", "gke-gcloud-auth-plugin"} {
		assert.NotEmpty(t, reports[name].Findings, name)
	}
	for _, name := range []string{"backend", "stack", "login", "APIs", "permissions", "quotas", "first up"} {
		assert.NotEmpty(t, reports[name].Skipped, name)
	}
}

func TestMissingEnvironmentIsAnError(t *testing.T) {
	_, err := Examine(context.Background(), Options{Root: environmenttest.Root(t), Environment: "nowhere"})
	assert.ErrorContains(t, err, `there is no environment "nowhere"`)
}

func TestWeakPassphrasesAreReported(t *testing.T) {
	for weak, what := range map[string]string{"rehearsal": "the public one of rehearsals", "short": "fewer than 20 characters"} {
		w := newFixture(t)
		salt, _, err := engine.NewSalt(weak)
		require.NoError(t, err)
		w.settings = strings.Replace(w.settings, secrets()[0], salt, 1)
		t.Setenv("PULUMI_CONFIG_PASSPHRASE", weak)
		reports := w.examine(t)
		require.Len(t, reports["passphrase"].Findings, 1, weak)
		assert.Contains(t, reports["passphrase"].Findings[0].What, what)
		assert.False(t, reports["passphrase"].Findings[0].Blocks)
	}
}
