package live

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment/environmenttest"
	"bastide/internal/generated"
	"bastide/policies/controls"
	"bastide/policies/controls/token"
)

// fakeGcloud is a script in place of gcloud. The answers in testdata were written by hand
// from the REST references of container v1, compute v1, cloudkms v1, artifactregistry v1,
// cloudresourcemanager v1, storage v1, monitoring v3 and binaryauthorization v1.
const fakeGcloud = `#!/bin/sh
echo "$*" >> "$CALLS"
case "$*" in
"container clusters describe bastide-dev --location=europe-west1 "*) file=cluster.json;;
"compute networks subnets describe bastide-dev-nodes --region=europe-west1 "*) file=subnet.json;;
"compute firewall-rules list --filter=network~/bastide-dev$ "*) file=firewall.json;;
"compute routers describe bastide-dev-router --region=europe-west1 "*) file=router.json;;
"container binauthz policy export "*) file=binauthz.yaml;;
"artifacts repositories describe bastide-dev-images --location=europe-west1 "*) file=repository.json;;
"artifacts repositories get-iam-policy bastide-dev-images "*) file=repository-iam.json;;
"projects get-iam-policy bastide-test "*) file=project-iam.json;;
"services list --enabled "*) file=services.json;;
"monitoring policies list "*) file=alerts.json;;
"pubsub topics describe bastide-dev-security-bulletins "*) file=topic.json;;
"iam service-accounts keys list --iam-account=bastide-dev-general@bastide-test.iam.gserviceaccount.com --managed-by=user "*) file=account-keys.json;;
"iam service-accounts keys list --iam-account=bastide-dev-ci@bastide-test.iam.gserviceaccount.com --managed-by=user "*) file=account-keys.json;;
"kms keys list --keyring=projects/bastide-test/locations/europe-west1/keyRings/bastide-dev-abc123 "*) file=keys.json;;
"kms keys get-iam-policy "*/unseal" "*) file=unseal-iam.json;;
"kms keys get-iam-policy "*) file=key-iam.json;;
"storage buckets list --raw "*) file=buckets.json;;
"storage buckets get-iam-policy gs://bastide-dev-openbao-snapshots-abc123 "*) file=bucket-iam.json;;
*) echo "ERROR: (gcloud) unexpected command $*" >&2; exit 2;;
esac
[ -e "$ANSWERS/$file" ] || { echo "ERROR: (gcloud) NOT_FOUND: it was deleted" >&2; exit 1; }
[ -s "$ANSWERS/$file" ] || { echo "ERROR: (gcloud) PERMISSION_DENIED: you may not look" >&2; exit 1; }
cat "$ANSWERS/$file"
`

var update = flag.Bool("update", false, "write the node properties that controls check into testdata/cluster.json")

// GKE's answer has every node property that a control checks, under the same name. A
// property that the API names differently has to be in renamed, and in the answer by hand.
func TestGKEsAnswerHasEveryCheckedNodeProperty(t *testing.T) {
	const path = "testdata/cluster.json"
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var answer map[string]any
	require.NoError(t, json.Unmarshal(text, &answer))
	for _, pool := range list(answer["nodePools"]) {
		for _, control := range controls.All() {
			for _, check := range control.Checks() {
				property, ofNodes := strings.CutPrefix(check.Path, "nodeConfig.")
				steps := append([]string{"config"}, strings.Split(property, ".")...)
				if check.Type == token.NodePool && ofNodes && check.Name == "" && at(pool, steps...) == nil {
					put(pool.(map[string]any), steps, check.Want)
				}
			}
		}
	}
	completed, err := json.MarshalIndent(answer, "", "  ")
	require.NoError(t, err)
	generated.File(t, path, string(completed)+"\n", *update)
}

