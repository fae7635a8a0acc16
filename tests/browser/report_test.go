// Package browser_test tests the report of a rehearsal in a real browser.
package browser_test

import (
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/labels"

	"bastide/environment/environmenttest"
	"bastide/internal/graph"
	"bastide/internal/rehearsal/googlecloud"
	"bastide/internal/rehearsal/network"
	"bastide/internal/rehearsal/report"
	"bastide/internal/rehearsal/report/page"
	"bastide/policies/controls"
)

var pictures = flag.String("pictures", "", "folder to save screenshots to")

// production is the report of the largest example: the resources that the program registers,
// and a timeline in which each resource begins when its last dependency has ended.
func production(t *testing.T) page.Report {
	t.Helper()
	settings := environmenttest.File(t, filepath.Join(environmenttest.Root(t), "tests", "environments", "Pulumi.production.yaml"))
	g := graph.Of(t, settings)
	deployment := deployed(g)
	inventory := report.NewInventory(deployment)
	return page.Report{
		Environment: "production", Deployment: deployment,
		Timeline: report.NewTimeline(history(deployment), deployment, googlecloud.CreationTime),
		Findings: controls.Evaluate(controls.Evidence{Resources: inventory.Evidence(), Off: settings.Load(t).TurnedOff(), Chosen: settings.Load(t).Chosen()}),
		Network:  matrix(t, g), Policies: []string{"secure-boot", "key-rotation", "authorized-networks"}, Later: 7,
	}
}

// deployed converts a graph to the state that the engine would have.
func deployed(g *graph.Graph) *apitype.DeploymentV3 {
	d := &apitype.DeploymentV3{}
	urns := map[string]resource.URN{}
	name := func(urn string) resource.URN {
		if r := g.At(urn); r != nil {
			return urns[r.Type+"::"+r.Name]
		}
		return ""
	}
	for _, r := range g.Resources {
		urns[r.Type+"::"+r.Name] = resource.NewURN("production", "bastide", "", tokens.Type(r.Type), r.Name)
	}
	for _, r := range g.Resources {
		state := apitype.ResourceV3{URN: urns[r.Type+"::"+r.Name], Type: tokens.Type(r.Type), Custom: !r.Component, Parent: name(r.Parent), Inputs: r.Plain()}
		if at := strings.LastIndex(r.Provider, "::"); at >= 0 {
			state.Provider = string(name(r.Provider[:at])) + r.Provider[at:]
		}
		for _, dependency := range r.Dependencies {
			state.Dependencies = append(state.Dependencies, name(dependency))
		}
		d.Resources = append(d.Resources, state)
	}
	return d
}

// history are the simulated cloud's operations, without times, which the timeline computes.
func history(d *apitype.DeploymentV3) (all []googlecloud.Operation) {
	for _, r := range d.Resources {
		if strings.HasPrefix(string(r.Type), "gcp:") {
			all = append(all, googlecloud.Operation{URN: r.URN, Type: string(r.Type), Action: "create", Needs: r.Dependencies})
		}
	}
	return all
}

func matrix(t *testing.T, g *graph.Graph) network.Matrix {
	t.Helper()
	namespaces := g.NamespaceLabels()
	namespaces["default"] = labels.Set{}
	policies, err := g.NetworkPolicies()
	require.NoError(t, err)
	return network.Survey(policies, namespaces, network.OutsideEndpoints(netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("10.80.160.2")))
}

// In two widths and two color schemes the page has no error, makes no request, and does not
// scroll sideways as a whole.
func TestReportRendersInABrowser(t *testing.T) {
	c := launch(t)
	text, err := production(t).HTML()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "report.html")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	for name, look := range map[string]struct {
		width  int
		scheme string
	}{"desktop": {1280, "light"}, "dark": {1280, "dark"}, "phone": {360, "light"}, "phone-dark": {360, "dark"}} {
		c.open(path, look.width, look.scheme)
		assert.Empty(t, c.requests(path), name)
		assert.Empty(t, c.complaints(), name)
		var page struct {
			Width, Window float64
			Text          string
			Small         []string
			Background    string
		}
		c.ask(`({
			width: document.documentElement.scrollWidth, window: innerWidth, text: document.body.innerText,
			background: getComputedStyle(document.body).backgroundColor,
			small: [...document.querySelectorAll('p, li, td, dd, dt, summary, svg text')].filter(e => e.getClientRects().length && parseFloat(getComputedStyle(e).fontSize) < 11).map(e => e.outerHTML),
		})`, &page)
		assert.LessOrEqual(t, page.Width, page.Window, "%s scrolls sideways", name)
		assert.InDelta(t, look.width, page.Window, 1, name)
		assert.Empty(t, page.Small, "%s has text that is too small to read", name)
		for _, heading := range []string{"The platform", "The timeline", "Allowed connections", "The controls", "The policies"} {
			assert.Contains(t, page.Text, heading, name)
		}
		assert.Equal(t, look.scheme == "light", strings.HasPrefix(page.Background, "rgb(25"), "%s is %s", name, page.Background)
		if *pictures != "" {
			c.screenshot(filepath.Join(*pictures, name+".png"))
		}
	}
	var drawn map[string]int
	c.ask(`Object.fromEntries(['.box', '.chip', '.arrow', '.bar', '.bar.critical', '.matrix .some', '.matrix .all', '.findings li'].map(s => [s, document.querySelectorAll(s).length]))`, &drawn)
	for what, count := range drawn {
		assert.Positive(t, count, what)
	}
	assert.Equal(t, len(controls.All()), drawn[".findings li"])
	assertApart(t, c)
}

// assertApart checks that no chips overlap, and that each chip's text fits into it.
func assertApart(t *testing.T, c *chromium) {
	t.Helper()
	var overlaps []string
	c.ask(`(() => {
		const chips = [...document.querySelectorAll('.chip rect')].map(e => e.getBoundingClientRect());
		const texts = [...document.querySelectorAll('.chip')].map(e => [e.querySelector('text').getBoundingClientRect(), e.querySelector('rect').getBoundingClientRect(), e.textContent]);
		const out = [];
		chips.forEach((a, i) => chips.slice(i + 1).forEach(b => { if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1) out.push('chips overlap at ' + a.left + ' ' + a.top); }));
		texts.forEach(([text, rect, name]) => { if (text.right > rect.right) out.push('text leaves ' + name); });
		return out;
	})()`, &overlaps)
	assert.Empty(t, slices.Compact(overlaps))
}

// A page with a request, an error and too wide content is detected.
func TestBrowserChecksDetectABadPage(t *testing.T) {
	c := launch(t)
	path := filepath.Join(t.TempDir(), "bad.html")
	require.NoError(t, os.WriteFile(path, []byte(`<meta name="viewport" content="width=device-width"><img src="http://127.0.0.1:9/x.png"><div style="width:2000px">x</div><script>throw new Error("oops")</script>`), 0o600))
	c.open(path, 360, "light")
	assert.Contains(t, c.requests(path), "http://127.0.0.1:9/x.png")
	assert.Contains(t, strings.Join(c.complaints(), ""), "oops")
	var width float64
	c.ask("document.documentElement.scrollWidth", &width)
	assert.Greater(t, width, 360.0)
}
