package admission

import (
	"fmt"
	"strings"

	"bastide/environment"
)

// formerClass is the annotation that named a claim's class before there was a
// field, and still goes before it. Source: k8s.io/component-helpers,
// storage/volume.
const formerClass = "volume.beta.kubernetes.io/storage-class"

// serviceRules are about what lets traffic in and where data goes.
func serviceRules(p Params) []Rule {
	services := []Match{{Versions: []string{"v1"}, Resources: []string{"services"}, Operations: written}}
	var admin []string
	for _, prefix := range p.Admin {
		admin = append(admin, prefix.String())
	}
	return []Rule{
		{
			ID: "node-port", Controls: []string{"OWN node ports"}, Match: services,
			Message: "use a Service of type ClusterIP; a NodePort opens a port on every node, and so does a LoadBalancer of a class that is not GKE's",
			Valid: "object.spec.?type.orValue('ClusterIP') != 'NodePort' && object.spec.?loadBalancerClass.orValue('') in " +
				"['', 'networking.gke.io/l4-regional-external', 'networking.gke.io/l4-regional-internal']",
		},
		{
			ID: "external-ips", Controls: []string{"GUIDE external IPs"}, Match: services,
			Message: "leave out externalIPs, with which a Service takes traffic that is meant for others",
			Valid:   "object.spec.?externalIPs.orValue([]).size() == 0",
		},
		{
			ID: "load-balancer-sources", Controls: []string{"CIS 5.6.3", "OWN load balancers"}, Match: services,
			Message: "give a Service of type LoadBalancer loadBalancerSourceRanges, each inside one of the environment's admin ranges (bastide:adminCidrs, bastide:privateAdminCidrs)",
			Variables: []Named{
				{"ranges", "object.spec.?loadBalancerSourceRanges.orValue([])"},
				{"admin", quoted(admin)},
			},
			Valid: "object.spec.?type.orValue('ClusterIP') != 'LoadBalancer' || variables.ranges.size() > 0 && " +
				"variables.ranges.all(r, isCIDR(r) && variables.admin.exists(a, cidr(a).containsCIDR(r)))",
		},
		{
			ID: "ingress-class", Controls: []string{"OWN ingress class"},
			Match:   []Match{{Group: "networking.k8s.io", Versions: []string{"v1"}, Resources: []string{"ingresses"}, Operations: written}},
			Message: "name the ingress class, in ingressClassName or in the annotation kubernetes.io/ingress.class, or whichever controller is first takes it",
			Valid: "object.spec.?ingressClassName.orValue('') != '' || " +
				"object.metadata.?annotations[?'kubernetes.io/ingress.class'].orValue('') != ''",
		},
		{
			ID: "storage-class", Controls: []string{"CIS 5.9.1"},
			// Neither the field nor the annotation can change later.
			Match:   []Match{{Versions: []string{"v1"}, Resources: []string{"persistentvolumeclaims"}, Operations: created}},
			Message: fmt.Sprintf("leave out storageClassName, or take one of %v, which encrypt with the environment's own key; leave out the annotation %s", p.StorageClasses, formerClass),
			Valid: "object.spec.?storageClassName.orValue('') in " + quoted(p.StorageClasses) +
				" && !('" + formerClass + "' in object.metadata.?annotations.orValue({}))",
		},
	}
}

// recent is whether a version of the Pod Security Standards is the environment's or
// a later one, which may ask for more and never for less. The rule has to let later
// ones pass: the preview of an upgrade shows them to the rule of before it.
func recent(version string) string {
	minor := strings.TrimPrefix(version, "v1.")
	return "(variables.version == 'latest' || variables.version.matches('^v1[.][0-9]{1,4}$') && int(variables.version.substring(3)) >= " + minor + ")"
}