// useFakeGcloud puts a gcloud on PATH that answers from a copy of testdata. It returns the
// folder of the answers and the file to which each call is appended.
func useFakeGcloud(t *testing.T) (answers, calls string) {
	t.Helper()
	bin := t.TempDir()
	answers, calls = filepath.Join(t.TempDir(), "answers"), filepath.Join(bin, "calls")
	require.NoError(t, os.CopyFS(answers, os.DirFS("testdata")))
	require.NoError(t, os.WriteFile(filepath.Join(bin, "gcloud"), []byte(fakeGcloud), 0o700))
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	t.Setenv("ANSWERS", answers)
	t.Setenv("CALLS", calls)
	t.Setenv("KUBECONFIG", filepath.Join(bin, "none"))
	return answers, calls
}

func verify(t *testing.T) map[string]controls.Finding {
	t.Helper()
	settings := environmenttest.Small(t)
	report, err := Verify(t.Context(), Options{Environment: settings.Load(t)})
	require.NoError(t, err)
	findings := map[string]controls.Finding{}
	for _, finding := range report.Findings {
		findings[finding.Control.ID] = finding
	}
	return findings
}

// notInTheCloud reports whether a control can't be checked with gcloud alone, or is about a
// type of resource that no question reads yet.
func notInTheCloud(finding controls.Finding) bool {
	why := strings.Join(finding.Why, "")
	return finding.Control.By != controls.Program || strings.Contains(why, "the cluster was not queried") ||
		strings.Contains(why, "Pulumi's state") || strings.Contains(why, "no command reads a ")
}

func TestControlsAreMetWithGoogleCloudsAnswers(t *testing.T) {
	_, calls := useFakeGcloud(t)
	met := 0
	for id, finding := range verify(t) {
		if finding.State == controls.Met {
			met++
		} else {
			assert.True(t, notInTheCloud(finding), "%s is %s: %v", id, finding.State, finding.Why)
		}
	}
	assert.Greater(t, met, 40)
	text, err := os.ReadFile(calls)
	require.NoError(t, err)
	asked := strings.Split(strings.TrimSpace(string(text)), "\n")
	assert.Greater(t, len(asked), 15)
	for _, call := range asked {
		assert.Regexp(t, `^[a-z -]+ (describe|list|get-iam-policy|export) `, call, "the command only reads")
		assert.Contains(t, call, " --project=bastide-test --format=json --quiet")
	}
}

