package rules

import (
	"slices"

	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

var auditLogs = rule.Rule{
	Types: []string{token.AuditConfig},
	Evaluate: func(r *rule.Resource) {
		for _, kind := range []string{"ADMIN_READ", "DATA_READ", "DATA_WRITE"} {
			logs := r.At("auditLogConfigs")
			if !slices.ContainsFunc(logs.Items(), func(log rule.Value) bool { return log.At("logType").Holds(kind) && log.At("exemptedMembers").Empty() }) {
				logs.Wrong("add " + kind + " without exempted members")
			}
		}
	},
	EvaluateStack: func(s *rule.Stack) {
		for _, service := range []string{"container.googleapis.com", "cloudkms.googleapis.com"} {
			if !slices.ContainsFunc(s.Of(token.AuditConfig), func(r *rule.Resource) bool { return r.At("service").Holds(service) }) {
				s.Missing("access to "+service+" is not in the audit logs", "create an IAMAuditConfig for it")
			}
		}
	},
}
