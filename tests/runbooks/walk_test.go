package runbooks_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"bastide/internal/rehearsal/engine"
	"bastide/internal/rehearsal/simulation"
)

const rehearsalLine = "bastide:rehearsal: true"

// addSetting adds a setting.
func addSetting(t *testing.T, setting string) {
	t.Helper()
	set(t, rehearsalLine, rehearsalLine+"\n  "+setting)
}

// docs/runbooks/admin-address.md: everything that names the admin ranges is updated in place,
// and nothing else changes. The rule about load balancers has the old ranges until it is
// updated, and would refuse even a preview with the new ones, so it has to be in warnOnly
// meanwhile.
func TestAdminAddressAndNodePoolChange(t *testing.T) {
	const was, becomes = "203.0.113.7/32", "203.0.113.9/32"
	set(t, was, becomes)
	_, err := up.Preview(t.Context())
	require.ErrorContains(t, err, "load-balancer-sources")

	warning := strings.ReplaceAll(settings, rehearsalLine, rehearsalLine+"\n  bastide:openbaoBootstrap: true\n  bastide:warnOnly: [image-digest, probes, workload-labels, load-balancer-sources]")
	write(t, warning)
	_, err = up.Up(t.Context())
	require.NoError(t, err)
	// docs/runbooks/node-pools.md, in the same `up`: the new pool is created before the old
	// one is deleted.
	settings = strings.ReplaceAll(warning, was, becomes) + "  bastide:ciMachineType: e2-standard-8\n"
	write(t, settings)
	up.Cloud.History()
	changed, err := up.Up(t.Context())
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{
		"update cluster-control-plane", "update network", "update network-admin-ssh", "update guardrails-apps-allow-admin",
		"update guardrails-load-balancer-sources", "update openbao-allow-servers", "update openbao-openbao-admin",
		"create-replacement cluster-ci", "replace cluster-ci", "delete-replaced cluster-ci",
	}, bare(changed.Steps))
	var pool []string
	for _, operation := range up.Cloud.History() {
		if operation.URN.Name() == "cluster-ci" {
			pool = append(pool, operation.Action)
		}
	}
	assert.Equal(t, []string{"create", "delete"}, pool)
}

// docs/runbooks/upgrades.md: all settings of the page at once.
func TestUpgradesReplaceNothing(t *testing.T) {
	addSetting(t, `bastide:kubernetesVersion: "1.37"
  bastide:generalMaxNodes: 8
  bastide:openbaoImage: quay.io/openbao/openbao:2.6.3@sha256:aafd73a2102cda9c55d5d881a8c3210303146a7ec1e8ac76f526e175c6d24641`)
	steps := planned(t)
	for _, want := range []string{"update cluster-control-plane", "update cluster-general", "update openbao-servers", "update guardrails-apps"} {
		assert.Contains(t, steps, want)
	}
	for _, step := range steps {
		assert.True(t, strings.HasPrefix(step, "update "), step)
	}
}

// docs/runbooks/rotation.md: another key for OpenBao, and the certificate with it.
func TestReplaceRotatesAKey(t *testing.T) {
	_, deployment, err := up.Export(t.Context())
	require.NoError(t, err)
	for _, r := range deployment.Resources {
		if r.URN.Name() != "openbao-server-key" {
			continue
		}
		out, err := up.Run(t.Context(), "up", "--yes", "--skip-preview", "--stack", name, "--replace", string(r.URN))
		require.NoError(t, err, out)
		assert.Contains(t, out, "openbao-server-key")
		_, after, err := up.Export(t.Context())
		require.NoError(t, err)
		for _, now := range after.Resources {
			if now.URN == r.URN {
				assert.NotEqual(t, r.Outputs["publicKeyPem"], now.Outputs["publicKeyPem"])
			}
		}
		return
	}
	t.Fatal("there is no openbao-server-key")
}

// docs/runbooks/lost-laptop.md: with the state, the settings and the passphrase the
// environment can be managed from another machine; without the passphrase it can't.
func TestEnvironmentIsRecoveredOnAnotherMachine(t *testing.T) {
	fresh, err := engine.NewEnvironment([]byte(settings))
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(dir, "backend"), os.DirFS(filepath.Join(up.Dir, "backend"))))
	salted, err := os.ReadFile(filepath.Join(up.Dir, "work", "Pulumi."+name+".yaml"))
	require.NoError(t, err)
	if strings.Contains(string(salted), "encryptionsalt") {
		fresh = salted
	}
	project, err := os.ReadFile(filepath.Join(tools.Root, "Pulumi.yaml"))
	require.NoError(t, err)
	options := engine.Options{
		Dir: dir, CLI: tools.CLI, Program: tools.Program, Stack: name, Passphrase: "not the one",
		Files: engine.Files{Project: project, Stack: fresh}, Providers: (&simulation.Simulation{Cloud: up.Cloud, Cluster: up.Cluster}).Providers(),
	}
	wrong, err := engine.Open(t.Context(), options)
	if err == nil {
		_, err = wrong.Preview(t.Context())
		require.NoError(t, wrong.Close())
	}
	require.ErrorContains(t, err, "passphrase")

	options.Passphrase = engine.Passphrase
	recovered, err := engine.Open(t.Context(), options)
	require.NoError(t, err)
	defer func() { require.NoError(t, recovered.Close()) }()
	preview, err := recovered.Preview(t.Context())
	require.NoError(t, err)
	assert.True(t, preview.Unchanged(), preview.Steps)
	_, err = os.Stat(filepath.Join(dir, "home", ".pulumi"))
	assert.ErrorIs(t, err, fs.ErrNotExist, "a file of the old home was needed")
}

// docs/runbooks/drift.md: a user who changes a field owns it until they change it back.
func TestDriftNamesTheFieldManager(t *testing.T) {
	cluster, err := up.Cluster.Client()
	require.NoError(t, err)
	relabel := func(owner string) {
		var namespace corev1.Namespace
		require.NoError(t, cluster.Get(t.Context(), client.ObjectKey{Name: "apps"}, &namespace))
		namespace.Labels["bastide/owner"] = owner
		require.NoError(t, cluster.Update(t.Context(), &namespace))
	}
	relabel("somebody")
	found, err := up.Drift(t.Context())
	relabel("team-apps")
	require.Error(t, err)
	assert.Contains(t, strings.Join(found.Drifted(), "\n"), `guardrails-apps (Namespace) was changed by another field manager, which now owns the field: conflict with "runbooks.test" using v1: .metadata.labels.bastide/owner`)
}

func deleteFirewall(t *testing.T) {
	t.Helper()
	_, deployment, err := up.Export(t.Context())
	require.NoError(t, err)
	_, err = up.Cloud.Handshake(t.Context(), plugin.ProviderHandshakeRequest{}) // as someone else
	require.NoError(t, err)
	for _, r := range deployment.Resources {
		if r.URN.Name() == "network-deny-ingress" {
			_, err := up.Cloud.Delete(t.Context(), plugin.DeleteRequest{URN: r.URN, Type: r.Type, ID: r.ID})
			require.NoError(t, err)
		}
	}
}
