package refusals_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"bastide/environment/environmenttest"
	"bastide/internal/generated"
	"bastide/internal/rehearsal/googlecloud/refusals"
)

var update = flag.Bool("update", false, "write the table into docs/refusals.md")

// docs/refusals.md lists the rows of the table.
func TestRefusalsDocumentIsUpToDate(t *testing.T) {
	var b strings.Builder
	service := ""
	for _, row := range table(t) {
		if row.Service != service {
			service = row.Service
			fmt.Fprintf(&b, "\n## %s\n\n| row | of | answer | words | read in |\n|---|---|---|---|---|\n", service)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", row.ID, types(row), answer(row), words(row), sources(row))
	}
	b.WriteString("\n")
	generated.Section(t, environmenttest.Root(t)+"/docs/refusals.md", "refusals", b.String(), *update)
}

func types(row *refusals.Row) string {
	var names []string
	for _, kind := range row.Types {
		names = append(names, kind[strings.LastIndex(kind, ":")+1:])
	}
	return strings.Join(names, ", ")
}

func answer(row *refusals.Row) string {
	return "`" + strings.ReplaceAll(strings.ReplaceAll(row.Error, "|", `\|`), "`", "'") + "`"
}

func words(row *refusals.Row) string {
	if row.Quoted {
		return "Google's"
	}
	return "ours"
}

func sources(row *refusals.Row) string {
	var links []string
	for i, source := range row.Sources {
		links = append(links, fmt.Sprintf("[%d](%s)", i+1, source))
	}
	return strings.Join(links, " ")
}
