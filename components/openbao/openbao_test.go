package openbao_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment/environmenttest"
	"bastide/internal/graph"
)

const (
	statefulSet = "kubernetes:apps/v1:StatefulSet"
	configMap   = "kubernetes:core/v1:ConfigMap"
	service     = "kubernetes:core/v1:Service"
	secret      = "kubernetes:core/v1:Secret"
)

// found is the resource of a type and name.
func found(t *testing.T, g *graph.Graph, kind, name string) *graph.Resource {
	t.Helper()
	for _, r := range g.Of(kind) {
		if r.Name == name {
			return &r
		}
	}
	require.Fail(t, "there is no "+kind+" "+name)
	return nil
}

func at(t *testing.T, r *graph.Resource, path string) any {
	t.Helper()
	value, err := r.Value(path)
	require.NoError(t, err)
	return value
}

// Servers start once they can unseal, verify tokens and register, in a namespace with its
// guardrails.
func TestServersComeAfterTheirGrantsAndGuardrails(t *testing.T) {
	g := graph.Of(t, environmenttest.Small(t))
	servers := found(t, g, statefulSet, "openbao-servers")
	for _, first := range []string{
		"openbao-unseal-encrypt", "openbao-unseal-view", "openbao-tls", "openbao-token-review", "openbao-namespaces",
		"openbao-registration", "guardrails-openbao-default-deny", "guardrails-openbao-quota", "guardrails-image-registry-binding",
	} {
		assert.True(t, g.DependsOn(servers, first), first)
	}
	for _, clients := range []string{"openbao-openbao", "openbao-openbao-active"} {
		assert.True(t, g.DependsOn(found(t, g, service, clients), "openbao-servers"), "Pulumi would wait for pods that are not there")
	}
	assert.True(t, g.DependsOn(g.Find("openbao-snapshots"), "keys-backups-agent"))
}

func TestOnlyTheSelfInitMapInitialises(t *testing.T) {
	settings := environmenttest.Small(t)
	for _, r := range graph.Of(t, settings).Of(configMap) {
		assert.NotContains(t, r.Bare()["data"], "self-init.json", r.Name)
	}
	g := graph.Of(t, settings.Set("bastide:openbaoBootstrap", true))
	initialising := 0
	for _, r := range g.Of(configMap) {
		for file, text := range r.Bare()["data"].(map[string]any) {
			if strings.Contains(text.(string), `"initialize": [`) {
				initialising++
				assert.Equal(t, "openbao-self-init self-init.json", r.Name+" "+file)
			}
		}
	}
	assert.Equal(t, 1, initialising)
	assert.Equal(t, "openbao-self-init", at(t, found(t, g, configMap, "openbao-self-init"), "metadata.name"), "pods mount it by this name")
}

func TestServersAreSpreadOverZonesAndNodes(t *testing.T) {
	const path = "spec.template.spec.topologySpreadConstraints"
	settings := environmenttest.Small(t)
	servers := found(t, graph.Of(t, settings), statefulSet, "openbao-servers")
	assert.Equal(t, "topology.kubernetes.io/zone", at(t, servers, path+".0.topologyKey"))
	assert.Equal(t, "DoNotSchedule", at(t, servers, path+".0.whenUnsatisfiable"))
	servers = found(t, graph.Of(t, settings.Set("bastide:zones", []any{"europe-west1-b"})), statefulSet, "openbao-servers")
	assert.Nil(t, at(t, servers, path), "there is one zone")
	assert.Equal(t, "kubernetes.io/hostname",
		at(t, servers, "spec.template.spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.0.topologyKey"))
}

func TestNoLoadBalancerUnlessAskedFor(t *testing.T) {
	settings := environmenttest.Small(t)
	for _, r := range graph.Of(t, settings).Of(service) {
		assert.NotEqual(t, "LoadBalancer", r.Plain()["spec"].(map[string]any)["type"], r.Name)
	}
	exposed := found(t, graph.Of(t, settings.Set("bastide:openbaoExpose", true)), service, "openbao-openbao-admin")
	assert.Equal(t, []any{"203.0.113.7/32"}, at(t, exposed, "spec.loadBalancerSourceRanges"))
	assert.Nil(t, at(t, exposed, "metadata.annotations"))

	settings.Set("bastide:privateEndpoint", true).Set("bastide:privateAdminCidrs", []any{"192.168.250.0/24"})
	private := found(t, graph.Of(t, settings), service, "openbao-openbao-admin")
	assert.Equal(t, []any{"192.168.250.0/24"}, at(t, private, "spec.loadBalancerSourceRanges"))
	assert.Equal(t, "Internal", private.Plain()["metadata"].(map[string]any)["annotations"].(map[string]any)["networking.gke.io/load-balancer-type"])
}

