package charts_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/components/ci/values"
	"bastide/environment/environmenttest"
	"bastide/internal/rehearsal/charts"
)

// documents are the chart values of every CI system in every mode.
func documents(t *testing.T) (all []values.Document) {
	t.Helper()
	for mode, systems := range map[string][]any{"sandbox": {"gitlab", "github"}, "privileged": {"estafette", "gitlab", "github"}} {
		e := environmenttest.Small(t).Set("bastide:ci", mode).Set("bastide:ciSystems", systems).
			Set("bastide:estafetteUrl", "https://ci.example.com").Set("bastide:githubConfigUrl", "https://github.com/example").Load(t)
		made, err := values.All(values.Settings{CI: *e.CI, OwnImages: e.OwnImages(), OpenBaoImage: e.OpenBao.Image})
		require.NoError(t, err)
		all = append(all, made...)
	}
	return all
}

func TestGeneratedValuesHaveNoMisspeltKeys(t *testing.T) {
	all := documents(t)
	assert.Len(t, all, 7)
	for _, document := range all {
		misspelt, err := charts.Misspelt(document.Chart.Name, document.Values)
		require.NoError(t, err)
		assert.Empty(t, misspelt, document.Name)
	}
}

// A file of keys says nothing about another version of its chart.
func TestKeysAreOfTheChartVersionThatIsInstalled(t *testing.T) {
	for _, document := range documents(t) {
		read, err := charts.Version(document.Chart.Name)
		require.NoError(t, err)
		assert.Equal(t, document.Chart.Version, read, document.Chart.Name)
	}
}

func TestMisspeltFindsEveryMisspeltTopLevelKey(t *testing.T) {
	noticed := 0
	for _, document := range documents(t) {
		for key, value := range document.Values {
			broken := maps.Clone(document.Values)
			delete(broken, key)
			broken[key+"x"] = value
			misspelt, err := charts.Misspelt(document.Chart.Name, broken)
			require.NoError(t, err)
			assert.Contains(t, strings.Join(misspelt, " "), key+"x", document.Name)
			noticed++
		}
	}
	assert.Greater(t, noticed, 40)
}

func TestMisspeltFindsKeysInConfigurationThatIsText(t *testing.T) {
	noticed := map[string]bool{}
	for _, document := range documents(t) {
		for _, change := range []struct{ chart, from, to string }{
			{"gitlab-runner", "node_tolerations_overwrite_allowed", "node_toleration_overwrite_allowed"},
			{"gitlab-runner", "automount_service_account_token", "automount_service_token"},
			{"estafette-ci", "serviceAccount:", "service_account:"},
		} {
			if document.Chart.Name != change.chart {
				continue
			}
			misspelt, err := charts.Misspelt(document.Chart.Name, respell(document.Values, change.from, change.to))
			require.NoError(t, err)
			assert.NotEmpty(t, misspelt, change.to)
			noticed[change.to] = true
		}
	}
	assert.Len(t, noticed, 3)
}

// respell replaces a word in every string of values.
func respell(value any, from, to string) map[string]any {
	var within func(any) any
	within = func(value any) any {
		switch value := value.(type) {
		case string:
			return strings.ReplaceAll(value, from, to)
		case map[string]any:
			all := map[string]any{}
			for key, below := range value {
				all[key] = within(below)
			}
			return all
		}
		return value
	}
	return within(value).(map[string]any)
}

func TestMisspeltRejectsAnUnknownChart(t *testing.T) {
	_, err := charts.Misspelt("nginx", map[string]any{})
	assert.ErrorContains(t, err, `the keys of the chart "nginx" are not known`)
}
