package rules

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/version"

	"bastide/controls/token"
	"bastide/policies/rule"
)

// What the SDK has no field for, GKE's defaults bring: since 1.32 the kubelet's
// read-only port is closed, since 1.35 anonymous requests reach health checks
// only. Both hold in clusters that begin with such a version.
var kubernetesVersion = rule.Rule{
	Name:     "kubernetes-version",
	Controls: []string{"GUIDE anonymous access", "GUIDE kubelet port"},
	Promise:  "The cluster begins with a version whose defaults are closed",
	Level:    rule.Mandatory,
	Types:    []string{token.Cluster},
	Judge: func(r *rule.Resource) {
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