func TestBucketAndServersAreProtectedIfAskedFor(t *testing.T) {
	settings := environmenttest.Small(t)
	for _, protected := range []bool{true, false} {
		g := graph.Of(t, settings.Set("bastide:deletionProtection", protected))
		bucket := found(t, g, "gcp:storage/bucket:Bucket", "openbao-snapshots")
		assert.Equal(t, protected, bucket.Protect)
		assert.Equal(t, protected, bucket.RetainOnDelete)
		assert.Equal(t, !protected, at(t, bucket, "forceDestroy"))
		assert.Equal(t, protected, found(t, g, statefulSet, "openbao-servers").Protect)
	}
}

func TestPrivateKeysAreSecretInState(t *testing.T) {
	g := graph.Of(t, environmenttest.Small(t))
	assert.Equal(t, "[secret]", at(t, found(t, g, secret, "openbao-tls"), "data"))
	for _, name := range []string{"openbao-authority", "openbao-certificate-request"} {
		assert.Equal(t, "[secret]", g.Find(name).Plain()["privateKeyPem"], name)
	}
	assert.Equal(t, "[secret]", g.Find("openbao-certificate").Plain()["caPrivateKeyPem"])
}

func TestEncryptedAdminRangesAreMasked(t *testing.T) {
	settings := environmenttest.Small(t).Set("bastide:openbaoExpose", true)
	settings.Secrets = []string{"bastide:adminCidrs"}
	g := graph.Of(t, settings)
	assert.Equal(t, "[secret]", at(t, found(t, g, service, "openbao-openbao-admin"), "spec.loadBalancerSourceRanges"))
	policy := found(t, g, "kubernetes:networking.k8s.io/v1:NetworkPolicy", "openbao-allow-servers")
	assert.Contains(t, policy.Plain()["spec"].(map[string]any)["ingress"].([]any), map[string]any{
		"from": "[secret]", "ports": []any{map[string]any{"protocol": "TCP", "port": 8200.0}},
	})
}

// One container has OpenBao's token, the other has Google's.
func TestSnapshotContainersShareNoToken(t *testing.T) {
	job := found(t, graph.Of(t, environmenttest.Small(t)), "kubernetes:batch/v1:CronJob", "openbao-snapshot")
	pod := at(t, job, "spec.jobTemplate.spec.template.spec").(map[string]any)
	assert.Equal(t, false, pod["automountServiceAccountToken"])
	mounts := func(container any) (names []string) {
		for _, mount := range container.(map[string]any)["volumeMounts"].([]any) {
			names = append(names, mount.(map[string]any)["name"].(string))
		}
		return names
	}
	assert.Contains(t, mounts(pod["initContainers"].([]any)[0]), "token")
	upload := pod["containers"].([]any)[0]
	assert.NotContains(t, mounts(upload), "token")
	command := upload.(map[string]any)["command"].([]any)
	assert.Regexp(t, `^gs://bastide-dev-openbao-snapshots-[a-z0-9]{6}$`, command[len(command)-1], "the bucket alone, no object")
	assert.Equal(t, []any{"gcloud", "storage", "cp", "--if-generation-match=0", "/snapshots/*.snap"}, command[:len(command)-1])
	for _, volume := range pod["volumes"].([]any) {
		if v := volume.(map[string]any); v["name"] == "tls" {
			assert.Equal(t, []any{map[string]any{"key": "ca.crt", "path": "ca.crt"}}, v["secret"].(map[string]any)["items"], "it needs no private key")
		}
	}
}

func TestAlertWatchesTheBucketAndNotifiesTheEmailAddress(t *testing.T) {
	settings := environmenttest.Small(t)
	alert := found(t, graph.Of(t, settings), "gcp:monitoring/alertPolicy:AlertPolicy", "openbao-snapshot-alert")
	assert.Empty(t, alert.Plain()["notificationChannels"])
	assert.Contains(t, at(t, alert, "conditions.0.conditionPrometheusQueryLanguage.query"), `bucket_name="bastide-dev-openbao-snapshots-`)
	g := graph.Of(t, settings.Set("bastide:alertEmail", "platform@example.com"))
	assert.Len(t, found(t, g, "gcp:monitoring/alertPolicy:AlertPolicy", "openbao-snapshot-alert").Plain()["notificationChannels"], 1)
}

