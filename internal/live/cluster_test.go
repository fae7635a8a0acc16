package live

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"bastide/environment/environmenttest"
	"bastide/internal/live/livetest"
)

// A later GKE version adds a namespace that the program does not know.
func TestUnknownGKENamespaceIsReportedWithTheCommandToType(t *testing.T) {
	settings := environmenttest.Small(t)
	e := settings.Load(t)
	options := Options{Environment: e, Rehearsed: true}
	for _, known := range [][]string{{"default", "openbao", "team-made"}, e.SystemNamespaces} {
		options.Kubeconfig = livetest.Cluster(t, e, known...)
		report, err := Verify(t.Context(), options)
		require.NoError(t, err)
		assert.Empty(t, report.Unknown)
	}

	options.Kubeconfig = livetest.Cluster(t, e, append([]string{"gke-managed-of-tomorrow"}, e.SystemNamespaces...)...)
	report, err := Verify(t.Context(), options)
	require.NoError(t, err)
	require.Len(t, report.Unknown, 1)
	assert.Contains(t, report.String(), `the namespace "gke-managed-of-tomorrow" looks like one that GKE created`)
	assert.Contains(t, report.String(), "type: pulumi config set --stack dev --path 'bastide:systemNamespaces[0]' gke-managed-of-tomorrow")

	options.Environment = settings.Set("bastide:systemNamespaces", []any{"gke-managed-of-tomorrow"}).Load(t)
	report, err = Verify(t.Context(), options)
	require.NoError(t, err)
	assert.Empty(t, report.Unknown, "the setting makes the namespace known")
}

func TestRejectsAnotherEnvironmentsCluster(t *testing.T) {
	other := environmenttest.Small(t).Set("gcp:project", "bastide-other").Load(t)
	_, err := UnknownNamespaces(t.Context(), Options{
		Environment: environmenttest.Small(t).Load(t), Kubeconfig: livetest.Cluster(t, other, "gke-managed-of-tomorrow"),
	})
	assert.ErrorContains(t, err, "is not that of environment")
}

func TestIgnoresSimulatedNamespacesInRehearsalsOnly(t *testing.T) {
	made := unstructured.Unstructured{}
	made.SetName("kube-system-2")
	made.SetLabels(map[string]string{"app.kubernetes.io/part-of": "rehearsal"})
	list := &unstructured.UnstructuredList{Items: []unstructured.Unstructured{made}}
	assert.Empty(t, names(Options{Rehearsed: true}, list))
	assert.Equal(t, []string{"kube-system-2"}, names(Options{}, list), "in a real cluster the label has no effect")
}
