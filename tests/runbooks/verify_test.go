package runbooks_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"bastide/environment"
	"bastide/environment/stackfile"
	"bastide/internal/live"
	"bastide/policies/controls"
)

func meta(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name}
}

// loaded is the environment, from its file.
func loaded(t *testing.T, text string) *environment.Environment {
	t.Helper()
	root := t.TempDir()
	project, err := os.ReadFile(filepath.Join(tools.Root, "Pulumi.yaml"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(root, "Pulumi.yaml"), project, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(root, "Pulumi."+name+".yaml"), []byte(text), 0o600))
	e, err := stackfile.Environment(root, name)
	require.NoError(t, err)
	return e
}

func verify(t *testing.T) live.Report {
	t.Helper()
	report, err := live.Verify(t.Context(), live.Options{
		Environment: loaded(t, settings), Kubeconfig: up.Cluster.ControlPlane().Kubeconfig, Rehearsed: true,
	})
	require.NoError(t, err)
	return report
}

func states(report live.Report) map[string]controls.State {
	found := map[string]controls.State{}
	for _, finding := range report.Findings {
		found[finding.Control.ID] = finding.State
	}
	return found
}

// The controls inside the cluster are met; those that only Google Cloud can answer are not
// checked, and say so.
func TestVerifyChecksTheCluster(t *testing.T) {
	report := verify(t)
	assert.Zero(t, report.Unmet(), report.String())
	met := 0
	for _, finding := range report.Findings {
		switch {
		case finding.Control.By != controls.Cluster:
		case finding.State == controls.Met:
			met++
		default:
			// These also check node pools or charts.
			assert.Contains(t, []string{"OWN build pool", "OWN pinned charts", "CIS 5.10.3"}, finding.Control.ID, finding.Why)
		}
	}
	assert.Greater(t, met, 20)
	assert.Equal(t, controls.NotChecked, states(report)["CIS 5.3.1"])
	assert.Contains(t, report.String(), "only ever rehearsed")
	assert.NotContains(t, report.String(), "203.0.113.7")
}

// A namespace that GKE's add-on manager created, and that the program does not know, is
// reported with the command to type.
func TestVerifyReportsUnknownGKENamespace(t *testing.T) {
	assert.Empty(t, verify(t).Unknown)
	config := up.Cluster.ControlPlane().Admin()
	config.Impersonate = rest.ImpersonationConfig{UserName: "system:addon-manager", Groups: []string{"system:masters"}}
	manager, err := client.New(config, client.Options{})
	require.NoError(t, err)
	made := &corev1.Namespace{ObjectMeta: meta("", "gke-managed-of-tomorrow")}
	require.NoError(t, manager.Create(t.Context(), made))
	t.Cleanup(func() { assert.NoError(t, manager.Delete(context.Background(), made)) })
	assert.Contains(t, verify(t).String(), "pulumi config set --stack "+name+" --path 'bastide:systemNamespaces[0]' gke-managed-of-tomorrow")
}

// Objects are deleted and changed by hand, in the cluster and in the cloud. Verify and drift
// both find the changes, and an `up` reverts them.
func TestVerifyAndDriftFindManualChanges(t *testing.T) {
	cluster, err := up.Cluster.Client()
	require.NoError(t, err)
	deleted := map[string]client.Object{
		"CIS 4.1.1":  &admissionv1.ValidatingAdmissionPolicyBinding{ObjectMeta: meta("", "bastide-cluster-admin")},
		"CIS 4.3.2":  &networkingv1.NetworkPolicy{ObjectMeta: meta("apps", "default-deny")},
		"CIS 4.6.4":  &corev1.ResourceQuota{ObjectMeta: meta("default", "nothing")},
		"OWN labels": &admissionv1.ValidatingAdmissionPolicyBinding{ObjectMeta: meta("", "bastide-workload-labels")},
	}
	for _, object := range deleted {
		require.NoError(t, cluster.Delete(t.Context(), object))
	}
	var account corev1.ServiceAccount
	require.NoError(t, cluster.Get(t.Context(), client.ObjectKey{Namespace: "apps", Name: "default"}, &account))
	yes := true
	account.AutomountServiceAccountToken = &yes
	require.NoError(t, cluster.Update(t.Context(), &account))

	report := verify(t)
	for id := range deleted {
		assert.Equal(t, controls.NotMet, states(report)[id], id)
	}
	assert.Equal(t, controls.NotMet, states(report)["CIS 4.1.4"])
	assert.GreaterOrEqual(t, report.Unmet(), len(deleted)+1)

	deleteFirewall(t)
	found, err := up.Drift(t.Context())
	require.Error(t, err)
	drifted := strings.Join(found.Drifted(), "\n")
	assert.Contains(t, drifted, "guardrails-cluster-admin-binding (ValidatingAdmissionPolicyBinding) is gone; up would create it again")
	assert.Contains(t, drifted, "guardrails-apps-default-deny (NetworkPolicy) is gone; up would create it again")
	assert.Contains(t, drifted, "guardrails-apps-default-account (ServiceAccountPatch) was changed; up would revert it")
	assert.Contains(t, drifted, "network-deny-ingress (Firewall) is gone; up would create it again")
	assert.Len(t, found.Drifted(), len(deleted)+2)

	_, err = up.Refresh(t.Context())
	require.NoError(t, err)
	_, err = up.Up(t.Context())
	require.NoError(t, err)
	assert.Zero(t, verify(t).Unmet(), verify(t).String())
}

func TestVerifyRefusesAnotherCluster(t *testing.T) {
	other := loaded(t, strings.ReplaceAll(settings, "bastide-small", "bastide-other"))
	_, err := live.Verify(t.Context(), live.Options{Environment: other, Kubeconfig: up.Cluster.ControlPlane().Kubeconfig, Rehearsed: true})
	require.ErrorIs(t, err, live.ErrCouldNotRun)
	assert.ErrorContains(t, err, `so it is not that of environment "small"`)
	_, err = live.Verify(t.Context(), live.Options{Environment: other, Kubeconfig: filepath.Join(t.TempDir(), "none"), Rehearsed: true})
	require.ErrorIs(t, err, live.ErrCouldNotRun)
	assert.ErrorContains(t, err, "reading the kubeconfig")
}
