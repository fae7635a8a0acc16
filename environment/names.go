package environment

import (
	"math"
	"regexp"
	"strings"
)

// Kind is a kind of resource, as far as its name goes.
type Kind struct {
	name string
	// longest is what Google Cloud allows.
	longest int
	// reserved is the length of a random suffix that is put on later.
	reserved int
}

// The kinds in use. Sources: the API reference of each, field "name" or "id".
var (
	kindNetwork        = Kind{name: "VPC resource", longest: 63}
	kindCluster        = Kind{name: "GKE cluster", longest: 40}
	kindServiceAccount = Kind{name: "service account", longest: 30}
	kindKeyRing        = Kind{name: "key ring", longest: 63, reserved: 1 + SuffixLength}
	kindRepository     = Kind{name: "Artifact Registry repository", longest: 63}
	kindTopic          = Kind{name: "Pub/Sub topic", longest: 255}
	kindBucket         = Kind{name: "bucket", longest: 63, reserved: 1 + SuffixLength}
	kindZone           = Kind{name: "DNS zone", longest: 63}
)

// SuffixLength is how many random characters make the name of a key ring or a
// bucket new.
const SuffixLength = 6

// Name is one resource's name, before the environment is known.
type Name struct {
	kind Kind
	role string
}

// Every name that the environment gives. Names that are scoped to a parent of
// their own (keys in a ring, ranges in a subnet, pools in a cluster) need no
// prefix and are not here.
var (
	Network        = Name{kindNetwork, ""}
	Subnet         = Name{kindNetwork, "nodes"}
	Router         = Name{kindNetwork, "router"}
	NAT            = Name{kindNetwork, "nat"}
	EgressAddress  = Name{kindNetwork, "egress"}
	DenyIngress    = Name{kindNetwork, "deny-ingress"}
	AdminSSH       = Name{kindNetwork, "admin-ssh"}
	BuildControl   = Name{kindNetwork, "ci-control-plane"}
	BuildDNS       = Name{kindNetwork, "ci-dns"}
	BuildDeny      = Name{kindNetwork, "ci-deny-egress"}
	NodeTag        = Name{kindNetwork, "node"}
	KeyRing        = Name{kindKeyRing, ""}
	Cluster        = Name{kindCluster, ""}
	GeneralAccount = Name{kindServiceAccount, "general"}
	BuildAccount   = Name{kindServiceAccount, "ci"}
	Registry       = Name{kindRepository, "images"}
	BulletinTopic  = Name{kindTopic, "security-bulletins"}
	SnapshotBucket = Name{kindBucket, "openbao-snapshots"}
	GoogleAPIs     = Name{kindZone, "googleapis"}
)

var allNames = []Name{
	Network, Subnet, Router, NAT, EgressAddress, DenyIngress, AdminSSH, BuildControl, BuildDNS, BuildDeny, NodeTag, KeyRing,
	Cluster, GeneralAccount, BuildAccount, Registry, BulletinTopic, SnapshotBucket, GoogleAPIs,
}

// Names gives names. They are never cut short: a name that does not fit is
// refused by Load, so that two names never become one.
type Names struct {
	prefix string
}

// Of is the name of a resource.
func (n Names) Of(name Name) string {
	if name.role == "" {
		return n.prefix
	}
	return n.prefix + "-" + name.role
}

var environmentForm = regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`)

// IsName tells whether a text has the form of an environment's name, in which it
// may become part of other names and of paths.
func IsName(text string) bool {
	return environmentForm.MatchString(text) && !strings.Contains(text, "--")
}

// stackKey stands in for a configuration key: the name is the stack's own.
const stackKey = "stack name"

func readNames(r *reader) Names {
	stack := r.source.Stack()
	names := Names{prefix: Namespace + "-" + stack}
	if !IsName(stack) {
		r.report(stackKey, "pulumi stack init dev",
			"%q can't begin names in Google Cloud: lower case letters, digits and single hyphens, a letter first", stack)
		return names
	}
	tightest, room := names.tightest()
	if len(stack) > room {
		r.report(stackKey, "pulumi stack init "+strings.TrimRight(stack[:room], "-"),
			"%q has %d characters; a name made from it, that of %s %q, leaves room for %d",
			stack, len(stack), tightest.kind.name, names.Of(tightest), room)
	}
	return names
}

// tightest is the name that leaves the least room for the environment's own.
func (n Names) tightest() (name Name, room int) {
	empty := Names{prefix: Namespace + "-"}
	room = math.MaxInt
	for _, candidate := range allNames {
		left := candidate.kind.longest - candidate.kind.reserved - len(empty.Of(candidate))
		if left < room {
			name, room = candidate, left
		}
	}
	return name, room
}
