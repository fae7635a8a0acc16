package environment

import "slices"

// The admission rules, by the ids that settings, messages and reports use. What
// each one demands is told in components/guardrails/admission.
const (
	PrivilegeEscalation = "privilege-escalation"
	NetRaw              = "net-raw"
	ReadOnlyRoot        = "read-only-root"
	Seccomp             = "seccomp"
	PrivilegedContainer = "privileged-container"
	HostNamespaces      = "host-namespaces"
	HostPorts           = "host-ports"
	VolumeTypes         = "volume-types"
	AddedCapabilities   = "added-capabilities"
	ProcMount           = "proc-mount"
	Sysctls             = "sysctls"
	SecurityModules     = "security-modules"
	BuildNodes          = "build-nodes"
	PriorityClass       = "priority-class"
	ImageRegistry       = "image-registry"
	ImageDigest         = "image-digest"
	Probes              = "probes"
	WorkloadLabels      = "workload-labels"
	NamespaceLevel      = "namespace-level"
	DefaultNamespace    = "default-namespace"
	NodePort            = "node-port"
	ExternalIPs         = "external-ips"
	LoadBalancerSources = "load-balancer-sources"
	IngressClass        = "ingress-class"
	StorageClass        = "storage-class"
	EveryoneBinding     = "everyone-binding"
	ClusterAdmin        = "cluster-admin"
	WildcardRole        = "wildcard-role"
	TokenSecret         = "token-secret"
	JobPlacement        = "job-placement"
	JobIdentity         = "job-identity"
	JobSandbox          = "job-sandbox"
	NodeLabels          = "node-labels"
	ResourceLimits      = "resource-limits"
)

// AdmissionRules lists them all.
var AdmissionRules = []string{
	PrivilegeEscalation, NetRaw, ReadOnlyRoot, Seccomp, PrivilegedContainer, HostNamespaces, HostPorts, VolumeTypes,
	AddedCapabilities, ProcMount, Sysctls, SecurityModules, BuildNodes, PriorityClass, ImageRegistry, ImageDigest,
	Probes, WorkloadLabels, NamespaceLevel, DefaultNamespace, NodePort, ExternalIPs, LoadBalancerSources, IngressClass,
	StorageClass, EveryoneBinding, ClusterAdmin, WildcardRole, TokenSecret, JobPlacement, JobIdentity, JobSandbox,
	NodeLabels, ResourceLimits,
}

// readWarnOnly reads which rules warn where the others refuse.
func readWarnOnly(r *reader) []string {
	const key = "warnOnly"
	rules := r.list(key, ImageDigest)
	for i, rule := range rules {
		if slices.Contains(AdmissionRules, rule) {
			continue
		}
		remedy := r.element(key, i, ImageDigest)
		if near := nearest(rule, AdmissionRules); near != "" {
			remedy = r.element(key, i, near)
		}
		r.report(indexed(key, i), remedy, "%q is not an admission rule; docs/admission.md lists them", rule)
	}
	return rules
}
