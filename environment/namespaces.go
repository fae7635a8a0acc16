package environment

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// WorkloadNamespace is one that workloads live in.
type WorkloadNamespace struct {
	// Name is its name in Kubernetes.
	Name string
	// Owner is the team that answers for it.
	Owner string
	// Size is Small, Medium or Large: how much of the cluster it may use.
	Size string
	// Editors is the Google group that may change what runs in it; empty where
	// groups are not used.
	Editors string
	// OpenBaoClient lets its workloads reach OpenBao.
	OpenBaoClient bool
}

// The sizes of namespaces.
const (
	Small  = "small"
	Medium = "medium"
	Large  = "large"
)

// OpenBaoNamespace is where OpenBao runs: the platform's own.
const OpenBaoNamespace = "openbao"

// OpenBaoPort is that of OpenBao's API.
const OpenBaoPort = 8200

// UnusedNamespace is where Kubernetes puts what names no namespace; it stays
// empty.
const UnusedNamespace = "default"

// PlatformNamespaces are the platform's own. What runs there is made by the
// program.
var PlatformNamespaces = []string{OpenBaoNamespace}

// systemNamespaces are Kubernetes' and GKE's own, which no rule of the platform
// reaches: what breaks there breaks the cluster. Exactly these names; nothing
// is exempt for what its name begins with, or for a label. Source: the
// namespaces of GKE clusters of version 1.34 to 1.36, and, in the last two lines,
// those that public policy sets exempt beside them.
var systemNamespaces = []string{
	"kube-system", "kube-public", "kube-node-lease",
	"gmp-system", "gmp-public",
	"gke-managed-system", "gke-managed-cim", "gke-managed-filestorecsi", "gke-managed-volumepopulator",
	"gke-managed-networking-dra-driver", "gke-managed-dpv2-observability", "gke-managed-metrics-server",
	"gke-system", "gke-connect", "gke-gmp-system",
}

const namespaceExample = `"shop owner=team-shop size=small"`

// groupAddress is a Google group's address, as RBAC names it.
var groupAddress = regexp.MustCompile(`^[a-z0-9._-]+@[a-z0-9-]+(\.[a-z0-9-]+)+$`)

// readNamespaces reads "NAME owner=TEAM size=SIZE editors=GROUP openbao=client", of
// which only the first two have to be there.
func readNamespaces(r *reader) (namespaces []WorkloadNamespace) {
	const key = "namespaces"
	for i, text := range r.list(key, namespaceExample) {
		namespace, wrong := parseNamespace(text)
		if wrong == "" {
			wrong = namespace.wrong(namespaces)
		}
		if wrong != "" {
			r.report(indexed(key, i), r.element(key, i, namespaceExample), "%q %s", text, wrong)
		}
		namespaces = append(namespaces, namespace)
	}
	return namespaces
}

func parseNamespace(text string) (namespace WorkloadNamespace, wrong string) {
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return namespace, "names no namespace"
	}
	namespace = WorkloadNamespace{Name: fields[0], Size: Small}
	var openbao string
	places := map[string]*string{"owner": &namespace.Owner, "size": &namespace.Size, "editors": &namespace.Editors, "openbao": &openbao}
	for _, field := range fields[1:] {
		name, value, ok := strings.Cut(field, "=")
		place, known := places[name]
		if !ok || !known {
			return namespace, fmt.Sprintf("has %q, which is none of owner=, size=, editors= and openbao=, or is given twice", field)
		}
		*place = value
		delete(places, name)
	}
	if openbao != "" && openbao != "client" {
		return namespace, fmt.Sprintf("has openbao=%s, which is not openbao=client; leave it out where nothing needs OpenBao", openbao)
	}
	namespace.OpenBaoClient = openbao == "client"
	return namespace, ""
}

// wrong says what is wrong with a namespace beside those before it.
func (n WorkloadNamespace) wrong(earlier []WorkloadNamespace) string {
	if errs := validation.IsDNS1123Label(n.Name); len(errs) > 0 {
		return "has a name that Kubernetes refuses: " + strings.Join(errs, "; ")
	}
	if n.Name == "default" || slices.Contains(PlatformNamespaces, n.Name) || slices.Contains(systemNamespaces, n.Name) {
		return "has a name that is taken by Kubernetes, GKE or the platform itself"
	}
	for _, prefix := range []string{"kube-", "gke-", "gmp-"} {
		if strings.HasPrefix(n.Name, prefix) {
			return "has a name that looks like one of the system's; " + prefix + " is theirs"
		}
	}
	if slices.ContainsFunc(earlier, func(other WorkloadNamespace) bool { return other.Name == n.Name }) {
		return "is there already"
	}
	if errs := validation.IsValidLabelValue(n.Owner); len(errs) > 0 || n.Owner == "" {
		return "has no owner, or one that can't be a label: letters, digits, - _ and ., 63 at most"
	}
	if !slices.Contains([]string{Small, Medium, Large}, n.Size) {
		return fmt.Sprintf("has size %q, which is none of %s, %s, %s", n.Size, Small, Medium, Large)
	}
	if n.Editors != "" && !groupAddress.MatchString(n.Editors) {
		return fmt.Sprintf("has editors %q, which is not the address of a Google group", n.Editors)
	}
	return ""
}

// readSystemNamespaces adds those that a later GKE brings.
func readSystemNamespaces(r *reader) []string {
	const key, example = "systemNamespaces", "gke-managed-NEW"
	names := r.list(key, example)
	for i, name := range names {
		wrong := ""
		switch {
		case len(validation.IsDNS1123Label(name)) > 0:
			wrong = "is not the name of a namespace; patterns are not taken"
		case name == "default" || slices.Contains(PlatformNamespaces, name):
			wrong = "is one that the platform guards"
		}
		if wrong != "" {
			r.report(indexed(key, i), r.element(key, i, example), "%q %s", name, wrong)
		}
	}
	return slices.Concat(systemNamespaces, names)
}

// checkNamespaces refuses a namespace that is a team's and the system's at once.
func checkNamespaces(r *reader, e *Environment) {
	for i, namespace := range e.Namespaces {
		if slices.Contains(e.SystemNamespaces, namespace.Name) {
			r.report(indexed("namespaces", i), r.element("namespaces", i, namespaceExample),
				"%q is in systemNamespaces too, where no rule would reach it", namespace.Name)
		}
	}
}

// checkEditors refuses editors where no group means anything, and completes
// those that are not named: members of the one group that is configured.
func checkEditors(r *reader, e *Environment) {
	const key = "namespaces"
	for i := range e.Namespaces {
		namespace := &e.Namespaces[i]
		if namespace.Editors != "" && e.RBACGroup == "" {
			r.report(indexed(key, i), r.setting("rbacGroup", "gke-security-groups@YOUR.DOMAIN"),
				"names the group %q, but rbacGroup is empty, so GKE does not look at groups", namespace.Editors)
		}
		if namespace.Editors == "" {
			namespace.Editors = e.RBACGroup
		}
	}
}
