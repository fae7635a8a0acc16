package controls

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Markdown is the table as README.md prints it.
func Markdown() string {
	var b strings.Builder
	b.WriteString("| control | asks for | met by | how |\n|---|---|---|---|\n")
	for _, control := range All() {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", control.ID, control.Title, control.By, control.how())
	}
	b.WriteString("\n")
	for _, source := range slices.Sorted(maps.Keys(Sources)) {
		fmt.Fprintf(&b, "%s: %s.  \n", source, Sources[source])
	}
	return b.String()
}

func (c Control) how() string {
	var parts []string
	for _, check := range c.Checks {
		parts = append(parts, check.String())
	}
	if c.Choice != "" {
		parts = append(parts, "unless `"+c.Choice+"` is off")
	}
	if c.Note != "" {
		parts = append(parts, c.Note)
	}
	return strings.Join(parts, "; ")
}