// namespaceRules keep namespaces what they are.
func namespaceRules(p Params) []Rule {
	return []Rule{
		{
			ID: "namespace-level", Controls: []string{"CIS 4.2.1"}, Scope: Cluster, Conditions: notGoogle,
			Match: []Match{
				{Versions: []string{"v1"}, Resources: []string{"namespaces"}, Operations: written},
				{Versions: []string{"v1"}, Resources: []string{"namespaces/status", "namespaces/finalize"}, Operations: []string{"UPDATE"}},
			},
			Message: "label the namespace pod-security.kubernetes.io/enforce: baseline or restricted, of version " + p.Version + ", a later one or latest; default and the platform's own stay restricted, and privileged is for the namespaces of build jobs where bastide:ci says so",
			// By name, not by label: a namespace that is being made carries
			// whatever labels its maker likes.
			Variables: []Named{
				{"name", "object.metadata.?name.orValue('')"},
				{"labels", "object.metadata.?labels.orValue({})"},
				{"level", "object.metadata.?labels[?'pod-security.kubernetes.io/enforce'].orValue('')"},
				{"version", "object.metadata.?labels[?'pod-security.kubernetes.io/enforce-version'].orValue('latest')"},
			},
			// Whoever writes the status alone may not write labels with it, nor be
			// kept from ending a namespace that is older than the rule.
			Valid: "request.?subResource.orValue('') != '' ? variables.labels == oldObject.metadata.?labels.orValue({}) : " +
				"variables.name in " + quoted(p.Exempt) + " || " + recent(p.Version) + " && " +
				"(variables.level == 'restricted' || variables.level == 'baseline' && !(variables.name in " + quoted(append([]string{environment.UnusedNamespace}, p.Platform...)) + ")" +
				" || variables.level == 'privileged' && variables.name in " + quoted(p.Jobs.owners()) + ")",
		},
		{
			ID: "default-namespace", Controls: []string{"CIS 4.6.4"}, Scope: Default,
			Match: []Match{
				{Versions: []string{"v1"}, Resources: []string{"pods", "services", "configmaps", "secrets", "persistentvolumeclaims", "replicationcontrollers"}, Operations: created},
				{Group: "apps", Versions: []string{"v1"}, Resources: []string{"*"}, Operations: created},
				{Group: "batch", Versions: []string{"v1"}, Resources: []string{"*"}, Operations: created},
				{Group: "networking.k8s.io", Versions: []string{"v1"}, Resources: []string{"ingresses"}, Operations: created},
			},
			// What Kubernetes itself keeps there.
			Conditions: []Named{{"not-kubernetes-own", "!((request.resource.resource + '/' + object.metadata.?name.orValue('')) in " +
				"['services/kubernetes', 'configmaps/kube-root-ca.crt'])"}},
			Message: "name a namespace; the one called default stays empty",
			Valid:   "false",
		},
	}
}

// The identities that mean everybody. Source: Kubernetes, "Using RBAC
// Authorization", default roles; CIS GKE 4.1.8 to 4.1.10.
const everybody = "['system:anonymous', 'system:unauthenticated', 'system:authenticated', 'system:serviceaccounts']"

// accessRules are about who may do what.
var accessRules = []Rule{
	{
		ID: "everyone-binding", Controls: []string{"CIS 4.1.8", "CIS 4.1.9", "CIS 4.1.10"}, Scope: Cluster,
		Match: bindings, Conditions: notGoogle,
		Message: "bind roles to people, groups or service accounts by name, not to everybody (system:anonymous, system:unauthenticated, system:authenticated, system:serviceaccounts)",
		Valid:   "object.?subjects.orValue([]).all(s, !(s.name in " + everybody + "))",
	},
	{
		ID: "cluster-admin", Controls: []string{"CIS 4.1.1"}, Scope: Cluster,
		Match: bindings, Conditions: notGoogle,
		Message:   "bind a narrower role than cluster-admin; administrators have roles/container.admin in Google Cloud's IAM",
		Variables: []Named{{"before", "oldObject == null ? [] : oldObject.?subjects.orValue([])"}},
		Valid:     "object.roleRef.name != 'cluster-admin' || object.?subjects.orValue([]).all(s, s in variables.before)",
	},
	{
		ID: "wildcard-role", Controls: []string{"CIS 4.1.2", "CIS 4.1.3", "CIS 4.1.7"},
		Match:   []Match{{Group: "rbac.authorization.k8s.io", Versions: []string{"v1"}, Resources: []string{"roles"}, Operations: written}},
		Message: "name verbs, resources and API groups one by one; a role in a namespace takes no *, and none of the verbs bind, escalate and impersonate",
		Valid: "object.?rules.orValue([]).all(r, r.verbs.all(v, !(v in ['*', 'bind', 'escalate', 'impersonate'])) && " +
			"r.?resources.orValue([]).all(x, !x.startsWith('*')) && !('*' in r.?apiGroups.orValue([])))",
	},
	{
		ID: "token-secret", Controls: []string{"CIS 4.1.5"},
		Match:   []Match{{Versions: []string{"v1"}, Resources: []string{"secrets"}, Operations: created}},
		Message: "mount a projected token, which ends with its pod; a Secret of type kubernetes.io/service-account-token is good for ever",
		Valid:   "object.?type.orValue('Opaque') != 'kubernetes.io/service-account-token'",
	},
}

var bindings = []Match{{
	Group: "rbac.authorization.k8s.io", Versions: []string{"v1"}, Resources: []string{"rolebindings", "clusterrolebindings"}, Operations: written,
}}

// notGoogle leaves out GKE's own controllers, which bring bindings of their own
// with every upgrade. They alone are system:masters: GKE gives nobody a client
// certificate. Source: kubernetes/kubernetes, cluster/gce/gci/configure-helper.sh,
// which puts the add-on manager in that group.
var notGoogle = []Named{{"not-google", "!('system:masters' in request.?userInfo.?groups.orValue([]))"}}
