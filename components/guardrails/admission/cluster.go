package admission

import (
	"fmt"
	"strings"

	"bastide/environment"
)

// classAnnotation named a claim's storage class before there was a field for it, and
// still takes precedence over the field. Source: k8s.io/component-helpers,
// storage/volume.
const classAnnotation = "volume.beta.kubernetes.io/storage-class"

// serviceRules cover Services, Ingresses and volume claims: what lets traffic in, and
// where data is stored.
func serviceRules(p Params) []Rule {
	services := []Match{{Versions: []string{"v1"}, Resources: []string{"services"}, Operations: written}}
	var admin []string
	for _, prefix := range p.Admin {
		admin = append(admin, prefix.String())
	}
	return []Rule{
		{
			ID: "node-port", Controls: []string{"OWN node ports"}, Match: services,
			Message: "use a Service of type ClusterIP: a NodePort Service opens a port on every node, and so does a LoadBalancer Service whose loadBalancerClass is not GKE's",
			Valid: "object.spec.?type.orValue('ClusterIP') != 'NodePort' && object.spec.?loadBalancerClass.orValue('') in " +
				"['', 'networking.gke.io/l4-regional-external', 'networking.gke.io/l4-regional-internal']",
		},
		{
			ID: "external-ips", Controls: []string{"GUIDE external IPs"}, Match: services,
			Message: "remove externalIPs: with it, a Service receives traffic that is meant for other addresses",
			Valid:   "object.spec.?externalIPs.orValue([]).size() == 0",
		},
		{
			ID: "load-balancer-sources", Controls: []string{"CIS 5.6.3", "OWN load balancers"}, Match: services,
			Message: "set loadBalancerSourceRanges of a Service of type LoadBalancer to ranges within the environment's admin ranges (bastide:adminCidrs, bastide:privateAdminCidrs)",
			Variables: []NamedExpression{
				{"ranges", "object.spec.?loadBalancerSourceRanges.orValue([])"},
				{"admin", quoted(admin)},
			},
			Valid: "object.spec.?type.orValue('ClusterIP') != 'LoadBalancer' || variables.ranges.size() > 0 && " +
				"variables.ranges.all(r, isCIDR(r) && variables.admin.exists(a, cidr(a).containsCIDR(r)))",
		},
		{
			ID: "ingress-class", Controls: []string{"OWN ingress class"},
			Match:   []Match{{Group: "networking.k8s.io", Versions: []string{"v1"}, Resources: []string{"ingresses"}, Operations: written}},
			Message: "set ingressClassName, or the annotation kubernetes.io/ingress.class: without a class, whichever ingress controller is first serves the Ingress",
			Valid: "object.spec.?ingressClassName.orValue('') != '' || " +
				"object.metadata.?annotations[?'kubernetes.io/ingress.class'].orValue('') != ''",
		},
		{
			ID: "storage-class", Controls: []string{"CIS 5.9.1"},
			// Neither the field nor the annotation can change later.
			Match:   []Match{{Versions: []string{"v1"}, Resources: []string{"persistentvolumeclaims"}, Operations: created}},
			Message: fmt.Sprintf("omit storageClassName, or use one that encrypts with the environment's own key: %s; remove the annotation %s", strings.Join(p.StorageClasses, ", "), classAnnotation),
			Valid: "object.spec.?storageClassName.orValue('') in " + quoted(p.StorageClasses) +
				" && !('" + classAnnotation + "' in object.metadata.?annotations.orValue({}))",
		},
	}
}

// atLeast requires that variables.version is the given version of the Pod Security
// Standards, a later one or latest. Later versions only ever demand more, and have to be
// accepted: when an environment is upgraded, the old rule still evaluates the namespaces
// that the preview shows with the new version.
func atLeast(version string) string {
	minor := strings.TrimPrefix(version, "v1.")
	return "(variables.version == 'latest' || variables.version.matches('^v1[.][0-9]{1,4}$') && int(variables.version.substring(3)) >= " + minor + ")"
}

