package cost

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
)

// String prints "3 to 6", or "3" if both are the same.
func (r Range) String() string { return r.format("%g") }

// Dollars prints the range as money: "$193 to $424".
func (r Range) Dollars() string {
	if r.Most < 10 {
		return r.format("$%.2f")
	}
	return r.format("$%.0f")
}

func (r Range) format(one string) string {
	least, most := fmt.Sprintf(one, r.Least), fmt.Sprintf(one, r.Most)
	if least == most {
		return least
	}
	return least + " to " + most
}

// String prints the estimate for a terminal: each line with its formula, the sum, the items
// that are not included, and the sources of the prices.
func (e Estimate) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in %s costs approximately %s a month:\n\n", e.Environment, e.Region, e.Total().Dollars())
	table := tabwriter.NewWriter(&b, 0, 4, 2, ' ', 0)
	for _, line := range e.Lines {
		fmt.Fprintf(table, "  %s\t%s\t%s\n", line.Item, line.Range.Dollars(), line.Formula)
	}
	fmt.Fprintf(table, "  together\t%s\t%s\n", e.Total().Dollars(), scope)
	_ = table.Flush() // a strings.Builder takes everything
	b.WriteString("\nNot included, because the cost depends on use:\n")
	for _, price := range Table().Usage {
		fmt.Fprintf(&b, "  %s, $%g per %s\n", price.Item, price.Price, price.Per)
	}
	fmt.Fprintf(&b, "\nList prices of %s in US dollars, without discounts and taxes:\n", Table().Date)
	for _, name := range sourceNames() {
		fmt.Fprintf(&b, "  %s: %s\n", name, Table().Sources[name])
	}
	return b.String()
}

// scope explains the two ends of a range.
const scope = "from the minimum to the maximum number of nodes"

// Markdown prints the estimate as a table.
func (e Estimate) Markdown() string {
	var b strings.Builder
	b.WriteString("| item | a month | formula |\n|---|---|---|\n")
	for _, line := range e.Lines {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", line.Item, line.Range.Dollars(), line.Formula)
	}
	fmt.Fprintf(&b, "| **together** | **%s** | %s |\n", e.Total().Dollars(), scope)
	return b.String()
}

// Difference says in one line what a change costs. Before and after are estimates of the
// same environment.
func Difference(before, after Estimate) string {
	was, is := before.Total(), after.Total()
	text := fmt.Sprintf("approximately %s a month", is.Dollars())
	if was == is {
		return text + ", as before"
	}
	return fmt.Sprintf("%s, before %s (%+.2f at the minimum number of nodes, %+.2f at the maximum)", text, was.Dollars(), is.Least-was.Least, is.Most-was.Most)
}

// sourceNames are the names of the sources, sorted.
func sourceNames() (names []string) {
	for name := range Table().Sources {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