// Each case is a change made by hand in the cloud, and the control that is then not met.
func TestControlIsNotMetAfterAManualChangeInTheCloud(t *testing.T) {
	answers, _ := useFakeGcloud(t)
	for id, change := range map[string][3]string{
		"CIS 5.8.1":             {"cluster.json", `"clientCertificateConfig": {}`, `"clientCertificateConfig": {"issueClientCertificate": true}`},
		"CIS 5.8.3":             {"cluster.json", `"legacyAbac": {}`, `"legacyAbac": {"enabled": true}`},
		"CIS 5.6.3":             {"cluster.json", `"cidrBlocks": [`, `"cidrBlocksOfOld": [`},
		"CIS 5.5.5":             {"cluster.json", `"shieldedNodes": {`, `"unshieldedNodes": {`},
		"CIS 4.3.1":             {"cluster.json", "ADVANCED_DATAPATH", "LEGACY_DATAPATH"},
		"CIS 5.6.2":             {"cluster.json", `"useIpAliases": true`, `"useRoutes": true`},
		"CIS 5.6.5":             {"cluster.json", `"enablePrivateNodes": true`, `"enablePrivateNodes": false`},
		"GUIDE external IPs":    {"cluster.json", `"serviceExternalIpsConfig": {}`, `"serviceExternalIpsConfig": {"enabled": true}`},
		"CIS 5.7.1":             {"cluster.json", `"WORKLOADS",`, ``},
		"GUIDE maintenance":     {"cluster.json", `"recurringWindow"`, `"dailyMaintenanceWindow"`},
		"CIS 5.3.1":             {"cluster.json", `"state": "ENCRYPTED"`, `"state": "DECRYPTED"`},
		"CIS 5.5.7":             {"cluster.json", `"enableSecureBoot": true`, `"enableSecureBoot": false`},
		"CIS 5.5.2":             {"cluster.json", `"autoRepair": true`, `"autoRepair": false`},
		"CIS 5.4.1":             {"cluster.json", "GKE_METADATA", "GCE_METADATA"},
		"OWN build pool":        {"cluster.json", "NO_SCHEDULE", "PREFER_NO_SCHEDULE"},
		"CIS 5.6.1":             {"subnet.json", `"flowSampling": 0.5`, `"flowSampling": 0.1`},
		"CIS 5.6.6":             {"firewall.json", `"IPProtocol": "all"`, `"IPProtocol": "tcp"`},
		"OWN firewall logs":     {"firewall.json", "INCLUDE_ALL_METADATA", "EXCLUDE_ALL_METADATA"},
		"OWN egress":            {"router.json", "MANUAL_ONLY", "AUTO_ONLY"},
		"CIS 5.1.4":             {"binauthz.yaml", "ALWAYS_DENY", "ALWAYS_ALLOW"},
		"OWN immutable tags":    {"repository.json", `"immutableTags": true`, `"immutableTags": false`},
		"CIS 5.1.3":             {"repository-iam.json", "artifactregistry.reader", "artifactregistry.admin"},
		"GUIDE node role":       {"project-iam.json", "roles/container.defaultNodeServiceAccount", "roles/editor"},
		"GUIDE audit logs":      {"project-iam.json", "cloudkms.googleapis.com", "storage.googleapis.com"},
		"CIS 5.1.1":             {"services.json", "containerscanning", "otherscanning"},
		"GUIDE bulletins":       {"topic.json", "kmsKeyName", "noKeyName"},
		"OWN account keys":      {"account-keys.json", "[]", `[{"name": "projects/p/serviceAccounts/a/keys/1"}]`},
		"OWN key rotation":      {"keys.json", "7776000s", "31536000s"},
		"OWN key destruction":   {"keys.json", "10368000s", "86400s"},
		"OWN unseal":            {"unseal-iam.json", "roles/cloudkms.viewer", "roles/cloudkms.admin"},
		"OWN snapshots":         {"buckets.json", `"2592000"`, `"604800"`},
		"GUIDE least privilege": {"bucket-iam.json", "objectCreator", "objectAdmin"},
		"CIS 5.1.2":             {"repository-iam.json", "artifactregistry.reader", "artifactregistry.writer"},
	} {
		path := filepath.Join(answers, change[0])
		was, err := os.ReadFile(path)
		require.NoError(t, err)
		wrong := strings.ReplaceAll(string(was), change[1], change[2])
		require.NotEqual(t, string(was), wrong, id)
		require.NoError(t, os.WriteFile(path, []byte(wrong), 0o600))
		finding := verify(t)[id]
		assert.Equal(t, controls.NotMet, finding.State, "%s: %v", id, finding.Why)
		require.NoError(t, os.WriteFile(path, was, 0o600))
	}
}

// A control of a deleted resource is not met; one of an unreadable resource is not checked.
func TestDeletedResourceIsNotMetAndUnreadableOneNotChecked(t *testing.T) {
	answers, _ := useFakeGcloud(t)
	require.NoError(t, os.Remove(filepath.Join(answers, "subnet.json")))
	require.NoError(t, os.WriteFile(filepath.Join(answers, "services.json"), nil, 0o600))
	findings := verify(t)
	assert.Equal(t, controls.NotMet, findings["CIS 5.6.1"].State)
	assert.Contains(t, findings["CIS 5.6.1"].Why, "there is no Subnetwork")
	assert.Equal(t, controls.NotChecked, findings["CIS 5.1.1"].State)
	assert.Equal(t, []string{"gcloud services list: (gcloud) PERMISSION_DENIED: you may not look"}, findings["CIS 5.1.1"].Why)
}

func TestFailsWithoutGcloudAndKubeconfig(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none"))
	_, err := Verify(t.Context(), Options{Environment: environmenttest.Small(t).Load(t)})
	require.ErrorIs(t, err, ErrCouldNotRun)
	assert.ErrorContains(t, err, "there is no kubeconfig; type `pulumi stack output kubeconfig --stack dev > kubeconfig`")
	assert.ErrorContains(t, err, "gcloud is not on PATH")
}
