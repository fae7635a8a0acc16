package rules

import (
	"strings"

	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

// podTypes are the types that create pods; podPaths are the paths of their pod specs, if
// these are not at the usual place.
var (
	podTypes = []string{token.Pod, token.Deployment, token.StatefulSet, token.DaemonSet, token.ReplicaSet, token.Job, token.CronJob}
	podPaths = map[string]string{token.Pod: "spec", token.CronJob: "spec.jobTemplate.spec.template.spec"}
)

// podSpec is the spec of the pods that a resource creates.
func podSpec(r *rule.Resource) rule.Value {
	if path, special := podPaths[r.Type]; special {
		return r.At(path)
	}
	return r.At("spec.template.spec")
}

// containers are all of a pod, init containers included.
func containers(pod rule.Value) []rule.Value {
	return append(pod.At("initContainers").Items(), pod.At("containers").Items()...)
}

// namespace is a resource's namespace; "" if it is not known.
func namespace(r *rule.Resource) string {
	text, _ := r.At("metadata.namespace").Text()
	return strings.TrimSpace(text)
}
