package environment

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// WorkloadNamespace is a namespace for workloads.
type WorkloadNamespace struct {
	// Name is its name in Kubernetes.
	Name string
	// Owner is the team that is responsible for it.
	Owner string
	// Size is Small, Medium or Large: how much of the cluster it may use.
	Size string
	// Editors is the Google group that may change the workloads in it; empty if
	// groups are not used.
	Editors string
	// OpenBaoClient allows its workloads to connect to OpenBao.
	OpenBaoClient bool
}

// The sizes of namespaces.
const (
	Small  = "small"
	Medium = "medium"
	Large  = "large"
)

// OpenBaoNamespace is the namespace of OpenBao, which belongs to the platform.
const OpenBaoNamespace = "openbao"

// OpenBaoPort is the port of OpenBao's API.
const OpenBaoPort = 8200

// OpenBaoClientLabel marks the namespaces whose workloads may connect to OpenBao. It
// is set for namespaces that bastide:namespaces lists with openbao=client; workload
// owners can't set it, because none of their roles may change a namespace.
const OpenBaoClientLabel = "bastide/openbao-client"

// UnusedNamespace is where Kubernetes puts objects that name no namespace; it is kept
// empty.
const UnusedNamespace = "default"

// ownNamespaces are reserved for the platform, whether or not they are in use.
var ownNamespaces = []string{UnusedNamespace, OpenBaoNamespace, CISystemNamespace}

// systemNamespaces belong to Kubernetes and GKE. They are exempt from the platform's
// admission rules, because a failure there is a failure of the cluster. Only these exact
// names are exempt; a prefix or a label exempts nothing. Sources: the namespaces of GKE
// clusters of version 1.34 to 1.36; those that public policy sets exempt besides them
// (gke-system and those after it on its line); and the system namespaces in the
// README.md of GoogleCloudPlatform/cluster-autoscaler 1.36 and in gcloud's
// developer_connect, insights util (the lines from gke-managed-checkpointing on).
// Looked up in 2026-11.
var systemNamespaces = []string{
	"kube-system", "kube-public", "kube-node-lease",
	"gmp-system", "gmp-public",
	"gke-managed-system", "gke-managed-cim", "gke-managed-filestorecsi", "gke-managed-volumepopulator",
	"gke-managed-networking-dra-driver", "gke-managed-dpv2-observability", "gke-managed-metrics-server",
	"gke-system", "gke-connect", "gke-gmp-system",
	"gke-managed-checkpointing", "gke-managed-parallelstorecsi", "gke-managed-lustrecsi",
	"gke-managed-otel", "gke-managed-mldiagnostics", "gke-managed-pod-snapshots",
}

// systemPrefixes are the prefixes of the names of Kubernetes' and GKE's namespaces.
// Teams' namespaces may not have them. A namespace that has one and is not listed above
// most likely came with a later version of GKE, but that is a guess, so it is not exempt
// from anything. Sources: the names above; gkebackup and config-management-system are
// system namespaces in the last two sources named there. So are istio-system and
// knative-serving, but most clusters that have them got them from their users.
var systemPrefixes = []string{"kube-", "gke-", "gmp-", "gkebackup", "config-management-"}

// systemPrefix is the system prefix of a name, or "".
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

// readNamespaces reads "NAME owner=TEAM size=SIZE editors=GROUP openbao=client", in
// which only the name and the owner are required.
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
		return namespace, fmt.Sprintf("has openbao=%s, which is not openbao=client; omit it if nothing in the namespace needs OpenBao", openbao)
	}
	namespace.OpenBaoClient = openbao == "client"
	namespace.Editors = strings.ToLower(namespace.Editors) // as Google normalizes group addresses
	return namespace, ""
}

// assign stores each field NAME=VALUE in the place for that name, at most once.
func assign(fields []string, places map[string]*string) (wrong string) {
	names := strings.Join(slices.Sorted(maps.Keys(places)), "=, ") + "="
	for _, field := range fields {
		name, value, ok := strings.Cut(field, "=")
		place, known := places[name]
		if !ok || !known {
			return fmt.Sprintf("has %q, which is not one of %s, or is given twice", field, names)
		}
		*place = value
		delete(places, name)
	}
	return ""
}

// wrong says what is wrong with a namespace, given the namespaces listed before it.
func (n WorkloadNamespace) wrong(earlier []WorkloadNamespace) string {
	if wrong := wrongName(n.Name); wrong != "" {
		return wrong
	}
	if slices.ContainsFunc(earlier, func(other WorkloadNamespace) bool { return other.Name == n.Name }) {
		return "is already listed"
	}
	if errs := validation.IsValidLabelValue(n.Owner); len(errs) > 0 || n.Owner == "" {
		return "has no owner, or one that can't be a label value: write at most 63 letters, digits, -, _ and ."
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

// readSystemNamespaces reads those that later versions of GKE add.
func readSystemNamespaces(r *reader) []string {
	const key, example = systemNamespacesKey, "gke-managed-NEW"
	names := r.list(key, example)
	for i, name := range names {
		wrong := ""
		switch {
		case len(validation.IsDNS1123Label(name)) > 0:
			wrong = "is not the name of a namespace; patterns are not allowed"
		case slices.Contains(ownNamespaces, name):
			wrong = "is a namespace that the platform protects"
		}
		if wrong != "" {
			r.report(indexed(key, i), r.element(key, i, example), "%q %s", name, wrong)
		}
	}
	return slices.Concat(systemNamespaces, names)
}

// UnknownNamespaces reports those of a cluster's namespaces that look like Kubernetes'
// or GKE's but are not known to be, with the setting to add for each. Admission rules
// apply there, so they may refuse what GKE runs.
func (e *Environment) UnknownNamespaces(cluster []string) (problems []Problem) {
	next := len(e.SystemNamespaces) - len(systemNamespaces)
	for _, name := range slices.Sorted(slices.Values(cluster)) {
		if systemPrefix(name) == "" || slices.Contains(e.SystemNamespaces, name) {
			continue
		}
		key := qualified(indexed(systemNamespacesKey, next))
		problems = append(problems, Problem{
			Key:    key,
			Wrong:  fmt.Sprintf("the namespace %q looks like one that GKE created, but it is not a known system namespace, so admission rules may refuse what GKE runs there; if GKE did not create it, rename it", name),
			Remedy: Command("pulumi", "config", "set", "--stack", e.Name, "--path", key, name),
		})
		next++
	}
	return problems
}

// checkNamespaces refuses a workload namespace that is also a system namespace.
func checkNamespaces(r *reader, e *Environment) {
	for i, namespace := range e.Namespaces {
		if slices.Contains(e.SystemNamespaces, namespace.Name) {
			r.report(indexed("namespaces", i), r.element("namespaces", i, namespaceExample),
				"%q is also in systemNamespaces, where admission rules do not apply", namespace.Name)
		}
	}
}

// checkEditors refuses editors if GKE does not read groups, and otherwise defaults them
// to the members of the configured group.
func checkEditors(r *reader, e *Environment) {
	const key = "namespaces"
	for i := range e.Namespaces {
		namespace := &e.Namespaces[i]
		if namespace.Editors != "" && e.RBACGroup == "" {
			r.report(indexed(key, i), r.setting("rbacGroup", "gke-security-groups@YOUR.DOMAIN"),
				"names the group %q, but rbacGroup is empty, so GKE ignores groups", namespace.Editors)
		}
		if namespace.Editors == "" {
			namespace.Editors = e.RBACGroup
		}
	}
}
