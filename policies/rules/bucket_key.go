package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// A snapshot of OpenBao is encrypted by OpenBao; this is the second lock.
var bucketKey = rule.Rule{
	Name:       "bucket-key",
	Controls:   []string{"OWN snapshots"},
	Promise:    "Backups are encrypted with an own key",
	Level:      rule.Mandatory,
	Types:      []string{token.Bucket},
	Judge:      ownKey("encryption.defaultKmsKeyName", "backups"),
	JudgeStack: ownKeyOf(token.Bucket, "encryption.defaultKmsKeyName", "backups"),
}
