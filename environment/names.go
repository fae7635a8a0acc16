package environment

import (
	"fmt"
	"math"
	"regexp"
	"strings"
)

// Kind is a kind of resource, with the limits on its name.
type Kind struct {
	name string
	// longest is the maximum length that Google Cloud allows.
	longest int
	// reserved is the length of a random suffix that is appended later.
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

// SuffixLength is the number of random characters that make the name of a key ring or
// a bucket unique.
const SuffixLength = 6

// shortestAccount is the minimum length of a service account's ID. Source: IAM API,
// projects.serviceAccounts.create, accountId.
const shortestAccount = 6

// Name is one resource's name without the environment's prefix.
type Name struct {
	kind Kind
	role string
}

// All names that carry the environment's prefix. Names that are scoped to a parent
// resource (keys in a key ring, ranges in a subnet, pools in a cluster) need no prefix
// and are not listed here.
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

// Names generates resource names. Names are never truncated, which could make two of
// them equal: Load and the components refuse a prefix that is too long.
type Names struct {
	// Prefix starts every name, for example bastide-dev.
	Prefix string
}

// Of is the name of a resource.
func (n Names) Of(name Name) string {
	if name.role == "" {
		return n.Prefix
	}
	return n.Prefix + "-" + name.role
}

// Wrong says what is wrong with the prefix; it is empty if the prefix is valid.
func (n Names) Wrong() string {
	if short := n.Of(BuildAccount); IsName(n.Prefix) && len(short) < shortestAccount {
		return fmt.Sprintf("%q is too short: the service account name made from it, %q, needs at least %d characters", n.Prefix, short, shortestAccount)
	}
	return n.wrong(n.Prefix, 0)
}

// wrong says what is wrong with text, the end of a prefix in which it follows the
// given number of characters.
func (n Names) wrong(text string, before int) string {
	if !IsName(text) {
		return fmt.Sprintf("%q can't begin names in Google Cloud: use lower case letters, digits and single hyphens, starting with a letter", text)
	}
	if tightest, room := tightest(); before+len(text) > room {
		return fmt.Sprintf("%q has %d characters, but the name of the %s, %q, leaves room for %d",
			text, len(text), tightest.kind.name, n.Of(tightest), room-before)
	}
	return ""
}

var environmentForm = regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`)

// IsName reports whether a string has the form of an environment's name, which is safe
// as a part of resource names and of paths.
func IsName(text string) bool {
	return environmentForm.MatchString(text) && !strings.Contains(text, "--")
}

// stackKey is the Key of problems with the stack's name, which is not a setting.
const stackKey = "stack name"

func readNames(r *reader) Names {
	const before = Namespace + "-"
	stack, remedy := r.source.Stack(), "dev"
	names := Names{Prefix: before + stack}
	if _, room := tightest(); IsName(stack) && len(names.Prefix) > room {
		remedy = strings.TrimRight(stack[:room-len(before)], "-")
	}
	if wrong := names.wrong(stack, len(before)); wrong != "" {
		r.report(stackKey, "pulumi stack init "+remedy, "%s", wrong)
	}
	return names
}

// tightest is the name that leaves the least room for a prefix.
func tightest() (name Name, room int) {
	room = math.MaxInt
	for _, candidate := range allNames {
		left := candidate.kind.longest - candidate.kind.reserved - len(Names{}.Of(candidate))
		if left < room {
			name, room = candidate, left
		}
	}
	return name, room
}
