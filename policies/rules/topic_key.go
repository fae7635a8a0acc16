package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// A bulletin says which vulnerability is open here.
var topicKey = rule.Rule{
	Name:       "topic-key",
	Controls:   []string{"GUIDE bulletins"},
	Promise:    "What is published is encrypted with an own key",
	Level:      rule.Mandatory,
	Types:      []string{token.Topic},
	Judge:      ownKey("kmsKeyName", "bulletins"),
	JudgeStack: ownKeyOf(token.Topic, "kmsKeyName", "bulletins"),
}
