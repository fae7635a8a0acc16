package controls

import "bastide/policies/controls/token"

// pods checks a property of the program's own pods.
func pods(path string, want any) []Check {
	return join(on(token.StatefulSet, "spec.template.spec."+path, want), on(token.CronJob, "spec.jobTemplate.spec.template.spec."+path, want))
}

// level is the path of the label for the Pod Security Standard that a namespace enforces.
const level = "metadata.labels[pod-security.kubernetes.io/enforce]"

// noTokens checks that pods get no token from their service account by default.
var noTokens = join(on(token.ServiceAccount, "automountServiceAccountToken", false), on(token.ServiceAccountPatch, "automountServiceAccountToken", false))

// closed checks the NetworkPolicy that denies all traffic of a namespace by default.
func closed(path string, want any) Check {
	return Check{Type: token.NetworkPolicy, Name: "-default-deny", Path: path, Want: want}
}

// noPods checks the quota that keeps pods out of the namespace default.
var noPods = Check{Type: token.ResourceQuota, Name: "guardrails-default-quota", Path: "spec.hard.pods", Want: "0"}

// workloads is about objects in the cluster. Most of these controls are met by admission
// rules, which list their controls themselves: components/guardrails/admission.
var workloads = []Control{
	{ID: "CIS 4.1.1", Title: "cluster-admin only where required", By: Cluster,
		Note: "the role of that name; the program binds it to nobody, and administrators have roles/container.admin"},
	{ID: "CIS 4.1.2", Title: "Few may read Secrets", By: Cluster, Promises: []Promise{{
		Policy: "secret-readers", Says: "No role reads Secrets", Level: Mandatory,
		Why:  "A role that can read one Secret can usually read all Secrets of a namespace",
		Code: true,
	}}, Note: "no role of the program may get, list or watch them, nor patch or delete them, which return the object; the exception is one that contains a public certificate, which Managed Prometheus reads"},
	{ID: "CIS 4.1.3", Title: "No wildcards in roles", By: Cluster,
		Note: "in namespaces; only administrators may create a ClusterRole"},
	{ID: "CIS 4.1.4", Title: "Default service accounts are not used", By: Cluster, Promises: []Promise{{
		Policy: "default-accounts", Says: "Pods get no token from their service account by default", Level: Mandatory,
		Why:    "Pods that name no service account use the one called default",
		Checks: noTokens,
	}}},
	{ID: "CIS 4.1.5", Title: "Tokens only where they are needed", By: Cluster, Promises: []Promise{{
		Policy: "pod-tokens", Says: "Only pods that use the API server get a token for it", Level: Mandatory,
		Why:  "An attacker who takes over a pod has the permissions of its token",
		Code: true,
	}}, Policies: []string{"default-accounts"},
		Evidence: join(noTokens, on(token.CronJob, "spec.jobTemplate.spec.template.spec.automountServiceAccountToken", false))},
	{ID: "CIS 4.1.6", Title: "Nobody in system:masters", By: Google, Note: "membership needs a client certificate, and none is issued (CIS 5.8.1)"},
	{ID: "CIS 4.1.7", Title: "No permission to bind, impersonate or escalate", By: Cluster,
		Note: "in namespaces; no role of the program has any of them"},
	{ID: "CIS 4.1.8", Title: "Nothing bound to system:anonymous", By: Cluster},
	{ID: "CIS 4.1.9", Title: "Nothing more bound to system:unauthenticated", By: Cluster},
	{ID: "CIS 4.1.10", Title: "Nothing more bound to system:authenticated", By: Cluster},
	{ID: "CIS 4.2.1", Title: "Pod Security Standards in every namespace", By: Cluster, Evidence: []Check{
		{Type: token.Namespace, Path: level, Want: Present},
		{Type: token.Namespace, Name: "guardrails-openbao", Path: level, Want: "restricted"},
		{Type: token.NamespacePatch, Path: level, Want: "restricted"},
	}},
	{ID: "CIS 4.3.2", Title: "NetworkPolicies in every namespace", By: Cluster, Promises: []Promise{{
		Policy: "default-deny", Says: "Every namespace denies all traffic that no NetworkPolicy allows", Level: Mandatory,
		Why:  "A namespace without a NetworkPolicy is open to the whole cluster",
		Code: true,
	}}, Evidence: []Check{
		closed("spec.policyTypes", []any{"Ingress", "Egress"}), closed("spec.ingress", Absent), closed("spec.egress", Absent),
	}, Note: "in the environment's namespaces and in default; not in those of GKE; a namespace that is created by hand gets only a Pod Security level"},
	{ID: "CIS 4.4.1", Title: "Secrets as files, not as environment variables", By: Cluster, Promises: []Promise{{
		Policy: "secret-environment", Says: "Pods get secrets as files", Level: Mandatory,
		Why:  "Environment variables appear in crash reports, and child processes inherit them",
		Code: true,
	}}, Evidence: on(token.StatefulSet, "spec.template.spec.containers.0.env.0.valueFrom.secretKeyRef", Absent),
		Note: "in the program's own pods; a rule in the cluster would refuse most charts"},
	{ID: "CIS 4.4.2", Title: "Secrets stored outside of Kubernetes", By: Cluster, Promises: []Promise{{
		Policy: "openbao-servers", Says: "OpenBao has the number of servers that the settings say", Level: Mandatory,
		Why:  "Raft needs a majority of its servers, so the settings allow odd numbers only",
		Code: true,
	}}, Evidence: on(token.StatefulSet, "spec.replicas", Present),
		Note: "in OpenBao, for the namespaces that bastide:namespaces lists as its clients"},
	{ID: "CIS 4.6.1", Title: "Namespaces as boundaries", By: Cluster, Promises: []Promise{{
		Policy: "namespace-boundaries", Says: "Every namespace has an owner and a ResourceQuota", Level: Mandatory,
		Why:  "A namespace is a boundary only if a team is responsible for it and its resources are limited",
		Code: true,
	}}, Policies: []string{"default-deny", "unused-namespace"}, Evidence: []Check{
		{Type: token.Namespace, Path: "metadata.labels[bastide/owner]", Want: Present},
		{Type: token.ResourceQuota, Path: "spec.hard.pods", Want: Present},
		closed("metadata.namespace", Present),
	}},
	{ID: "CIS 4.6.2", Title: "Seccomp profile RuntimeDefault", By: Cluster, Evidence: pods("securityContext.seccompProfile.type", "RuntimeDefault")},
	{ID: "CIS 4.6.3", Title: "Security contexts", By: Cluster, Evidence: join(
		pods("containers.0.securityContext.allowPrivilegeEscalation", false),
		pods("containers.0.securityContext.capabilities.drop", []any{"ALL"}),
		pods("containers.0.securityContext.readOnlyRootFilesystem", true),
	)},
	{ID: "OWN limits", Title: "Every container has memory and ephemeral storage limits", By: Cluster, Evidence: join(
		pods("containers.0.resources.limits.memory", Present), pods("containers.0.resources.limits[ephemeral-storage]", Present),
	), Note: "defaults are set from 1.36 on; quotas limit the sum"},
	{ID: "CIS 4.6.4", Title: "The default namespace is not used", By: Cluster, Promises: []Promise{{
		Policy: "unused-namespace", Says: "The namespace default takes no pods", Level: Mandatory,
		Why:  "Its quota refuses pods that are created there by mistake. The admission rule default-namespace keeps out all other objects",
		Code: true,
	}}, Evidence: []Check{noPods}},
	{ID: "OWN build pool", Title: "No ordinary pod on the pool for build jobs", By: Cluster, Promises: []Promise{{
		Policy: "build-pool", Says: "The pool for build jobs runs nothing else", Level: Mandatory,
		Why:  "The taint keeps other pods off the pool, and the label is what build jobs select. Without the taint any pod may run there; without the label build jobs can't",
		Code: true,
	}}, Evidence: optional(join(
		buildPool("taints.0.effect", "NO_SCHEDULE"), buildPool("taints.0.key", Present),
		buildPool("taints.0.value", "privileged"), buildPool("labels.role", "privileged"),
	)...)},
	{ID: "OWN build placement", Title: "Build jobs run on their pool and nowhere else", By: Cluster,
		Note: "tests/ci runs jobs of each CI system and checks where they are scheduled"},
	{ID: "OWN build identity", Title: "Build jobs have no permissions", By: Cluster, Policies: []string{"default-accounts"},
		Evidence: []Check{{Type: token.ServiceAccount, Name: "-ci-job", Path: "automountServiceAccountToken", Want: false, Optional: true}},
		Note:     "tests/ci/rights.txt lists the permissions of each account"},
	{ID: "OWN build egress", Title: "Build nodes reach nothing private", By: Program, Promises: []Promise{{
		Policy: "build-egress", Says: "Of the private ranges, build nodes reach only the control plane and DNS", Level: Mandatory,
		Why:  "A NetworkPolicy does not stop a job that has taken over its node",
		Code: true,
	}}, Evidence: optional(
		firewall("ci-deny-egress", "denies.0.protocol", "all"),
		firewall("ci-deny-egress", "direction", "EGRESS"),
		firewall("ci-deny-egress", "destinationRanges", []any{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"}),
		firewall("ci-deny-egress", "targetServiceAccounts", Present),
	), Note: "except the control plane and DNS"},
	{ID: "OWN pinned charts", Title: "Charts of a fixed version, installed atomically", By: Cluster, Promises: []Promise{{
		Policy: "pinned-charts", Says: "Charts have a fixed version and are installed completely or not at all", Level: Mandatory,
		Why:    "Without a version, the next `up` may install a newer chart",
		Checks: optional(on(token.Release, "atomic", true)...), Code: true,
	}}, Evidence: optional(on(token.Release, "version", Present)...), Note: "where `ciInstall` is on"},
	{ID: "OWN priority", Title: "No workload has a system priority class", By: Cluster},
	{ID: "OWN node ports", Title: "No port is opened on every node", By: Cluster},
	{ID: "OWN load balancers", Title: "Services of type LoadBalancer serve the admin ranges only", By: Cluster},
	{ID: "OWN ingress class", Title: "Every Ingress names its class", By: Cluster},
	{ID: "OWN image digests", Title: "Images are referenced by digest", By: Cluster, Note: "only a warning by default"},
	{ID: "OWN probes", Title: "No traffic before a pod is ready", By: Cluster, Note: "only a warning by default"},
	{ID: "OWN labels", Title: "Pods have the label app.kubernetes.io/name", By: Cluster, Note: "only a warning by default"},
}
