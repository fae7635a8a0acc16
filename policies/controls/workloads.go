package controls

import "bastide/policies/controls/token"

// pods is a check of the program's own pods.
func pods(path string, want any) []Check {
	return join(on(token.StatefulSet, "spec.template.spec."+path, want), on(token.CronJob, "spec.jobTemplate.spec.template.spec."+path, want))
}

// level is where a namespace says which Pod Security Standard it enforces.
const level = "metadata.labels[pod-security.kubernetes.io/enforce]"

// noTokens: a service account gives no token to a pod that does not ask.
var noTokens = join(on(token.ServiceAccount, "automountServiceAccountToken", false), on(token.ServiceAccountPatch, "automountServiceAccountToken", false))

// closed are checks of the NetworkPolicy that closes a namespace.
func closed(path string, want any) Check {
	return Check{Type: token.NetworkPolicy, Name: "-default-deny", Path: path, Want: want}
}

// noPods keeps pods out of the namespace default.
var noPods = Check{Type: token.ResourceQuota, Name: "guardrails-default-quota", Path: "spec.hard.pods", Want: "0"}

// workloads: what is in the cluster. Most of it is kept by admission rules, which name
// their controls themselves: components/guardrails/admission.
var workloads = []Control{
	{ID: "CIS 4.1.1", Title: "cluster-admin only where required", By: Cluster,
		Note: "by that name; the program binds it to nobody, and administrators hold roles/container.admin"},
	{ID: "CIS 4.1.2", Title: "Few may read Secrets", By: Cluster, Promises: []Promise{{
		Policy: "secret-readers", Says: "No role reads Secrets", Level: Mandatory,
		Why:  "Who may read one Secret by its role may usually read all of a namespace",
		Code: true,
	}}, Note: "no role of the program's may get, list or watch them, nor patch or delete, which answer with the object; but for one that holds a public certificate, which Managed Prometheus reads"},
	{ID: "CIS 4.1.3", Title: "No wildcards in roles", By: Cluster,
		Note: "in namespaces; who may make a ClusterRole is an administrator"},
	{ID: "CIS 4.1.4", Title: "Default service accounts are not used", By: Cluster, Promises: []Promise{{
		Policy: "default-accounts", Says: "A service account gives no token to a pod that does not ask", Level: Mandatory,
		Why:    "The account called default is every pod's that names none",
		Checks: noTokens,
	}}},
	{ID: "CIS 4.1.5", Title: "Tokens only where they are needed", By: Cluster, Promises: []Promise{{
		Policy: "pod-tokens", Says: "Pods get a token for the API server only where they use it", Level: Mandatory,
		Why:  "A pod that is taken over has whatever its token may do",
		Code: true,
	}}, Policies: []string{"default-accounts"},
		Evidence: join(noTokens, on(token.CronJob, "spec.jobTemplate.spec.template.spec.automountServiceAccountToken", false))},
	{ID: "CIS 4.1.6", Title: "Nobody in system:masters", By: Google, Note: "membership needs a client certificate, and none is issued (CIS 5.8.1)"},
	{ID: "CIS 4.1.7", Title: "No right to bind, impersonate or escalate", By: Cluster,
		Note: "in namespaces; no role of the program's holds any of them"},
	{ID: "CIS 4.1.8", Title: "Nothing bound to system:anonymous", By: Cluster},
	{ID: "CIS 4.1.9", Title: "Nothing more bound to system:unauthenticated", By: Cluster},
	{ID: "CIS 4.1.10", Title: "Nothing more bound to system:authenticated", By: Cluster},
	{ID: "CIS 4.2.1", Title: "Pod Security Standards in every namespace", By: Cluster, Evidence: []Check{
		{Type: token.Namespace, Path: level, Want: Present},
		{Type: token.Namespace, Name: "guardrails-openbao", Path: level, Want: "restricted"},
		{Type: token.NamespacePatch, Path: level, Want: "restricted"},
	}},
	{ID: "CIS 4.3.2", Title: "NetworkPolicies in every namespace", By: Cluster, Promises: []Promise{{
		Policy: "default-deny", Says: "In every namespace nothing is open that no policy opens", Level: Mandatory,
		Why:  "A namespace without a NetworkPolicy is open to the whole cluster",
		Code: true,
	}}, Evidence: []Check{
		closed("spec.policyTypes", []any{"Ingress", "Egress"}), closed("spec.ingress", Absent), closed("spec.egress", Absent),
	}, Note: "in those of the environment, and default; GKE's own are GKE's, and one that is made by hand has a level only"},
	{ID: "CIS 4.4.1", Title: "Secrets as files, not as environment variables", By: Cluster, Promises: []Promise{{
		Policy: "secret-environment", Says: "Secrets reach pods as files", Level: Mandatory,
		Why:  "Variables end up in crash reports, and child processes inherit them",
		Code: true,
	}}, Evidence: on(token.StatefulSet, "spec.template.spec.containers.0.env.0.valueFrom.secretKeyRef", Absent),
		Note: "in the program's own pods; a rule in the cluster would refuse most charts"},
	{ID: "CIS 4.4.2", Title: "Secrets stored outside of Kubernetes", By: Cluster, Promises: []Promise{{
		Policy: "openbao-servers", Says: "OpenBao runs in a number that can decide", Level: Mandatory,
		Why:  "Raft needs more than half of its servers, so an even number buys nothing",
		Code: true,
	}}, Evidence: on(token.StatefulSet, "spec.replicas", Present),
		Note: "OpenBao, for the namespaces that bastide:namespaces names as its clients"},
	{ID: "CIS 4.6.1", Title: "Namespaces as boundaries", By: Cluster, Promises: []Promise{{
		Policy: "namespace-boundaries", Says: "Every namespace has an owner and a limit", Level: Mandatory,
		Why:  "A namespace is a boundary if somebody answers for it and what it takes is limited",
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
	{ID: "OWN limits", Title: "No container takes memory or disk without a limit", By: Cluster, Evidence: join(
		pods("containers.0.resources.limits.memory", Present), pods("containers.0.resources.limits[ephemeral-storage]", Present),
	), Note: "filled in from 1.36 on; quotas bound the sum"},
	{ID: "CIS 4.6.4", Title: "The default namespace is not used", By: Cluster, Promises: []Promise{{
		Policy: "unused-namespace", Says: "The namespace default takes no pods", Level: Mandatory,
		Why:  "What lands there by mistake finds no room. The admission rule default-namespace keeps everything else out",
		Code: true,
	}}, Evidence: []Check{noPods}},
	{ID: "OWN build pool", Title: "No ordinary pod on the pool for build jobs", By: Cluster, Promises: []Promise{{
		Policy: "build-pool", Says: "A pool for build jobs takes nothing else", Level: Mandatory,
		Why:  "The taint keeps ordinary pods off; the label brings builds there. One without the other is a pool that anything may land on, or that nothing can",
		Code: true,
	}}, Evidence: optional(join(
		buildPool("taints.0.effect", "NO_SCHEDULE"), buildPool("taints.0.key", Present),
		buildPool("taints.0.value", "privileged"), buildPool("labels.role", "privileged"),
	)...)},
	{ID: "OWN build placement", Title: "Build jobs run on their pool and nowhere else", By: Cluster,
		Note: "tests/ci has jobs of each system land there"},
	{ID: "OWN build identity", Title: "A build job has no rights", By: Cluster, Policies: []string{"default-accounts"},
		Evidence: []Check{{Type: token.ServiceAccount, Name: "-ci-job", Path: "automountServiceAccountToken", Want: false, Optional: true}},
		Note:     "tests/ci/rights.txt lists what accounts may"},
	{ID: "OWN build egress", Title: "Build nodes reach nothing private", By: Program, Promises: []Promise{{
		Policy: "build-egress", Says: "Build nodes reach the control plane, DNS and the internet, and nothing private", Level: Mandatory,
		Why:  "A job that has taken its node over is no longer held by a NetworkPolicy",
		Code: true,
	}}, Evidence: optional(
		firewall("ci-deny-egress", "denies.0.protocol", "all"),
		firewall("ci-deny-egress", "direction", "EGRESS"),
		firewall("ci-deny-egress", "destinationRanges", []any{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"}),
		firewall("ci-deny-egress", "targetServiceAccounts", Present),
	), Note: "but for the control plane, and DNS"},
	{ID: "OWN pinned charts", Title: "Charts of one version, all or nothing", By: Cluster, Promises: []Promise{{
		Policy: "pinned-charts", Says: "What a chart installs is of one version, and there as a whole or not at all", Level: Mandatory,
		Why:    "A chart without a version is another one tomorrow",
		Checks: optional(on(token.Release, "atomic", true)...), Code: true,
	}}, Evidence: optional(on(token.Release, "version", Present)...), Note: "where `ciInstall` is on"},
	{ID: "OWN priority", Title: "No workload takes the system's place", By: Cluster},
	{ID: "OWN node ports", Title: "No port is opened on every node", By: Cluster},
	{ID: "OWN load balancers", Title: "Services of type LoadBalancer serve the admin ranges only", By: Cluster},
	{ID: "OWN ingress class", Title: "No Ingress falls to whichever controller is first", By: Cluster},
	{ID: "OWN image digests", Title: "Images named by digest", By: Cluster, Note: "warned of by default"},
	{ID: "OWN probes", Title: "No traffic before a pod is ready", By: Cluster, Note: "warned of by default"},
	{ID: "OWN labels", Title: "Pods tell what they are", By: Cluster, Note: "warned of by default"},
}
