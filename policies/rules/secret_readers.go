package rules

import (
	"slices"

	"bastide/environment"
	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

// readingVerbs are the verbs that return the object. Patch and delete do, too.
var readingVerbs = []string{"get", "list", "watch", "patch", "delete", "deletecollection", "*"}

// publicSecrets are Secrets without secret content: the certificate of OpenBao's CA,
// which Managed Prometheus reads from a Secret only.
var publicSecrets = []string{"openbao-metrics-authority"}

// byName are the verbs that need a Secret's name. Estafette's runner creates Secrets for
// a job, reads them and deletes them.
var byName = []string{"create", "get", "delete"}

// isEstafette reports whether a role is that of Estafette's runner, in its job namespace.
func isEstafette(r *rule.Resource) bool {
	return r.At("metadata.name").Holds(environment.RunnerAccount(environment.Estafette)) &&
		slices.ContainsFunc(r.Environment.CI.NamespacesOf(environment.Estafette), func(n environment.JobNamespace) bool { return n.Name == namespace(r) })
}

var secretReaders = rule.Rule{
	Types: []string{token.Role, token.ClusterRole},
	Evaluate: func(r *rule.Resource) {
		for _, grant := range r.At("rules").Items() {
			resources, known := grant.At("resources").Texts()
			verbs, verbsKnown := grant.At("verbs").Texts()
			names, namesKnown := grant.At("resourceNames").Texts()
			if !known || !verbsKnown || !namesKnown {
				continue
			}
			reaches := slices.Contains(resources, "secrets") || slices.Contains(resources, "*")
			reads := slices.ContainsFunc(verbs, func(verb string) bool { return slices.Contains(readingVerbs, verb) })
			public := len(names) > 0 && !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(publicSecrets, name) })
			ours := isEstafette(r) && !slices.ContainsFunc(verbs, func(verb string) bool { return !slices.Contains(byName, verb) })
			if reaches && reads && !public && !ours {
				grant.At("resources").Wrong("remove secrets, or the verbs that return them; workloads mount their Secrets instead")
			}
		}
	},
}
