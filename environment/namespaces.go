package environment

import (
	"fmt"
	"maps"
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

// OpenBaoClientLabel marks a namespace whose workloads reach OpenBao. The setting
// bastide:namespaces puts it there; no role that workload owners hold may change
// a namespace.
const OpenBaoClientLabel = "bastide/openbao-client"

// UnusedNamespace is where Kubernetes puts what names no namespace; it stays
// empty.
const UnusedNamespace = "default"

// ownNamespaces are names that nobody else may take, in use or not.
var ownNamespaces = []string{UnusedNamespace, OpenBaoNamespace, CISystemNamespace}

// systemNamespaces are Kubernetes' and GKE's own, which no rule of the platform
// reaches: what breaks there breaks the cluster. Exactly these names; nothing
// is exempt for what its name begins with, or for a label. Sources: the namespaces
// of GKE clusters of version 1.34 to 1.36; those that public policy sets exempt beside
// them (gke-system and what follows it); and the system namespaces in the README.md of
// GoogleCloudPlatform/cluster-autoscaler 1.36 and in gcloud's developer_connect,
// insights util (the lines from gke-managed-checkpointing on). Looked up in 2026-11.
var systemNamespaces = []string{
	"kube-system", "kube-public", "kube-node-lease",
	"gmp-system", "gmp-public",
	"gke-managed-system", "gke-managed-cim", "gke-managed-filestorecsi", "gke-managed-volumepopulator",
	"gke-managed-networking-dra-driver", "gke-managed-dpv2-observability", "gke-managed-metrics-server",
	"gke-system", "gke-connect", "gke-gmp-system",
	"gke-managed-checkpointing", "gke-managed-parallelstorecsi", "gke-managed-lustrecsi",
	"gke-managed-otel", "gke-managed-mldiagnostics", "gke-managed-pod-snapshots",
}

// systemPrefixes begin the names of Kubernetes' and GKE's own namespaces, and of
// nobody else's here: no team's namespace may be called so, and one that is there and
// in no list most likely came with a later GKE. That is a guess, so nothing is exempt
// for it. Sources: the names above; gkebackup and config-management-system are system
// namespaces in the two places named there. istio-system and knative-serving are too,
// but most who have them made them themselves.
var systemPrefixes = []string{"kube-", "gke-", "gmp-", "gkebackup", "config-management-"}

// systemPrefix is the one that a name begins with, or nothing.
func systemPrefix(name string) string {
	for _, prefix := range systemPrefixes {
		if strings.HasPrefix(name, prefix) {
			return prefix
		}
	}
	return ""
}

const namespaceExample = "shop owner=team-shop size=small"

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
	if wrong := assign(fields[1:], places); wrong != "" {
		return namespace, wrong
	}
	if openbao != "" && openbao != "client" {
		return namespace, fmt.Sprintf("has openbao=%s, which is not openbao=client; leave it out where nothing needs OpenBao", openbao)
	}
	namespace.OpenBaoClient = openbao == "client"
	namespace.Editors = strings.ToLower(namespace.Editors) // as Google does with addresses
	return namespace, ""
}

// assign reads fields NAME=VALUE into their places, each once.
func assign(fields []string, places map[string]*string) (wrong string) {
	names := strings.Join(slices.Sorted(maps.Keys(places)), "=, ") + "="
	for _, field := range fields {
		name, value, ok := strings.Cut(field, "=")
		place, known := places[name]
		if !ok || !known {
			return fmt.Sprintf("has %q, which is none of %s, or is given twice", field, names)
		}
		*place = value
		delete(places, name)
	}
	return ""
}

// wrong says what is wrong with a namespace beside those before it.
func (n WorkloadNamespace) wrong(earlier []WorkloadNamespace) string {
	if wrong := wrongName(n.Name); wrong != "" {
		return wrong
	}
	if slices.ContainsFunc(earlier, func(other WorkloadNamespace) bool { return other.Name == n.Name }) {
		return "is there already"
	}
	if errs := validation.IsValidLabelValue(n.Owner); len(errs) > 0 || n.Owner == "" {
		return "has no owner, or one that can't be a label: letters, digits, - _ and ., 63 at most"
	}
	if wrong := wrongSize(n.Size); wrong != "" {
		return wrong
	}
	if n.Editors != "" && !groupAddress.MatchString(n.Editors) {
		return fmt.Sprintf("has editors %q, which is not the address of a Google group", n.Editors)
	}
	return ""
}

const systemNamespacesKey = "systemNamespaces"

// readSystemNamespaces adds those that a later GKE brings.
func readSystemNamespaces(r *reader) []string {
	const key, example = systemNamespacesKey, "gke-managed-NEW"
	names := r.list(key, example)
	for i, name := range names {
		wrong := ""
		switch {
		case len(validation.IsDNS1123Label(name)) > 0:
			wrong = "is not the name of a namespace; patterns are not taken"
		case slices.Contains(ownNamespaces, name):
			wrong = "is one that the platform guards"
		}
		if wrong != "" {
			r.report(indexed(key, i), r.element(key, i, example), "%q %s", name, wrong)
		}
	}
	return slices.Concat(systemNamespaces, names)
}

// UnknownNamespaces tells of those of a cluster's namespaces that look like
// Kubernetes' or GKE's and are in no list, with the setting for each: the platform's
// rules reach what GKE runs there, and may refuse it.
func (e *Environment) UnknownNamespaces(cluster []string) (problems []Problem) {
	next := len(e.SystemNamespaces) - len(systemNamespaces)
	for _, name := range slices.Sorted(slices.Values(cluster)) {
		if systemPrefix(name) == "" || slices.Contains(e.SystemNamespaces, name) {
			continue
		}
		key := qualified(indexed(systemNamespacesKey, next))
		problems = append(problems, Problem{
			Key:    key,
			Wrong:  fmt.Sprintf("the namespace %q looks like one that GKE made, and no list names it, so the platform's rules may refuse what GKE runs there; if GKE did not make it, give it another name", name),
			Remedy: Command("pulumi", "config", "set", "--stack", e.Name, "--path", key, name),
		})
		next++
	}
	return problems
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
