package rules

import (
	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

var buildPool = rule.Rule{
	Types: []string{token.NodePool},
	Evaluate: func(r *rule.Resource) {
		want := r.Environment.BuildTaint
		label := r.At("nodeConfig.labels").At("[" + want.Key + "]")
		taints := r.At("nodeConfig.taints")
		if label.ReportUnknown() || taints.ReportUnknown() {
			return
		}
		var tainted bool
		for _, taint := range taints.Items() {
			tainted = tainted || taint.At("key").Holds(want.Key) && taint.At("value").Holds(want.Value) && taint.At("effect").Holds("NO_SCHEDULE")
		}
		labelled := label.Holds(want.Value)
		switch {
		case labelled && !tainted:
			taints.Wrong("write the taint " + want.Key + "=" + want.Value + " with effect NO_SCHEDULE beside the label")
		case tainted && !labelled:
			label.Wrong("write " + want.Value + " beside the taint")
		case !labelled && !label.Empty():
			label.Wrong("remove it: only the pool with the taint " + want.Key + "=" + want.Value + " may have this label")
		case !tainted && len(taints.Items()) > 0:
			taints.Wrong("write the taint " + want.Key + "=" + want.Value + " with effect NO_SCHEDULE, and the label " + want.Key + "=" + want.Value + " beside it")
		}
	},
}
