// Package page renders the report of a rehearsal as one HTML file, which loads nothing,
// runs no scripts, and is readable on a phone.
package page

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"bastide/internal/rehearsal/network"
	"bastide/internal/rehearsal/report"
	"bastide/policies/controls"
)

// Report is the data for the page.
type Report struct {
	// Environment is the name of the rehearsed environment.
	Environment string
	// Deployment is the stack's state after up.
	Deployment *apitype.DeploymentV3
	// Timeline is the cloud's operations in time.
	Timeline report.Timeline
	// Findings are the controls and their states.
	Findings []controls.Finding
	// Network is which endpoint may connect to which.
	Network network.Matrix
	// Policies are those that evaluated at least one resource, and Later counts the
	// values that were unknown in the preview.
	Policies []string
	Later    int
}

//go:embed page.html picture.html chart.html style.css
var files embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"class":   class,
	"doors":   doors,
	"seconds": func(s float64) string { return fmt.Sprintf("%.0f s", s) },
}).ParseFS(files, "*.html"))

// view is the data of the templates.
type view struct {
	Report
	Style     template.CSS
	Resources int
	Picture   picture
	Chart     chart
	States    []count
}

// count is how many controls are in a state.
type count struct {
	State    string
	Number   int
	Findings []controls.Finding
}

// HTML renders the page.
func (r Report) HTML() ([]byte, error) {
	style, err := files.ReadFile("style.css")
	if err != nil {
		return nil, fmt.Errorf("rendering the report: %w", err)
	}
	v := view{
		Report: r, Style: template.CSS(style), //nolint:gosec // it is a file of this package
		Resources: len(report.NewInventory(r.Deployment).Resources),
		Picture:   draw(r.Deployment), Chart: plot(r.Timeline), States: states(r.Findings),
	}
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, "page.html", v); err != nil {
		return nil, fmt.Errorf("rendering the report: %w", err)
	}
	return b.Bytes(), nil
}

// states groups the findings by state: those to act on first.
func states(findings []controls.Finding) []count {
	groups := []count{{State: "not met"}, {State: "met"}, {State: "not met, on purpose"}, {State: "not checked"}}
	for _, finding := range findings {
		at := map[controls.State]int{controls.NotMet: 0, controls.Met: 1, controls.NotChecked: 3}[finding.State]
		if finding.Expected {
			at = 2
		}
		groups[at].Number++
		groups[at].Findings = append(groups[at].Findings, finding)
	}
	return groups
}

// class makes a CSS class of a state's name.
func class(state string) string {
	return strings.ReplaceAll(strings.ReplaceAll(state, ",", ""), " ", "-")
}

// doors shortens a list of ports for a cell: "TCP 8200, TCP 8201" is "8200 8201".
func doors(open string) string {
	var short []string
	for door := range strings.SplitSeq(open, ", ") {
		number := strings.TrimPrefix(strings.TrimPrefix(door, "TCP "), "UDP ")
		if len(short) == 0 || short[len(short)-1] != number {
			short = append(short, number)
		}
	}
	return strings.Join(short, " ")
}
