package rules

import (
	"bastide/policies/rule"
)

// Images, logs and emptyDir volumes are on boot disks.
var bootDiskKey = rule.Rule{
	Name:     "boot-disk-key",
	Controls: []string{"CIS 5.9.2"},
	Promise:  "Boot disks are encrypted with an own key",
	Level:    rule.Mandatory,
	Types:    nodeTypes,
	Judge:    ownKey("nodeConfig.bootDiskKmsKey", "boot-disks"),
	JudgeStack: func(s *rule.Stack) {
		for _, kind := range nodeTypes {
			ownKeyOf(kind, "nodeConfig.bootDiskKmsKey", "boot-disks")(s)
		}
	},
}
