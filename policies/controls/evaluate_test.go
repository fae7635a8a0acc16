package controls

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/policies/controls/token"
)

// one is a control with one check of each of two types.
var one = Control{ID: "OWN one", By: Program, Choice: "choice", Evidence: []Check{
	{Type: "a:b:C", Path: "on", Want: true}, {Type: "a:b:D", Name: "-x", Path: "size", Want: 3},
}}

func TestControlIsMetIfAllItsChecksHold(t *testing.T) {
	good := Resource{Type: "a:b:C", Name: "first", Inputs: map[string]any{"on": true}}
	bad := Resource{Type: "a:b:C", Name: "second", Inputs: map[string]any{"on": false}}
	sized := Resource{Type: "a:b:D", Name: "third-x", Inputs: map[string]any{"size": 3.0}}
	for name, row := range map[string]struct {
		evidence Evidence
		want     State
		expected bool
		why      string
	}{
		"all hold":         {Evidence{Resources: []Resource{good, sized}}, Met, false, "2 checked"},
		"one is wrong":     {Evidence{Resources: []Resource{good, bad, sized}}, NotMet, false, "second: C on is false, but has to be true"},
		"one is not there": {Evidence{Resources: []Resource{good}}, NotMet, false, "there is no D whose name ends in -x"},
		"one is unseen":    {Evidence{Resources: []Resource{good}, Unseen: unseen("a:b:D")}, NotChecked, false, "not asked"},
		"wrong and unseen": {Evidence{Resources: []Resource{bad}, Unseen: unseen("a:b:D")}, NotMet, false, "second: C on is false, but has to be true"},
		"turned off":       {Evidence{Resources: []Resource{bad}, Off: []string{"choice"}}, NotMet, true, "the setting bastide:choice is off"},
	} {
		finding := one.evaluate(row.evidence)
		assert.Equal(t, row.want, finding.State, name)
		assert.Equal(t, row.expected, finding.Expected, name)
		assert.Equal(t, []string{row.why}, finding.Why, name)
	}
}

// A control that depends on a setting is expected to be unmet without it. With it, it is
// not checked if the environment has none of its optional resources.
func TestControlWithOnlyDependsOnTheSetting(t *testing.T) {
	chosen := Control{ID: "OWN chosen", By: Program, Only: "mode=safe", Evidence: []Check{{Type: "a:b:C", Path: "on", Want: true, Optional: true}}}
	without := chosen.evaluate(Evidence{Chosen: []string{"mode=fast"}})
	assert.Equal(t, NotMet, without.State)
	assert.True(t, without.Expected)
	assert.Equal(t, NotChecked, chosen.evaluate(Evidence{Chosen: []string{"mode=safe"}}).State)
	there := Resource{Type: "a:b:C", Name: "x", Inputs: map[string]any{"on": true}}
	assert.Equal(t, Met, chosen.evaluate(Evidence{Chosen: []string{"mode=safe"}, Resources: []Resource{there}}).State)
}

func unseen(kind string) func(Check) string {
	return func(c Check) string {
		if c.Type == kind {
			return "not asked"
		}
		return ""
	}
}

func TestWithoutResourcesOnlyControlsOfAbsenceAreMet(t *testing.T) {
	findings := Evaluate(Evidence{Chosen: []string{"ci=sandbox"}})
	require.Len(t, findings, len(All()))
	for _, finding := range findings {
		if finding.State == Met {
			assert.Equal(t, token.AccountKey, finding.Control.Checks()[0].Type, finding.Control.ID)
		}
		assert.NotEmpty(t, finding.Why, finding.Control.ID)
		assert.Equal(t, finding.Expected, finding.Control.By == Nobody, finding.Control.ID)
	}
}