// Properties that would be easy to weaken by accident.
func TestExactProperties(t *testing.T) {
	g := graph.Of(t, environmenttest.Small(t))
	list := func(values ...any) []any { return values }
	for _, row := range []struct {
		kind, name, path string
		want             any
	}{
		{"kubernetes:policy/v1:PodDisruptionBudget", "openbao-disruption-budget", "spec.maxUnavailable", 1.0},
		{"kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding", "openbao-token-review", "roleRef.name", "bastide-openbao-token-review"},
		{"kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding", "openbao-namespaces", "roleRef.name", "bastide-openbao-namespaces"},
		{"kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "openbao-token-review-role", "rules.0.verbs", list("create")},
		{"kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "openbao-token-review-role", "rules.0.resources", list("tokenreviews")},
		{"kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "openbao-namespaces-role", "rules.0.verbs", list("get")},
		{"kubernetes:rbac.authorization.k8s.io/v1:Role", "openbao-registration-role", "rules.0.verbs", list("get", "patch")},
		{"kubernetes:monitoring.googleapis.com/v1:PodMonitoring", "openbao-metrics", "spec.endpoints.0.tls", map[string]any{
			"serverName": "openbao", "ca": map[string]any{"secret": map[string]any{"name": "openbao-metrics-authority", "key": "ca.crt"}},
		}},
		{statefulSet, "openbao-servers", "spec.template.spec.containers.0.readinessProbe.httpGet", map[string]any{
			"path": "/v1/sys/health?standbyok=true", "port": "api", "scheme": "HTTPS",
		}},
		{"tls:index/locallySignedCert:LocallySignedCert", "openbao-certificate", "allowedUses", list("digital_signature", "server_auth")},
		{"gcp:storage/bucket:Bucket", "openbao-snapshots", "lifecycleRules.0.condition.age", 30.0},
		{"gcp:monitoring/alertPolicy:AlertPolicy", "openbao-snapshot-alert", "conditions.0.conditionPrometheusQueryLanguage.duration", "0s"},
	} {
		assert.Equal(t, row.want, at(t, found(t, g, row.kind, row.name), row.path), "%s %s", row.name, row.path)
	}
	query := at(t, g.Find("openbao-snapshot-alert"), "conditions.0.conditionPrometheusQueryLanguage.query")
	assert.Contains(t, query, `response_code="OK"}[13h])`)
}

// The gate verifies the other servers' certificates, like every client.
func TestGateHasTheVariablesThatItsScriptReads(t *testing.T) {
	for _, replicas := range []int{1, 3, 5} {
		servers := found(t, graph.Of(t, environmenttest.Small(t).Set("bastide:openbaoReplicas", replicas)), statefulSet, "openbao-servers")
		env := map[string]any{}
		for _, variable := range at(t, servers, "spec.template.spec.initContainers.0.env").([]any) {
			v := variable.(map[string]any)
			env[v["name"].(string)] = v["value"]
		}
		assert.Equal(t, map[string]any{
			"POD_NAME": nil, "PEERS": "5", "SERVICE": "openbao-internal.openbao.svc.cluster.local",
			"OFFERED": "/openbao/offer/self-init.json", "ACCEPTED": "/openbao/bootstrap",
			"METADATA":   "http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/email",
			"BAO_CACERT": "/openbao/tls/ca.crt", "BAO_CLIENT_TIMEOUT": "3s",
		}, env)
	}
}

// With a private control plane endpoint, OpenBao accepts no public ranges either.
func TestPrivateEndpointLimitsOpenBaoToPrivateAdminRanges(t *testing.T) {
	settings := environmenttest.Small(t).Set("bastide:openbaoExpose", true).
		Set("bastide:privateEndpoint", true).Set("bastide:privateAdminCidrs", []any{"192.168.250.0/24"})
	policy := found(t, graph.Of(t, settings), "kubernetes:networking.k8s.io/v1:NetworkPolicy", "openbao-allow-servers")
	rules := at(t, policy, "spec.ingress").([]any)
	assert.Equal(t, []any{map[string]any{"ipBlock": map[string]any{"cidr": "192.168.250.0/24"}}}, rules[len(rules)-1].(map[string]any)["from"])
}
