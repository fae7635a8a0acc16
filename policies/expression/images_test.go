package expression

import (
	"flag"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"pgregory.net/rapid"

	"bastide/components/derive"
	"bastide/components/guardrails/admission"
	"bastide/environment"
	"bastide/environment/environmenttest"
)

// drawn is the number of settings, and each that of images for each of them: ten thousand
// cases.
const (
	drawn = 500
	each  = 20
)

// builds are settings with which the program adds all of its own patterns.
func builds(t *testing.T) *environmenttest.Settings {
	t.Helper()
	return environmenttest.Small(t).Set("bastide:ci", environment.Privileged).
		Set("bastide:ciSystems", []any{environment.Estafette, environment.GitLab, environment.GitHub}).
		Set("bastide:estafetteUrl", "https://ci.example.com").Set("bastide:githubConfigUrl", "https://github.com/acme")
}

// Binary Authorization does not distinguish namespaces, so the admission rule has to
// accept an image in at least one of the namespaces.
func TestAdmissionRuleAcceptsExactlyTheImagesOfBinaryAuthorization(t *testing.T) {
	language, err := For("1.36")
	require.NoError(t, err)
	settings := builds(t)
	before := flag.Lookup("rapid.checks").Value.String()
	require.NoError(t, flag.Set("rapid.checks", strconv.Itoa(drawn)))
	defer func() { require.NoError(t, flag.Set("rapid.checks", before)) }()

	accepted, refused := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		settings.Set("bastide:trustedImages", rapid.SliceOfN(patterns(), 0, 3).Draw(rt, "trustedImages"))
		settings.Set("bastide:ciImages", rapid.SliceOfN(patterns(), 0, 3).Draw(rt, "ciImages"))
		e, err := environment.Load(settings)
		require.NoError(rt, err)
		trusted := e.AllImages()
		rule := imageRule(rt, language, e)
		for _, image := range rapid.SliceOfN(images(trusted), each, each).Draw(rt, "images") {
			binaryAuthorization := slices.ContainsFunc(trusted, func(pattern string) bool { return environment.ImageMatches(pattern, image) })
			admitted := slices.ContainsFunc([]string{"shop", environment.CISystemNamespace, "ci-jobs"}, func(namespace string) bool {
				return rule.Evaluate(podWith(namespace, image)) == Passes
			})
			require.Equal(rt, binaryAuthorization, admitted, "%q under %q", image, trusted)
			if admitted {
				accepted++
			} else {
				refused++
			}
		}
	})
	assert.Greater(t, accepted, drawn*each/5)
	assert.Greater(t, refused, drawn*each/5)
	assert.GreaterOrEqual(t, accepted+refused, drawn*each)
}

func imageRule(t require.TestingT, language *Language, e *environment.Environment) *Rule {
	all := admission.Rules(derive.Admission(e))
	at := slices.IndexFunc(all, func(r admission.Rule) bool { return r.ID == "image-registry" })
	rule, err := language.Compile(all[at])
	require.NoError(t, err)
	return rule
}

func podWith(namespace string, images ...string) Object {
	containers := make([]any, 0, len(images))
	for _, image := range images {
		containers = append(containers, map[string]any{"name": "web", "image": image})
	}
	return Object{kind: schema.GroupVersionKind{Version: "v1", Kind: "Pod"}, Content: map[string]any{
		"metadata": map[string]any{"namespace": namespace}, "spec": map[string]any{"containers": containers},
	}}
}

var digest = "@sha256:" + strings.Repeat("0a", 32)

// patterns generates patterns that are valid in settings.
func patterns() *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		host := rapid.SampledFrom([]string{"docker.io", "ghcr.io", "registry.example.com"}).Draw(t, "host")
		path := rapid.SliceOfN(rapid.StringMatching(`[a-z0-9._-]{1,3}`), 1, 3).Draw(t, "path")
		end := rapid.SampledFrom([]string{"", "*", "/*", "/**", ":1", ":1.*", ":*", "@*", digest}).Draw(t, "end")
		return host + "/" + strings.Join(path, "/") + end
	})
}

// images generates images that match a pattern, or almost do.
func images(patterns []string) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		pattern := rapid.SampledFrom(patterns).Draw(t, "pattern")
		image := strings.TrimRight(pattern, "*")
		end := rapid.OneOf(rapid.Just(""), rapid.SampledFrom([]string{
			":1", ":1.2", ":", "@", digest, ":1" + digest, ":1.2" + digest, "x", "-evil", "/x", "/x:1", "/a/b" + digest, "*", "**", "\n", "é", "|x", ")$",
		}), rapid.StringMatching(`[a-z0-9._/:@-]{0,6}`)).Draw(t, "end")
		twist := rapid.SampledFrom([]func(string) string{
			func(s string) string { return s }, func(s string) string { return s }, func(s string) string { return s },
			func(s string) string { return "evil.io/" + s },
			func(s string) string { return "index." + s },
			func(s string) string { return strings.TrimPrefix(s, "docker.io/") },
			func(s string) string { return strings.TrimPrefix(s, "docker.io/library/") },
			func(s string) string { return strings.Replace(s, ".", "x", 1) },
			func(s string) string { return s[:len(s)/2] },
			strings.ToUpper,
		}).Draw(t, "twist")
		return twist(image + end)
	})
}

func TestRefusalNamesContainerAndImageUnlessSecretOrUnknown(t *testing.T) {
	language, err := For("1.36")
	require.NoError(t, err)
	rule := imageRule(t, language, builds(t).Load(t))
	const kind = "kubernetes:core/v1:Pod"
	pod := func(image property.Value) Object {
		return Objects(kind, property.NewMap(map[string]property.Value{"spec": property.New(map[string]property.Value{
			"containers": property.New([]property.Value{property.New(map[string]property.Value{"name": property.New("web"), "image": image})}),
		})}))[0]
	}
	assert.Equal(t, rule.Message+` (refused: container "web" has "nginx:1")`, rule.Refusal(pod(property.New("nginx:1"))))
	assert.Equal(t, rule.Message, rule.Refusal(pod(property.New("hunter2").WithSecret(true))))
	assert.Equal(t, rule.Message, rule.Refusal(pod(property.New(property.Computed))))

	broken := Objects(kind, property.NewMap(map[string]property.Value{
		"metadata": property.New(map[string]property.Value{"labels": property.New(map[string]property.Value{"image-policy.k8s.io/break-glass": property.New("true")})}),
		"spec":     property.New(map[string]property.Value{"containers": property.New([]property.Value{})}),
	}))[0]
	assert.Equal(t, Refused, rule.Evaluate(broken))
	assert.Equal(t, rule.Message, rule.Refusal(broken), "no image is the cause")
}
