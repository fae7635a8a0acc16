package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// Volumes come from storage classes; a disk beside them is encrypted all the same.
var diskKey = rule.Rule{
	Name:     "disk-key",
	Controls: []string{"CIS 5.9.1"},
	Promise:  "Disks that are made by hand are encrypted with an own key",
	Level:    rule.Mandatory,
	Types:    []string{token.Disk},
	Judge: func(r *rule.Resource) {
		r.At("diskEncryptionKey.kmsKeySelfLink").IsSet("write the id of the environment's key volumes")
	},
}
