package browser_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment/environmenttest"
	"bastide/internal/graph"
	"bastide/internal/rehearsal/report/page"
)

var update = flag.Bool("update", false, "write docs/images/report.svg")

// README.md shows the picture from dev's report, which is also a file of its own.
func TestPictureInREADMEIsUpToDate(t *testing.T) {
	root := environmenttest.Root(t)
	g := graph.Of(t, environmenttest.File(t, filepath.Join(root, "Pulumi.dev.yaml")))
	report, err := page.Report{Environment: "dev", Deployment: deployed(g)}.HTML()
	require.NoError(t, err)
	picture, path := extractPicture(t, string(report)), filepath.Join(root, "docs", "images", "report.svg")
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(picture), 0o600))
	}
	has, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, picture, string(has), "%s is stale; type `make update`", path)
}

// tooltips are removed, because an image in a document does not show them.
var tooltips = regexp.MustCompile(`(?s)<title>.*?</title>`)

// extractPicture extracts the picture from a report. It includes the report's style, and the
// background of the element around the picture.
func extractPicture(t *testing.T, report string) string {
	t.Helper()
	_, rest, found := strings.Cut(report, "<style>")
	require.True(t, found, "the report has no style")
	style, rest, _ := strings.Cut(rest, "</style>")
	_, rest, found = strings.Cut(rest, "<svg ")
	require.True(t, found, "the report has no picture")
	picture, _, _ := strings.Cut(rest, "</svg>")
	attributes, body, _ := strings.Cut(picture, ">")
	return `<svg xmlns="http://www.w3.org/2000/svg" style="background: var(--card)" ` + attributes + ">\n<style>" + style + "</style>" +
		tooltips.ReplaceAllString(body, "") + "</svg>\n"
}
