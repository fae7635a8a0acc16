package googlecloud

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"bastide/environment"
)

const (
	clusterKind = "gcp:container/cluster:Cluster"
	policyKind  = "gcp:binaryauthorization/policy:Policy"
)

// systemImages are the patterns of Google's own images that a policy has to list if it
// does not use Google's global policy. Source: Binary Authorization, "Policy YAML
// reference".
var systemImages = []string{
	"gcr.io/google-containers/*", "k8s.gcr.io/**", "gke.gcr.io/**", "gcr.io/gke-release/asm/*", "gcr.io/stackdriver-agents/*",
}

// DeniesImage returns the message with which Binary Authorization refuses a pod of the
// cluster because of an image, or nothing. Sources: "Policy YAML reference" for the
// evaluation, "Configure a Binary Authorization policy with GKE" for the message and for
// a project without a policy, which allows everything; for the message of a cluster's own
// rule, bendory-20220727-b's events, "denied by Binary Authorization cluster admission
// rule for us-central1.prod. Denied by always_deny admission rule".
func (c *Cloud) DeniesImage(image string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	cluster, policy := c.first(clusterKind), c.first(policyKind)
	if cluster == nil || policy == nil || text(cluster.outputs, "binaryAuthorization.evaluationMode") != "PROJECT_SINGLETON_POLICY_ENFORCE" {
		return ""
	}
	var allowed []string
	if text(policy.outputs, "globalPolicyEvaluationMode") != "DISABLE" {
		allowed = slices.Clone(systemImages)
	}
	for _, pattern := range objects(lookup(policy.outputs, "admissionWhitelistPatterns")) {
		allowed = append(allowed, text(pattern, "namePattern"))
	}
	if slices.ContainsFunc(allowed, func(pattern string) bool { return environment.ImageMatches(pattern, image) }) {
		return ""
	}
	rule, title := admissionRule(policy, text(cluster.outputs, "location")+"."+text(cluster.outputs, "name"))
	if text(rule, "enforcementMode") == "DRYRUN_AUDIT_LOG_ONLY" {
		return ""
	}
	denied := fmt.Sprintf("Image %s denied by Binary Authorization %s. ", image, title)
	switch text(rule, "evaluationMode") {
	case "ALWAYS_ALLOW":
		return ""
	case "ALWAYS_DENY":
		return denied + "Denied by always_deny admission rule"
	}
	return denied + "(a rehearsal has no attestations)"
}

// admissionRule is the rule of a policy for a cluster, and its name in Google's messages.
func admissionRule(policy *object, cluster string) (rule resource.PropertyMap, title string) {
	for _, rule := range objects(lookup(policy.outputs, "clusterAdmissionRules")) {
		if text(rule, "cluster") == cluster {
			return rule, "cluster admission rule for " + cluster
		}
	}
	return lookupObject(policy.outputs, "defaultAdmissionRule"), "default admission rule"
}

// first is the first object of a kind, if there is one.
func (c *Cloud) first(kind string) *object {
	for _, o := range c.sorted() {
		if o.kind == kind {
			return o
		}
	}
	return nil
}
