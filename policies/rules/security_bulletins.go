package rules

import (
	"slices"

	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

var bulletins = rule.Rule{
	Types: []string{token.Cluster},
	Evaluate: func(r *rule.Resource) {
		pubsub := r.At("notificationConfig.pubsub")
		pubsub.At("topic").IsSet("write the topic's id")
		events := pubsub.At("filter.eventTypes")
		texts, known := events.Texts()
		if known && !events.Empty() && !slices.Contains(texts, "SECURITY_BULLETIN_EVENT") {
			events.Wrong("add SECURITY_BULLETIN_EVENT")
		}
	},
}
