package googlecloud

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestBinaryAuthorizationDeniesImages(t *testing.T) {
	const aPolicy = "binaryauthorization/policy:Policy"
	rule := func(evaluation, enforcement string) props {
		return props{"evaluationMode": evaluation, "enforcementMode": enforcement}
	}
	deny, allow := rule("ALWAYS_DENY", "ENFORCED_BLOCK_AND_AUDIT_LOG"), rule("ALWAYS_ALLOW", "ENFORCED_BLOCK_AND_AUDIT_LOG")
	own := func(cluster string, rule props) []any {
		named := props{"cluster": cluster}
		maps.Copy(named, rule)
		return []any{named}
	}
	patterns := []any{props{"namePattern": "docker.io/library/redis"}, props{"namePattern": "registry.example.com/**"}}
	attested := rule("REQUIRE_ATTESTATION", "ENFORCED_BLOCK_AND_AUDIT_LOG")
	attested["requireAttestationsBies"] = []any{"projects/acme/attestors/builds"}
	const byDefault = " denied by Binary Authorization default admission rule. Denied by always_deny admission rule"
	for name, row := range map[string]struct {
		off           bool
		policy        props
		image, denied string
	}{
		"no policy":                   {false, nil, "nginx", ""},
		"of no pattern":               {false, props{"defaultAdmissionRule": deny}, "nginx", "Image nginx" + byDefault},
		"of a pattern":                {false, props{"defaultAdmissionRule": deny}, "registry.example.com/a/b:1", ""},
		"a tag that no pattern has":   {false, props{"defaultAdmissionRule": deny}, "docker.io/library/redis:7", "Image docker.io/library/redis:7" + byDefault},
		"the cluster does not ask":    {true, props{"defaultAdmissionRule": deny}, "nginx", ""},
		"the policy allows":           {false, props{"defaultAdmissionRule": allow}, "nginx", ""},
		"the policy only notes":       {false, props{"defaultAdmissionRule": rule("ALWAYS_DENY", "DRYRUN_AUDIT_LOG_ONLY")}, "nginx", ""},
		"Google's own":                {false, props{"defaultAdmissionRule": deny}, "gke.gcr.io/a/b:1", ""},
		"Google's own, without trust": {false, props{"defaultAdmissionRule": deny, "globalPolicyEvaluationMode": "DISABLE"}, "gke.gcr.io/a/b:1", "Image gke.gcr.io/a/b:1" + byDefault},
		"the cluster's own rule": {
			false, props{"defaultAdmissionRule": allow, "clusterAdmissionRules": own("europe-west1.main", deny)}, "nginx",
			"Image nginx denied by Binary Authorization cluster admission rule for europe-west1.main. Denied by always_deny admission rule",
		},
		"another cluster's rule": {false, props{"defaultAdmissionRule": allow, "clusterAdmissionRules": own("europe-west1.other", deny)}, "nginx", ""},
		"attestations":           {false, props{"defaultAdmissionRule": attested}, "nginx", "Image nginx denied by Binary Authorization default admission rule. (a rehearsal has no attestations)"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, append([]string{"binaryauthorization"}, clusterAPIs...)...)
			cluster := w.clusterProps()
			if !row.off {
				cluster["binaryAuthorization"] = props{"evaluationMode": "PROJECT_SINGLETON_POLICY_ENFORCE"}
			}
			w.make(aCluster, "main", cluster)
			if row.policy != nil {
				row.policy["admissionWhitelistPatterns"] = patterns
				w.make(aPolicy, "policy", row.policy)
			}
			assert.Equal(t, row.denied, w.cloud.DeniesImage(row.image))
		})
	}
}
