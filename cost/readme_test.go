package cost_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastide/cost"
	"bastide/environment/environmenttest"
	"bastide/tests/generated"
)

var update = flag.Bool("update", false, "write what it costs into README.md")

// README.md tells what two small environments cost, and has to tell today's.
func TestREADMEHasTodaysCosts(t *testing.T) {
	zonal := of(t, environmenttest.Small(t).Set("bastide:zones", []any{"europe-west1-b"}).Set("bastide:openbaoReplicas", 1))
	regional := of(t, environmenttest.Small(t))
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
	fmt.Fprintf(&b, "On top comes what depends on use:\n%s.\n", strings.Join(usage, ",\n"))
	generated.Section(t, environmenttest.Root(t)+"/README.md", "cost", b.String(), *update)
}
