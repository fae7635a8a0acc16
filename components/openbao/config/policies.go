package config

import "encoding/json"

// rule is what a policy allows on a path. Policies are JSON for the same reason
// as everything else here.
type rule struct {
	Capabilities []string `json:"capabilities"`
}

// policy writes the rules of a policy.
func policy(paths map[string]rule) string {
	text, err := json.Marshal(map[string]any{"path": paths})
	if err != nil {
		panic(err) // maps of texts can always be written
	}
	return string(text)
}

func can(capabilities ...string) rule { return rule{capabilities} }

// everything but "root": a policy has no wider form.
var everything = can("create", "read", "update", "patch", "delete", "list", "scan", "sudo")

// adminPolicy is for people who look after OpenBao itself. The root token is
// gone once the first server is initialised, so this is the widest there is.
var adminPolicy = policy(map[string]rule{
	"*": everything,
	// Nobody reads storage around the barrier, not even an administrator.
	"sys/raw*": can("deny"),
})

// snapshotPolicy takes snapshots, and does nothing else.
var snapshotPolicy = policy(map[string]rule{
	"sys/storage/raft/snapshot": can("read"),
})

// appPolicy reads what lies under the namespace of whoever asks. The text is a
// template twice over: accessor is filled in while OpenBao initialises itself,
// the namespace with every request.
func appPolicy(accessor string) string {
	namespace := "{{ `{{` }}identity.entity.aliases." + accessor + ".metadata.service_account_namespace{{ `}}` }}"
	return policy(map[string]rule{
		KVMount + "/data/" + namespace + "/*":     can("read"),
		KVMount + "/metadata/" + namespace + "/*": can("read", "list"),
	})
}
