package config

import "fmt"

// KVMount is the mount path of applications' secrets.
const KVMount = "kv"

// Audience is the audience of the tokens that OpenBao accepts for login. It refuses tokens
// of another audience, such as those that Kubernetes mounts by default.
const Audience = "openbao"

// The roles of the Kubernetes auth method, and their policies.
const (
	AdminRole    = "admin"
	SnapshotRole = "snapshot"
	AppRole      = "app"
)

// SelfInit is the requests with which the first server initialises itself, once. It makes
// them with a root token that is never shown, and is revoked at the end.
type SelfInit struct {
	Initialize []map[string]step `json:"initialize"`
}

type step struct {
	Request []map[string]request `json:"request"`
}

type request struct {
	Operation string         `json:"operation"`
	Path      string         `json:"path"`
	Data      map[string]any `json:"data,omitempty"`
}

// Accounts are the service accounts that may log in.
type Accounts struct {
	// Namespace is OpenBao's own namespace.
	Namespace string
	// Admin is the account whose token administrators request from Kubernetes. Snapshot
	// is the account of the snapshot job.
	Admin, Snapshot string
	// ClientLabel is the label of namespaces whose workloads may log in.
	ClientLabel string
}

// NewSelfInit makes the initial state of OpenBao: its auth method, roles and policies, and
// the mount of secrets. Audit devices are declared in the shared configuration instead, so
// that these requests are audited, too.
func NewSelfInit(replicas int, a Accounts) SelfInit {
	return SelfInit{Initialize: []map[string]step{
		{"kubernetes": requests(
			named{"enable", create("sys/auth/kubernetes", map[string]any{"type": "kubernetes"})},
			// Without a token and a CA certificate, OpenBao reviews tokens with those of
			// its own pod, which Kubernetes renews.
			named{"configure", create("auth/kubernetes/config", map[string]any{"kubernetes_host": "https://kubernetes.default.svc"})},
			named{"mount", request{Operation: "read", Path: "sys/auth/kubernetes"}},
		)},
		{"secrets": requests(
			named{"enable", create("sys/mounts/"+KVMount, map[string]any{"type": "kv", "options": map[string]string{"version": "2"}})},
		)},
		{"policies": requests(
			named{AdminRole, aclPolicy(AdminRole, adminPolicy)},
			named{SnapshotRole, aclPolicy(SnapshotRole, snapshotPolicy)},
			named{AppRole, aclPolicy(AppRole, map[string]string{
				"eval_source": "template", "eval_type": "string",
				"template": appPolicy("{{ .responses.kubernetes.mount.data.accessor }}"),
			})},
		)},
		{"roles": requests(
			named{AdminRole, role(AdminRole, map[string]any{
				"bound_service_account_names": a.Admin, "bound_service_account_namespaces": a.Namespace, "token_ttl": "1h", "token_max_ttl": "1h",
			})},
			named{SnapshotRole, role(SnapshotRole, map[string]any{
				"bound_service_account_names": a.Snapshot, "bound_service_account_namespaces": a.Namespace, "token_ttl": "10m", "token_max_ttl": "10m",
			})},
			// Any service account of a labelled namespace. The policy limits it to the
			// secrets of its own namespace.
			named{AppRole, role(AppRole, map[string]any{
				"bound_service_account_names":              "*",
				"bound_service_account_namespace_selector": fmt.Sprintf(`{"matchLabels":{%q:"true"}}`, a.ClientLabel),
				"token_ttl": "1h", "token_max_ttl": "24h",
			})},
		)},
		{"storage": requests(
			named{"autopilot", create("sys/storage/raft/autopilot/configuration", autopilot(replicas))},
		)},
	}}
}

type named struct {
	name    string
	request request
}

// requests is a step that makes requests in this order.
func requests(all ...named) (s step) {
	for _, n := range all {
		s.Request = append(s.Request, map[string]request{n.name: n.request})
	}
	return s
}

func create(path string, data map[string]any) request {
	return request{Operation: "update", Path: path, Data: data}
}

func aclPolicy(name string, text any) request {
	return create("sys/policies/acl/"+name, map[string]any{"policy": text})
}

// role binds service accounts to the policy of the same name.
func role(name string, binding map[string]any) request {
	binding["audience"], binding["token_policies"] = Audience, name
	return create("auth/kubernetes/role/"+name, binding)
}

// autopilot removes servers from the raft configuration that have been unreachable for a
// day, as long as min_quorum servers remain. OpenBao cleans up no servers if min_quorum is
// below three.
func autopilot(replicas int) map[string]any {
	if replicas < 3 {
		return map[string]any{"cleanup_dead_servers": false}
	}
	return map[string]any{
		"cleanup_dead_servers": true, "dead_server_last_contact_threshold": "24h", "min_quorum": replicas,
	}
}
