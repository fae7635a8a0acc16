package admission

import (
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"bastide/environment"
	"bastide/environment/environmenttest"
	"bastide/internal/generated"
	"bastide/policies/controls"
)

var update = flag.Bool("update", false, "write the rules into docs/admission.md")

// example holds the parameters with which docs/admission.md shows the rules.
var example = Params{
	Registry: "REGION-docker.pkg.dev/PROJECT/REPOSITORY", Taint: environment.Taint{Key: "role", Value: "privileged", Effect: "NoSchedule"},
	StorageClasses: []string{"encrypted", "encrypted-scratch"}, Version: "v1.36",
	Jobs: JobParams{Namespaces: []string{"ci-jobs"}, Sandbox: true},
}

func TestEveryRuleIsCompleteAndItsControlsExist(t *testing.T) {
	var known []string
	for _, control := range controls.All() {
		known = append(known, control.ID)
	}
	for _, rule := range Rules(example) {
		assert.Regexp(t, `^[a-z]+(-[a-z]+)*$`, rule.ID)
		assert.NotEmpty(t, rule.Match, rule.ID)
		assert.NotEmpty(t, rule.Valid, rule.ID)
		assert.NotEmpty(t, rule.Controls, rule.ID)
		assert.Regexp(t, `^[a-z]`, rule.Message, rule.ID)
		assert.NotContains(t, rule.Message, "must not", "%s: say what to write instead", rule.ID)
		for _, control := range rule.Controls {
			assert.Contains(t, known, control, rule.ID)
		}
	}
}

func TestImageExpressionMatchesOnlyThePatterns(t *testing.T) {
	expression := regexp.MustCompile(imageExpression([]string{
		"eu-docker.pkg.dev/p/r/**", "quay.io/openbao/*", "docker.io/library/redis", "docker.io/library/redis:*", "docker.io/library/redis@*",
		"docker.io/library/nginx:1", "gcr.io/x/y@sha256:" + strings.Repeat("a", 64),
	}))
	matches := expression.MatchString
	for _, image := range []string{
		"eu-docker.pkg.dev/p/r/web", "eu-docker.pkg.dev/p/r/deep/web:1", "quay.io/openbao/openbao:2.6.2",
		"docker.io/library/redis", "docker.io/library/redis:7", "docker.io/library/redis@sha256:1", "docker.io/library/redis:7@sha256:1", "docker.io/library/nginx:1",
		"gcr.io/x/y@sha256:" + strings.Repeat("a", 64),
	} {
		assert.True(t, matches(image), image)
	}
	for _, image := range []string{
		"", "web", "eu-docker.pkg.dev/p/r", "eu-docker.pkg.dev/p/revil/web", "eu-dockerxpkg.dev/p/r/web",
		"quay.io/openbao/a/b:1", "quay.io/openbaoevil/x", "docker.io/library/redis-evil", "docker.io/library/redis/evil:1",
		"docker.io/library/nginx:2", "docker.io/library/nginx", "docker.io/library/nginx:1@sha256:1", "redis", "redis:7", "library/redis:7", "evil.io/quay.io/openbao/x",
	} {
		assert.False(t, matches(image), image)
	}
}

func TestQuotesStringsForCEL(t *testing.T) {
	assert.Equal(t, `['a', '^x\\.y$', 'it\'s']`, quoted([]string{"a", `^x\.y$`, "it's"}))
}

func TestDocumentListsAllRules(t *testing.T) {
	var b strings.Builder
	b.WriteString("| rule | message | serves |\n|---|---|---|\n")
	for _, rule := range Rules(example) {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", rule.ID, rule.Message, strings.Join(rule.Controls, ", "))
	}
	generated.Section(t, "../../../docs/admission.md", "rules", b.String(), *update)
}

// The lists of rules in environment and policies/controls are generated, because neither
// package may import this one.
func TestGeneratedListsHaveAllRules(t *testing.T) {
	withoutJobs, settings := example, environmenttest.Defaults(t)
	withoutJobs.Jobs = JobParams{}
	always := Rules(withoutJobs)
	names, rows := "var AdmissionRules = []string{\n", "var AdmissionRules = []AdmissionRule{\n"
	for _, rule := range Rules(example) {
		names += fmt.Sprintf("%q,\n", rule.ID)
		rows += fmt.Sprintf("{ID: %q, Controls: %#v", rule.ID, rule.Controls)
		if warns, _ := settings.Values["bastide:warnOnly"].([]any); slices.Contains(warns, any(rule.ID)) {
			rows += ", Warns: true"
		}
		if !slices.ContainsFunc(always, func(r Rule) bool { return r.ID == rule.ID }) {
			rows += ", Optional: true"
		}
		rows += "},\n"
	}
	const from = "components/guardrails/admission"
	generated.Code(t, "../../../environment/admission_rules.go", from,
		"// AdmissionRules are the IDs of all admission rules, as settings, messages and reports use them.\n"+names+"}\n", *update)
	generated.Code(t, "../../../policies/controls/admission_rules.go", from, "// AdmissionRules are all admission rules.\n"+rows+"}\n", *update)
}
