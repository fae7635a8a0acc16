package config_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/hcl"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/components/openbao/config"
)

func options(peers int, name string) config.Options {
	return config.Options{
		ClusterName: name, Peers: peers,
		Host: func(ordinal int) string {
			return fmt.Sprintf("openbao-%d.openbao-internal.%s.svc.cluster.local", ordinal, name)
		},
		Seal: config.CKMS{Project: "p", Region: "europe-west1", KeyRing: "ring", Key: "unseal"},
	}
}

// parsed is a configuration as OpenBao's parser reads it.
func parsed(t *testing.T, configuration any) map[string]any {
	t.Helper()
	text, err := config.JSON(configuration)
	require.NoError(t, err)
	var keys map[string]any
	require.NoError(t, hcl.Decode(&keys, text))
	return keys
}

// blocks are the values of a key that may be repeated.
func blocks(t *testing.T, value any) []map[string]any {
	t.Helper()
	list, ok := value.([]map[string]any)
	require.True(t, ok, "%v is not a list of blocks", value)
	return list
}

func TestServersJoinAllPeersAndUnsealWithTheKey(t *testing.T) {
	for peers := 1; peers <= 5; peers++ {
		for _, name := range []string{"a", "openbao", "n-0", strings.Repeat("x", 63)} {
			keys := parsed(t, config.New(options(peers, name)))
			assert.Equal(t, name, keys["cluster_name"])
			raft := blocks(t, blocks(t, keys["storage"])[0]["raft"])[0]
			assert.Equal(t, "/openbao/data", raft["path"])
			var joins []map[string]any
			for ordinal := range peers {
				joins = append(joins, map[string]any{
					"leader_api_addr":     fmt.Sprintf("https://openbao-%d.openbao-internal.%s.svc.cluster.local:8200", ordinal, name),
					"leader_ca_cert_file": "/openbao/tls/ca.crt",
				})
			}
			assert.Equal(t, joins, raft["retry_join"])
			assert.Equal(t, []map[string]any{{"gcpckms": []map[string]any{{
				"project": "p", "region": "europe-west1", "key_ring": "ring", "crypto_key": "unseal",
			}}}}, keys["seal"], "no credentials: they are those of the service account")
			assert.Contains(t, blocks(t, keys["service_registration"])[0], "kubernetes")
		}
	}
}

func TestListenersUseTLSAndKeepMetricsApart(t *testing.T) {
	listeners := blocks(t, parsed(t, config.New(options(3, "openbao")))["listener"])
	require.Len(t, listeners, 2)
	for i, want := range []struct {
		address   string
		telemetry map[string]any
	}{
		{"0.0.0.0:8200", map[string]any{"disallow_metrics": true}},
		{"0.0.0.0:8202", map[string]any{"metrics_only": true, "unauthenticated_metrics_access": true}},
	} {
		l := blocks(t, listeners[i]["tcp"])[0]
		assert.Equal(t, want.address, l["address"])
		assert.Equal(t, []map[string]any{want.telemetry}, l["telemetry"])
		assert.Equal(t, []any{"/openbao/tls/tls.crt", "/openbao/tls/tls.key", "tls12"}, []any{l["tls_cert_file"], l["tls_key_file"], l["tls_min_version"]})
		assert.NotContains(t, l, "tls_disable")
	}
}

func TestAuditsToStdoutAndVolume(t *testing.T) {
	var paths []any
	for _, device := range blocks(t, parsed(t, config.New(options(3, "openbao")))["audit"]) {
		assert.Equal(t, "file", device["type"])
		assert.NotEmpty(t, device["path"])
		paths = append(paths, blocks(t, device["options"])[0]["file_path"])
	}
	assert.Equal(t, []any{"stdout", "/openbao/audit/audit.log"}, paths)
}

// Every server reads the shared configuration. If it allowed initialisation, a server with
// an empty volume would start a cluster of its own.
func TestTheSharedConfigurationInitialisesNothing(t *testing.T) {
	keys := parsed(t, config.New(options(5, "openbao")))
	assert.NotContains(t, keys, "initialize")
	for key := range keys {
		assert.Contains(t, []string{
			"ui", "cluster_name", "log_format", "listener", "storage", "seal", "service_registration", "audit", "telemetry",
		}, key)
	}
}

var accounts = config.Accounts{Namespace: "openbao", Admin: "openbao-admin", Snapshot: "openbao-snapshot", ClientLabel: "bastide/openbao-client"}

