package environment

import (
	"fmt"
	"regexp"
	"strings"
)

// Source: Google Cloud, "Requirements for labels".
const mostLabels = 64

var (
	labelKeyForm   = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)
	labelValueForm = regexp.MustCompile(`^[a-z0-9_-]{0,63}$`)
)

// readLabels returns the program's own labels and those of the settings.
func readLabels(r *reader) map[string]string {
	const key, example = "labels", "team=platform"
	labels := map[string]string{"managed-by": Namespace, "environment": r.source.Stack()}
	for i, text := range r.list(key, example) {
		name, value, ok := strings.Cut(text, "=")
		_, twice := labels[name]
		wrong := ""
		switch {
		case !ok:
			wrong = "is not of the form KEY=VALUE"
		case !labelKeyForm.MatchString(name):
			wrong = "has a key that Google Cloud refuses: use at most 63 lower case letters, digits, _ and -, starting with a letter"
		case !labelValueForm.MatchString(value):
			wrong = "has a value that Google Cloud refuses: use at most 63 lower case letters, digits, _ and -"
		case strings.HasPrefix(name, "goog"):
			wrong = "has a key that begins with goog, which is reserved for Google's own labels"
		case twice:
			wrong = fmt.Sprintf("sets %s a second time", name)
		case len(labels) == mostLabels:
			wrong = fmt.Sprintf("is one too many: Google Cloud allows %d labels, including those that the program sets", mostLabels)
		}
		if wrong != "" {
			r.report(indexed(key, i), r.element(key, i, example), "%q %s", text, wrong)
			continue
		}
		labels[name] = value
	}
	return labels
}

// groupForm is the group name that GKE prescribes. Source: GKE, "Configure Google
// Groups for RBAC".
var groupForm = regexp.MustCompile(`^gke-security-groups@[a-z0-9-]+(\.[a-z0-9-]+)+$`)

func readRBACGroup(r *reader) string {
	const key = "rbacGroup"
	group := strings.ToLower(r.text(key)) // as Google normalizes group addresses
	if group != "" && !groupForm.MatchString(group) {
		r.report(key, r.setting(key, "gke-security-groups@YOUR.DOMAIN"),
			"%q is not a group that GKE accepts; write gke-security-groups@ followed by your domain", group)
	}
	return group
}
