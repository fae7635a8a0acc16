package rules

import (
	"strings"

	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

// podTypes are the resources that make pods, and podPaths where their pods are.
var (
	podTypes = []string{token.Pod, token.Deployment, token.StatefulSet, token.DaemonSet, token.ReplicaSet, token.Job, token.CronJob}
	podPaths = map[string]string{token.Pod: "spec", token.CronJob: "spec.jobTemplate.spec.template.spec"}
)

// podSpec is the pod that a resource makes.
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

// namespace is where a resource is; empty if that is not known.
func namespace(r *rule.Resource) string {
	text, _ := r.At("metadata.namespace").Text()
	return strings.TrimSpace(text)
}
