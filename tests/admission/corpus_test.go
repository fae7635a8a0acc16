package admission_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment"
	"bastide/internal/rehearsal/corpus"
)

func TestCorpusHasEnoughCasesOfEveryRule(t *testing.T) {
	var ids []string
	for _, rule := range load(t).Rules {
		ids = append(ids, rule.ID)
		assert.GreaterOrEqual(t, len(rule.Pass), 2, rule.ID)
		assert.GreaterOrEqual(t, len(rule.Refuse), 3, rule.ID)
	}
	assert.ElementsMatch(t, environment.AdmissionRules, ids)
}

// In corpus.Namespace only the rules can refuse a manifest, each with its own message. In a
// workload namespace the same manifests also meet Pod Security and quotas.
func TestClusterDecidesAsTheCorpusSays(t *testing.T) {
	for _, namespace := range []string{corpus.Namespace, "shop", environment.OpenBaoNamespace} {
		t.Run(namespace, func(t *testing.T) {
			shown, wrong, err := checker(t, load(t)).CheckAll(t.Context(), namespace)
			require.NoError(t, err)
			assert.Greater(t, shown, 150)
			for _, w := range wrong {
				t.Error(w)
			}
			t.Logf("%d manifests", shown)
		})
	}
}

// Defaults are idempotent: an admitted pod is admitted again without a change.
func TestAdmittedPodIsAdmittedAgainUnchanged(t *testing.T) {
	for _, namespace := range []string{corpus.Namespace, "shop", environment.OpenBaoNamespace} {
		shown, wrong, err := checker(t, load(t)).CheckIdempotence(t.Context(), namespace)
		require.NoError(t, err)
		assert.Greater(t, shown, 40)
		assert.Empty(t, wrong)
	}
}