// namespaceRules protect the Pod Security level of namespaces, and keep the default
// namespace empty.
func namespaceRules(p Params) []Rule {
	return []Rule{
		{
			ID: "namespace-level", Controls: []string{"CIS 4.2.1"}, Scope: Cluster, Conditions: notGoogle,
			Match: []Match{
				{Versions: []string{"v1"}, Resources: []string{"namespaces"}, Operations: written},
				{Versions: []string{"v1"}, Resources: []string{"namespaces/status", "namespaces/finalize"}, Operations: []string{"UPDATE"}},
			},
			Message: "set the label pod-security.kubernetes.io/enforce to baseline or restricted, and pod-security.kubernetes.io/enforce-version to " + p.Version + ", a later version or latest; default and the platform's own namespaces have to be restricted, and only the namespaces of build jobs may be privileged, if bastide:ci is privileged",
			// The rule identifies namespaces by name, not by label: whoever creates a
			// namespace chooses its labels.
			Variables: []NamedExpression{
				{"name", "object.metadata.?name.orValue('')"},
				{"labels", "object.metadata.?labels.orValue({})"},
				{"level", "object.metadata.?labels[?'pod-security.kubernetes.io/enforce'].orValue('')"},
				{"version", "object.metadata.?labels[?'pod-security.kubernetes.io/enforce-version'].orValue('latest')"},
			},
			// A request for a subresource may not change labels, but is otherwise accepted,
			// so that a namespace that is older than the rule can still be finalized.
			Valid: "request.?subResource.orValue('') != '' ? variables.labels == oldObject.metadata.?labels.orValue({}) : " +
				"variables.name in " + quoted(p.Exempt) + " || " + atLeast(p.Version) + " && " +
				"(variables.level == 'restricted' || variables.level == 'baseline' && !(variables.name in " + quoted(append([]string{environment.UnusedNamespace}, p.Platform...)) + ")" +
				" || variables.level == 'privileged' && variables.name in " + quoted(p.Jobs.privilegedNamespaces()) + ")",
		},
		{
			ID: "default-namespace", Controls: []string{"CIS 4.6.4"}, Scope: Default,
			Match: []Match{
				{Versions: []string{"v1"}, Resources: []string{"pods", "services", "configmaps", "secrets", "persistentvolumeclaims", "replicationcontrollers"}, Operations: created},
				{Group: "apps", Versions: []string{"v1"}, Resources: []string{"*"}, Operations: created},
				{Group: "batch", Versions: []string{"v1"}, Resources: []string{"*"}, Operations: created},
				{Group: "networking.k8s.io", Versions: []string{"v1"}, Resources: []string{"ingresses"}, Operations: created},
			},
			// Kubernetes creates these two itself.
			Conditions: []NamedExpression{{"not-kubernetes-own", "!((request.resource.resource + '/' + object.metadata.?name.orValue('')) in " +
				"['services/kubernetes', 'configmaps/kube-root-ca.crt'])"}},
			Message: "choose another namespace: the one called default stays empty",
			Valid:   "false",
		},
	}
}

// everybody lists the user and group names that stand for everyone. Source: Kubernetes,
// "Using RBAC Authorization", default roles; CIS GKE 4.1.8 to 4.1.10.
const everybody = "['system:anonymous', 'system:unauthenticated', 'system:authenticated', 'system:serviceaccounts']"

// accessRules cover RBAC and service account tokens.
var accessRules = []Rule{
	{
		ID: "everyone-binding", Controls: []string{"CIS 4.1.8", "CIS 4.1.9", "CIS 4.1.10"}, Scope: Cluster,
		Match: bindings, Conditions: notGoogle,
		Message: "bind the role to named users, groups or service accounts, not to everyone (system:anonymous, system:unauthenticated, system:authenticated, system:serviceaccounts)",
		Valid:   "object.?subjects.orValue([]).all(s, !(s.name in " + everybody + "))",
	},
	{
		ID: "cluster-admin", Controls: []string{"CIS 4.1.1"}, Scope: Cluster,
		Match: bindings, Conditions: notGoogle,
		Message:   "bind a narrower role than cluster-admin; administrators get roles/container.admin in Google Cloud IAM instead",
		Variables: []NamedExpression{{"before", "oldObject == null ? [] : oldObject.?subjects.orValue([])"}},
		Valid:     "object.roleRef.name != 'cluster-admin' || object.?subjects.orValue([]).all(s, s in variables.before)",
	},
	{
		ID: "wildcard-role", Controls: []string{"CIS 4.1.2", "CIS 4.1.3", "CIS 4.1.7"},
		Match:   []Match{{Group: "rbac.authorization.k8s.io", Versions: []string{"v1"}, Resources: []string{"roles"}, Operations: written}},
		Message: "list verbs, resources and API groups one by one: a Role may use neither * nor the verbs bind, escalate and impersonate",
		Valid: "object.?rules.orValue([]).all(r, r.verbs.all(v, !(v in ['*', 'bind', 'escalate', 'impersonate'])) && " +
			"r.?resources.orValue([]).all(x, !x.startsWith('*')) && !('*' in r.?apiGroups.orValue([])))",
	},
	{
		ID: "token-secret", Controls: []string{"CIS 4.1.5"},
		Match:   []Match{{Versions: []string{"v1"}, Resources: []string{"secrets"}, Operations: created}},
		Message: "mount a projected service account token, which expires with its pod: a Secret of type kubernetes.io/service-account-token holds one that never expires",
		Valid:   "object.?type.orValue('Opaque') != 'kubernetes.io/service-account-token'",
	},
}

var bindings = []Match{{
	Group: "rbac.authorization.k8s.io", Versions: []string{"v1"}, Resources: []string{"rolebindings", "clusterrolebindings"}, Operations: written,
}}

// notGoogle exempts GKE's own controllers, which create bindings of their own with every
// upgrade. Nothing else is in system:masters, since the cluster issues no client
// certificates. Source: kubernetes/kubernetes, cluster/gce/gci/configure-helper.sh,
// which puts the add-on manager in that group.
var notGoogle = []NamedExpression{{"not-google", "!('system:masters' in request.?userInfo.?groups.orValue([]))"}}
