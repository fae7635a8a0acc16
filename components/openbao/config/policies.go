package config

import "encoding/json"

// rule is what a policy allows on a path.
type rule struct {
	Capabilities []string `json:"capabilities"`
}

// policy writes the rules of a policy.
func policy(paths map[string]rule) string {
	text, err := json.Marshal(map[string]any{"path": paths})
	if err != nil {
		panic(err) // maps of strings can always be marshalled
	}
	return string(text)
}

func can(capabilities ...string) rule { return rule{capabilities} }

// everything is all capabilities that a policy can grant; only a root token has more.
var everything = can("create", "read", "update", "patch", "delete", "list", "scan", "sudo")

// adminPolicy is for the administrators of OpenBao. The root token is revoked once the
// first server is initialised, so this is the widest policy.
var adminPolicy = policy(map[string]rule{
	"*": everything,
	// Not even an administrator may bypass the barrier and read storage directly.
	"sys/raw*": can("deny"),
})

// snapshotPolicy allows taking snapshots, and nothing else.
var snapshotPolicy = policy(map[string]rule{
	"sys/storage/raft/snapshot": can("read"),
})

// appPolicy allows reading the secrets below the caller's own namespace. The text is a
// template at two levels: OpenBao fills in the accessor when it initialises itself, and the
// namespace with every request.
func appPolicy(accessor string) string {
	namespace := "{{ `{{` }}identity.entity.aliases." + accessor + ".metadata.service_account_namespace{{ `}}` }}"
	return policy(map[string]rule{
		KVMount + "/data/" + namespace + "/*":     can("read"),
		KVMount + "/metadata/" + namespace + "/*": can("read", "list"),
	})
}
