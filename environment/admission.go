package environment

import "slices"

// readWarnOnly reads the admission rules that warn instead of refusing.
func readWarnOnly(r *reader) []string {
	const key, exampleRule = "warnOnly", "image-digest"
	rules := r.list(key, exampleRule)
	for i, rule := range rules {
		if slices.Contains(AdmissionRules, rule) {
			continue
		}
		remedy := r.element(key, i, exampleRule)
		if near := nearest(rule, AdmissionRules); near != "" {
			remedy = r.element(key, i, near)
		}
		r.report(indexed(key, i), remedy, "%q is not an admission rule; docs/admission.md lists them", rule)
	}
	return rules
}