// selfInitRequests are the requests of a self-initialisation, in order, as OpenBao reads
// them.
func selfInitRequests(t *testing.T, replicas int) (requests []map[string]any) {
	t.Helper()
	keys := parsed(t, config.NewSelfInit(replicas, accounts))
	require.Len(t, keys, 1)
	name := regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)
	seen := map[string]bool{}
	for _, block := range keys["initialize"].([]map[string]any) {
		for step, bodies := range block {
			assert.Regexp(t, name, step)
			for _, body := range bodies.([]map[string]any) {
				for _, request := range body["request"].([]map[string]any) {
					for what, fields := range request {
						assert.Regexp(t, name, what)
						assert.False(t, seen[step+"."+what], "%s.%s is there twice", step, what)
						seen[step+"."+what] = true
						requests = append(requests, fields.([]map[string]any)[0])
					}
				}
			}
		}
	}
	return requests
}

// at is the data of the request to a path.
func at(t *testing.T, requests []map[string]any, path string) map[string]any {
	t.Helper()
	for _, request := range requests {
		if request["path"] == path && request["data"] != nil {
			return request["data"].([]map[string]any)[0]
		}
	}
	require.Fail(t, "nothing is written to "+path)
	return nil
}

func TestSelfInitialisationMakesExactlyTheseRequests(t *testing.T) {
	for _, replicas := range []int{1, 3, 5} {
		requests := selfInitRequests(t, replicas)
		var paths []string
		for _, request := range requests {
			paths = append(paths, request["path"].(string))
			assert.NotContains(t, request, "token", "requests are made as root, once")
			assert.NotContains(t, request["path"], "sys/audit", "audit devices are declared, so that these requests are audited")
		}
		assert.Equal(t, []string{
			"sys/auth/kubernetes", "auth/kubernetes/config", "sys/auth/kubernetes", "sys/mounts/kv",
			"sys/policies/acl/admin", "sys/policies/acl/snapshot", "sys/policies/acl/app",
			"auth/kubernetes/role/admin", "auth/kubernetes/role/snapshot", "auth/kubernetes/role/app",
			"sys/storage/raft/autopilot/configuration",
		}, paths)
		autopilot := at(t, requests, "sys/storage/raft/autopilot/configuration")
		if replicas == 1 {
			assert.Equal(t, false, autopilot["cleanup_dead_servers"])
		} else {
			assert.Equal(t, replicas, autopilot["min_quorum"])
		}
	}
}

// A login needs a token with OpenBao's audience, from a named service account or from a
// namespace with the client label.
func TestRolesBindAudienceAccountAndNamespace(t *testing.T) {
	requests := selfInitRequests(t, 3)
	for role, bound := range map[string]map[string]any{
		"admin": {
			"bound_service_account_names": "openbao-admin", "bound_service_account_namespaces": "openbao", "token_ttl": "1h", "token_max_ttl": "1h",
		},
		"snapshot": {
			"bound_service_account_names": "openbao-snapshot", "bound_service_account_namespaces": "openbao", "token_ttl": "10m", "token_max_ttl": "10m",
		},
		"app": {"token_ttl": "1h", "token_max_ttl": "24h", "bound_service_account_names": "*", "bound_service_account_namespace_selector": `{"matchLabels":{"bastide/openbao-client":"true"}}`},
	} {
		data := at(t, requests, "auth/kubernetes/role/"+role)
		assert.Equal(t, "openbao", data["audience"], role)
		assert.Equal(t, role, data["token_policies"])
		for key, want := range bound {
			assert.Equal(t, want, data[key], role)
		}
		if role == "app" {
			assert.NotContains(t, data, "bound_service_account_namespaces", "it would be allowed in addition to the labelled ones")
		}
	}
}

func TestPoliciesAllowOnlyWhatEachRoleNeeds(t *testing.T) {
	requests := selfInitRequests(t, 3)
	paths := func(text any) (paths map[string]struct{ Capabilities []string }) {
		var policy struct {
			Path map[string]struct{ Capabilities []string }
		}
		require.NoError(t, json.Unmarshal([]byte(text.(string)), &policy))
		return policy.Path
	}
	snapshot := paths(at(t, requests, "sys/policies/acl/snapshot")["policy"])
	assert.Equal(t, map[string]struct{ Capabilities []string }{"sys/storage/raft/snapshot": {[]string{"read"}}}, snapshot)
	assert.Equal(t, []string{"deny"}, paths(at(t, requests, "sys/policies/acl/admin")["policy"])["sys/raw*"].Capabilities)

	source := at(t, requests, "sys/policies/acl/app")["policy"].([]map[string]any)[0]
	assert.Equal(t, "template", source["eval_source"])
	own := "{{ `{{` }}identity.entity.aliases.{{ .responses.kubernetes.mount.data.accessor }}.metadata.service_account_namespace{{ `}}` }}"
	assert.Equal(t, map[string]struct{ Capabilities []string }{
		"kv/data/" + own + "/*":     {[]string{"read"}},
		"kv/metadata/" + own + "/*": {[]string{"read", "list"}},
	}, paths(source["template"]))
}
