package rules

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/version"

	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

var kubernetesVersion = rule.Rule{
	Types: []string{token.Cluster},
	Evaluate: func(r *rule.Resource) {
		const floor = "1.35"
		written := r.At("minMasterVersion")
		text, known := written.Text()
		if !known {
			return
		}
		// GKE's own suffix, 1.35.0-gke.117, does not make a version older.
		number, _, _ := strings.Cut(text, "-")
		if parsed, err := version.ParseGeneric(number); err != nil || parsed.LessThan(version.MustParseGeneric(floor)) {
			written.Wrong("write bastide:kubernetesVersion " + floor + " or later")
		}
	},
}
