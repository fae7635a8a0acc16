package docs_test

import (
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastide/environment"
	"bastide/environment/environmenttest"
	"bastide/internal/cost"
	"bastide/internal/generated"
	"bastide/policies/controls"
	"bastide/policies/rules"
)

var update = flag.Bool("update", false, "write the counts and costs into README.md and docs/costs.md")

// README.md counts the controls, the admission policies and the policies, and lists the
// controls that are not met. All its generated sections are written here: tests of two
// packages run at the same time and would overwrite each other's changes.
func TestREADMECountsAreUpToDate(t *testing.T) {
	e := environmenttest.Small(t).Load(t)
	policies, err := rules.For(e)
	require.NoError(t, err)
	counts, exceptions := map[controls.By]int{}, ""
	for _, control := range controls.All() {
		counts[control.By]++
		if status := exception(control.By); status != "" {
			exceptions += fmt.Sprintf("| %s (%s) | %s | %s |\n", control.Title, control.ID, status, control.Note)
		}
	}
	section(t, "README.md", "guarantees", fmt.Sprintf(`[%d controls](docs/controls.md), each with its source: the program implements %d of them, GKE
implements %d, %d are up to you and %d are not met. The table lists what is
up to you or not met.
[%d admission rules](docs/admission.md) run in the cluster; by default %s only warn.
[%d policies](docs/policies.md) check each preview, the admission rules among them.

| exception | status | note |
|---|---|---|
`, len(controls.All()), counts[controls.Program]+counts[controls.Cluster], counts[controls.Google], counts[controls.Operator], counts[controls.Nobody],
		len(environment.AdmissionRules), listed(e.WarnOnly), len(policies))+exceptions)
}

// exception is the status in README.md of a control that the platform does not meet by itself.
func exception(by controls.By) string {
	return map[controls.By]string{controls.Operator: "up to you", controls.Nobody: "not met"}[by]
}

// listed formats names as `a`, `b` and `c`.
func listed(names []string) string {
	text := "`" + strings.Join(names, "`, `") + "`"
	if at := strings.LastIndex(text, ", "); at >= 0 {
		text = text[:at] + " and" + text[at+1:]
	}
	return text
}

// docs/costs.md shows what two small environments cost, and README.md the sums.
func TestCostsInDocumentsAreUpToDate(t *testing.T) {
	zonal := estimate(t, environmenttest.Small(t).Set("bastide:zones", []any{"europe-west1-b"}).Set("bastide:openbaoReplicas", 1))
	regional := estimate(t, environmenttest.Small(t))
	require.Len(t, regional.Lines, len(zonal.Lines))
	p := cost.Table()
	var b strings.Builder
	fmt.Fprintf(&b, "List prices in %s of %s, in US dollars a month, approximately:\n\n", zonal.Region, p.Date)
	b.WriteString("| item | one zone, 1 to 6 nodes | the region, 3 to 6 nodes |\n|---|---|---|\n")
	for i, line := range zonal.Lines {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", line.Item, line.Range.Dollars(), regional.Lines[i].Range.Dollars())
	}
	fmt.Fprintf(&b, "| **together** | **%s** | **%s** |\n\n", zonal.Total().Dollars(), regional.Total().Dollars())
	var usage []string
	for _, price := range p.Usage {
		usage = append(usage, fmt.Sprintf("%s ($%g per %s)", price.Item, price.Price, price.Per))
	}
	fmt.Fprintf(&b, "Costs that depend on use come on top:\n%s.\n", strings.Join(usage, ",\n"))
	section(t, "docs/costs.md", "cost", b.String())
	section(t, "README.md", "cost", fmt.Sprintf(`A small environment costs %s a month in one zone and %s in a
whole region, at the list prices in %s of %s ([docs/costs.md](docs/costs.md)).
`, zonal.Total().Dollars(), regional.Total().Dollars(), zonal.Region, p.Date))
}

func estimate(t *testing.T, settings *environmenttest.Settings) cost.Estimate {
	t.Helper()
	e, err := cost.Of(settings.Load(t))
	require.NoError(t, err)
	return e
}

func section(t *testing.T, path, name, want string) {
	t.Helper()
	generated.Section(t, filepath.Join(environmenttest.Root(t), path), name, want, *update)
}
