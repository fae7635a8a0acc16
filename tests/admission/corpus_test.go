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

// At home only the rules can refuse, and have to do it in their own words; in a
// workload namespace the same manifests meet everything at once.
func TestClusterDecidesAsTheCorpusSays(t *testing.T) {
	for _, namespace := range []string{corpus.Home, "shop", environment.OpenBaoNamespace} {
		t.Run(namespace, func(t *testing.T) {
			shown, wrong, err := judge(t, load(t)).Verdicts(t.Context(), namespace)
			require.NoError(t, err)
			assert.Greater(t, shown, 150)
			for _, w := range wrong {
				t.Error(w)
			}
			t.Logf("%d manifests", shown)
		})
	}
}

// What is filled in settles: a pod as it was admitted is admitted again, as it
// is.
func TestAdmittedPodIsAdmittedAgainUnchanged(t *testing.T) {
	for _, namespace := range []string{corpus.Home, "shop", environment.OpenBaoNamespace} {
		shown, wrong, err := judge(t, load(t)).Settles(t.Context(), namespace)
		require.NoError(t, err)
		assert.Greater(t, shown, 40)
		assert.Empty(t, wrong)
	}
}
