package rules

import (
	"slices"

	"bastide/controls/token"
	"bastide/policies/rule"
)

// Without a filter GKE sends everything, bulletins included.
var bulletins = rule.Rule{
	Name:     "security-bulletins",
	Controls: []string{"GUIDE bulletins"},
	Promise:  "GKE tells of vulnerabilities in what runs here",
	Level:    rule.Mandatory,
	Types:    []string{token.Cluster},
	Judge: func(r *rule.Resource) {
		pubsub := r.At("notificationConfig.pubsub")
		pubsub.At("enabled").Is(true)
		pubsub.At("topic").IsSet("write the topic's id")
		events := pubsub.At("filter.eventTypes")
		texts, known := events.Texts()
		if known && !events.Empty() && !slices.Contains(texts, "SECURITY_BULLETIN_EVENT") {
			events.Wrong("add SECURITY_BULLETIN_EVENT")
		}
	},
}
