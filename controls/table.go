package controls

import (
	"slices"

	"bastide/controls/token"
)

// everywhere is a promise about nodes: on each pool, and on the short-lived
// pool that GKE makes with the cluster.
func everywhere(path string, want any) []Check {
	return []Check{
		{Type: token.NodePool, Path: "nodeConfig." + path, Want: want},
		{Type: token.Cluster, Path: "nodeConfig." + path, Want: want},
	}
}

func on(kind, path string, want any) []Check {
	return []Check{{Type: kind, Path: path, Want: want}}
}

var access = []Control{
	{ID: "CIS 5.8.1", Title: "No client certificates", By: Program,
		Checks: on(token.Cluster, "masterAuth.clientCertificateConfig.issueClientCertificate", false)},
	{ID: "CIS 5.8.2", Title: "Google Groups for RBAC", By: Operator,
		Note: "set `rbacGroup`; needs Workspace or Cloud Identity, so it is off by default"},
	{ID: "CIS 5.8.3", Title: "Legacy ABAC off", By: Program, Checks: on(token.Cluster, "enableLegacyAbac", false)},
	{ID: "CIS 5.6.3", Title: "Control plane authorized networks", By: Program, Checks: []Check{
		{Type: token.Cluster, Path: "masterAuthorizedNetworksConfig.cidrBlocks", Want: Present},
		{Type: token.Cluster, Path: "masterAuthorizedNetworksConfig.gcpPublicCidrsAccessEnabled", Want: false},
	}},
	{ID: "CIS 5.6.4", Title: "Private endpoint on, public off", By: Operator,
		Note: "set `privateEndpoint`; by default the public endpoint stays, for the admin ranges only, which v2.0.0 of the benchmark accepts"},
	{ID: "GUIDE anonymous access", Title: "Anonymous requests reach health checks only", By: Program,
		Checks: on(token.Cluster, "minMasterVersion", Present),
		Note:   "the SDK has no field; GKE's default in clusters that begin at 1.35.0-gke.1171000 or later, and no older `kubernetesVersion` is accepted"},
	{ID: "GUIDE Workload Identity", Title: "Workload Identity Federation", By: Program,
		Checks: on(token.Cluster, "workloadIdentityConfig.workloadPool", Present)},
	{ID: "GUIDE least privilege", Title: "No role is broader than its use", By: Program, Checks: []Check{
		{Type: token.ProjectGrant, Path: "role", Want: "roles/container.defaultNodeServiceAccount"},
		{Type: token.KeyGrant, Path: "role", Want: Present},
		{Type: token.BucketGrant, Path: "role", Want: "roles/storage.objectCreator"},
		{Type: token.ReaderGrant, Path: "role", Want: "roles/artifactregistry.reader"},
	}},
	{ID: "OWN named members", Title: "Nothing is granted to everybody", By: Program, Checks: []Check{
		{Type: token.ProjectGrant, Path: "member", Want: Present},
		{Type: token.KeyGrant, Path: "member", Want: Present},
		{Type: token.BucketGrant, Path: "member", Want: Present},
		{Type: token.ReaderGrant, Path: "member", Want: Present},
	}},
	{ID: "OWN account keys", Title: "No service account has a key", By: Program, Checks: []Check{{Type: token.AccountKey, Want: Nowhere}}},
	{ID: "GUIDE DNS endpoint", Title: "Control plane reached through its DNS endpoint only", By: Nobody,
		Note: "pulumi-gcp 7.38.0 has no field for it; authorized networks instead"},
	{ID: "OWN break-glass", Title: "Emergency access is asked for, ends by itself, and is told", By: Operator,
		Note: "off until you make it: docs/runbooks/break-glass.md has an entitlement of Privileged Access Manager"},
	{ID: "GUIDE organization policy", Title: "Constraints on the organization", By: Operator,
		Note: "they belong to the organization, above any one environment"},
}

var images = []Control{
	{ID: "CIS 5.1.1", Title: "Image vulnerability scanning", By: Program,
		Checks: []Check{{Type: token.Service, Name: "containerscanning", Path: "service", Want: "containerscanning.googleapis.com"}}},
	{ID: "CIS 5.1.2", Title: "Few users reach image repositories", By: Program, Checks: on(token.ReaderGrant, "role", "roles/artifactregistry.reader"),
		Note: "no other grant is made on the repository"},
	{ID: "CIS 5.1.3", Title: "The cluster only reads image repositories", By: Program, Checks: on(token.ReaderGrant, "role", "roles/artifactregistry.reader")},
	{ID: "CIS 5.1.4", Title: "Only trusted images", By: Program, Checks: []Check{
		{Type: token.Cluster, Path: "binaryAuthorization.evaluationMode", Want: "PROJECT_SINGLETON_POLICY_ENFORCE"},
		{Type: token.ImagePolicy, Path: "defaultAdmissionRule.evaluationMode", Want: "ALWAYS_DENY"},
		{Type: token.ImagePolicy, Path: "defaultAdmissionRule.enforcementMode", Want: "ENFORCED_BLOCK_AND_AUDIT_LOG"},
		{Type: token.ImagePolicy, Path: "globalPolicyEvaluationMode", Want: "ENABLE"},
		{Type: token.AdmissionBinding, Name: "guardrails-image-registry-binding", Path: "spec.validationActions", Want: []any{"Deny", "Audit"}},
	}},
	{ID: "CIS 4.5.1", Title: "Image provenance at admission", By: Program, Checks: on(token.Cluster, "binaryAuthorization.evaluationMode", "PROJECT_SINGLETON_POLICY_ENFORCE"),
		Note: "by the place an image comes from; attestations are not required"},
	{ID: "OWN immutable tags", Title: "A tag never changes its image", By: Program, Checks: on(token.Repository, "dockerConfig.immutableTags", true)},
}

var nodes = []Control{
	{ID: "CIS 5.2.1", Title: "Own service account, not Compute's default", By: Program, Checks: everywhere("serviceAccount", Present)},
	{ID: "CIS 5.2.2", Title: "Dedicated accounts and Workload Identity", By: Program,
		Checks: on(token.Cluster, "workloadIdentityConfig.workloadPool", Present)},
	{ID: "GUIDE node role", Title: "Nodes hold the least role there is", By: Program,
		Checks: on(token.ProjectGrant, "role", "roles/container.defaultNodeServiceAccount")},
	{ID: "CIS 5.4.1", Title: "GKE metadata server", By: Program, Checks: everywhere("workloadMetadataConfig.mode", "GKE_METADATA")},
	{ID: "CFF legacy metadata", Title: "Legacy metadata endpoints off", By: Program, Checks: everywhere("metadata.disable-legacy-endpoints", "true")},
	{ID: "CIS 5.5.1", Title: "Container-Optimized OS", By: Program, Checks: everywhere("imageType", "COS_CONTAINERD")},
	{ID: "CIS 5.5.2", Title: "Node auto-repair", By: Program, Checks: on(token.NodePool, "management.autoRepair", true)},
	{ID: "CIS 5.5.3", Title: "Node auto-upgrade", By: Program, Checks: on(token.NodePool, "management.autoUpgrade", true)},
	{ID: "CIS 5.5.5", Title: "Shielded nodes", By: Program, Checks: on(token.Cluster, "enableShieldedNodes", true)},
	{ID: "CIS 5.5.6", Title: "Integrity monitoring", By: Program, Checks: everywhere("shieldedInstanceConfig.enableIntegrityMonitoring", true)},
	{ID: "CIS 5.5.7", Title: "Secure boot", By: Program, Checks: everywhere("shieldedInstanceConfig.enableSecureBoot", true)},
	{ID: "CIS 5.9.2", Title: "Boot disks encrypted with own keys", By: Program, Checks: everywhere("bootDiskKmsKey", Present)},
	{ID: "GUIDE kubelet port", Title: "Kubelet's read-only port closed", By: Program,
		Checks: on(token.Cluster, "minMasterVersion", Present),
		Note:   "the SDK has no field; GKE's default in clusters that begin at 1.32 or later, and no older `kubernetesVersion` is accepted"},
	{ID: "GUIDE confidential nodes", Title: "Memory encrypted in use", By: Nobody,
		Note: "needs machine types that small teams rarely pay for; the SDK has the field for those who do"},
	{ID: "CIS 3.1.1-3.1.4", Title: "Ownership and modes of the kubelet's files", By: Google, Note: "part of the node image"},
	{ID: "CIS 5.10.3", Title: "GKE Sandbox for untrusted workloads", By: Program, Checks: append(optional(rule("job-sandbox")),
		Check{Type: token.NodePool, Name: "cluster-ci", Path: "nodeConfig.sandboxConfig.sandboxType", Want: "gvisor", Optional: true}),
		Only: "ci=sandbox", Note: "for build jobs"},
}

var network = []Control{
	{ID: "CIS 4.3.1", Title: "A network plugin that enforces NetworkPolicy", By: Program, Checks: on(token.Cluster, "datapathProvider", "ADVANCED_DATAPATH")},
	{ID: "CIS 5.6.1", Title: "Flow logs and intranode visibility", By: Program, Checks: []Check{
		{Type: token.Subnetwork, Path: "logConfig.metadata", Want: "INCLUDE_ALL_METADATA"},
		{Type: token.Subnetwork, Path: "logConfig.flowSampling", Want: 0.5},
		{Type: token.Cluster, Path: "enableIntranodeVisibility", Want: true},
	}},
	{ID: "CIS 5.6.2", Title: "VPC-native cluster", By: Program, Checks: []Check{
		{Type: token.Cluster, Path: "networkingMode", Want: "VPC_NATIVE"},
		{Type: token.Cluster, Path: "ipAllocationPolicy.clusterSecondaryRangeName", Want: Present},
	}},
	{ID: "CIS 5.6.5", Title: "Private nodes", By: Program, Checks: []Check{
		{Type: token.Cluster, Path: "privateClusterConfig.enablePrivateNodes", Want: true},
		{Type: token.NodePool, Path: "networkConfig.enablePrivateNodes", Want: true},
	}},
	{ID: "CIS 5.6.6", Title: "Nodes behind a firewall", By: Program, Checks: []Check{
		{Type: token.Firewall, Name: "deny-ingress", Path: "denies.0.protocol", Want: "all"},
		{Type: token.Firewall, Name: "deny-ingress", Path: "sourceRanges", Want: []any{"0.0.0.0/0"}},
		{Type: token.Firewall, Name: "deny-ingress", Path: "priority", Want: 65534},
		{Type: token.Firewall, Name: "admin-ssh", Path: "sourceRanges", Want: Present},
		{Type: token.Firewall, Name: "admin-ssh", Path: "targetTags", Want: Present},
	}},
	{ID: "OWN admin ranges", Title: "Nothing comes in from outside but from the admin ranges", By: Program, Checks: []Check{
		{Type: token.Firewall, Name: "admin-ssh", Path: "sourceRanges", Want: Present},
		{Type: token.NetworkPolicy, Name: "-allow-admin", Path: "spec.ingress.0.from.0.ipBlock.cidr", Want: Present, Optional: true},
	}},
	{ID: "OWN firewall logs", Title: "Firewall decisions are logged", By: Program, Checks: on(token.Firewall, "logConfig.metadata", "INCLUDE_ALL_METADATA")},
	{ID: "OWN egress", Title: "Egress from one known address, logged", By: Program, Checks: []Check{
		{Type: token.NAT, Path: "natIpAllocateOption", Want: "MANUAL_ONLY"},
		{Type: token.NAT, Path: "logConfig.enable", Want: true},
	}},
	{ID: "GUIDE private Google access", Title: "Google's APIs without public addresses", By: Program, Checks: on(token.Subnetwork, "privateIpGoogleAccess", true)},
	{ID: "GUIDE external IPs", Title: "Services may not claim external IPs", By: Program, Checks: append(rule("external-ips"), Check{Type: token.Cluster, Path: "serviceExternalIpsConfig.enabled", Want: false})},
	{ID: "CIS 5.6.7", Title: "Google-managed certificates", By: Operator, Note: "the program makes no Ingress"},
}

var operations = []Control{
	{ID: "CIS 5.5.4", Title: "Release channel", By: Program, Checks: on(token.Cluster, "releaseChannel.channel", Present),
		Note: "REGULAR or STABLE; nothing else is accepted"},
	{ID: "CIS 5.7.1", Title: "Cloud Logging and Monitoring", By: Program, Checks: []Check{
		{Type: token.Cluster, Path: "loggingConfig.enableComponents", Want: []any{"SYSTEM_COMPONENTS", "WORKLOADS", "APISERVER", "CONTROLLER_MANAGER", "SCHEDULER"}},
		{Type: token.Cluster, Path: "monitoringConfig.enableComponents", Want: []any{"SYSTEM_COMPONENTS", "APISERVER", "CONTROLLER_MANAGER", "SCHEDULER"}},
	}},
	{ID: "CIS 5.7.2", Title: "Linux auditd on nodes", By: Nobody,
		Note: "needs a privileged DaemonSet with host paths on every node, which costs more trust than it buys here"},
	{ID: "CIS 5.10.1", Title: "Kubernetes web UI off", By: Google, Note: "no longer offered"},
	{ID: "CIS 5.10.2", Title: "No alpha features", By: Program, Checks: on(token.Cluster, "enableKubernetesAlpha", false)},
	{ID: "CIS 5.10.4", Title: "Security posture", By: Program, Checks: on(token.Cluster, "securityPostureConfig.mode", "BASIC")},
	{ID: "GUIDE audit logs", Title: "Access to cluster and keys is audited", By: Program, Checks: []Check{
		{Type: token.AuditConfig, Path: "auditLogConfigs.0.logType", Want: "ADMIN_READ"},
		{Type: token.AuditConfig, Name: "container-audit", Path: "service", Want: "container.googleapis.com"},
		{Type: token.AuditConfig, Name: "cloudkms-audit", Path: "service", Want: "cloudkms.googleapis.com"},
	}},
	{ID: "GUIDE bulletins", Title: "Security bulletin notifications", By: Program, Checks: []Check{
		{Type: token.Topic, Path: "kmsKeyName", Want: Present},
		{Type: token.Cluster, Path: "notificationConfig.pubsub.enabled", Want: true},
	}, Choice: "securityBulletins"},
	{ID: "GUIDE maintenance", Title: "Maintenance window", By: Program, Checks: on(token.Cluster, "maintenancePolicy.recurringWindow.recurrence", Present)},
	{ID: "GUIDE accelerated patches", Title: "Accelerated patch upgrades", By: Nobody, Note: "pulumi-gcp 7.38.0 has no field for it"},
	{ID: "OWN deletion protection", Title: "The cluster refuses deletion", By: Program, Checks: on(token.Cluster, "deletionProtection", true),
		Choice: "deletionProtection"},
}

var encryption = []Control{
	{ID: "CIS 5.3.1", Title: "Kubernetes Secrets encrypted with Cloud KMS", By: Program, Checks: []Check{
		{Type: token.Cluster, Path: "databaseEncryption.state", Want: "ENCRYPTED"},
		{Type: token.Cluster, Path: "databaseEncryption.keyName", Want: Present},
	}},
	{ID: "CIS 5.9.1", Title: "Volumes encrypted with own keys", By: Program, Checks: []Check{
		{Type: token.Cluster, Path: "addonsConfig.gcePersistentDiskCsiDriverConfig.enabled", Want: true},
		{Type: token.CryptoKey, Name: "volumes", Path: "name", Want: "volumes"},
		{Type: token.StorageClass, Path: "parameters.disk-encryption-kms-key", Want: Present},
		{Type: token.AdmissionBinding, Name: "guardrails-storage-class-binding", Path: "spec.validationActions", Want: []any{"Deny", "Audit"}},
	}},
	{ID: "OWN key rotation", Title: "Keys rotate every 90 days", By: Program, Checks: on(token.CryptoKey, "rotationPeriod", "7776000s")},
	{ID: "OWN key destruction", Title: "120 days to undo the destruction of a key", By: Program, Checks: on(token.CryptoKey, "destroyScheduledDuration", "10368000s")},
	{ID: "OWN registry key", Title: "Images encrypted with an own key", By: Program, Checks: on(token.Repository, "kmsKeyName", Present)},
	{ID: "GUIDE secrets elsewhere", Title: "Secrets outside of the cluster they serve", By: Nobody,
		Note: "OpenBao runs in the cluster: a second one costs more than a small team has. Unseal key and backups are outside"},
}

// rule is a promise that an admission rule refuses, and leaves a line in the
// audit log.
func rule(ids ...string) (checks []Check) {
	for _, id := range ids {
		checks = append(checks, Check{Type: token.AdmissionBinding, Name: "guardrails-" + id + "-binding", Path: "spec.validationActions", Want: []any{"Deny", "Audit"}})
	}
	return checks
}

// warning is a rule that refuses or warns, as the environment likes.
func warning(id string) []Check {
	return []Check{{Type: token.AdmissionBinding, Name: "guardrails-" + id + "-binding", Path: "spec.validationActions", Want: Present}}
}

// optional are promises about what an environment need not have.
func optional(checks []Check) []Check {
	for i := range checks {
		checks[i].Optional = true
	}
	return checks
}

// pods is a promise about the program's own pods.
func pods(path string, want any) []Check {
	return []Check{
		{Type: token.StatefulSet, Path: "spec.template.spec." + path, Want: want},
		{Type: token.CronJob, Path: "spec.jobTemplate.spec.template.spec." + path, Want: want},
	}
}

const level = "metadata.labels[pod-security.kubernetes.io/enforce]"

var inside = []Control{
	{ID: "CIS 4.1.1", Title: "cluster-admin only where required", By: Cluster, Checks: rule("cluster-admin"),
		Note: "by that name; the program binds it to nobody, and administrators hold roles/container.admin"},
	{ID: "CIS 4.1.2", Title: "Few may read Secrets", By: Cluster, Checks: rule("wildcard-role"),
		Note: "no role of the program's may get, list or watch them, nor patch or delete, which answer with the object; but for one that holds a public certificate, which Managed Prometheus reads"},
	{ID: "CIS 4.1.3", Title: "No wildcards in roles", By: Cluster, Checks: rule("wildcard-role"),
		Note: "in namespaces; who may make a ClusterRole is an administrator"},
	{ID: "CIS 4.1.4", Title: "Default service accounts are not used", By: Cluster, Checks: on(token.ServiceAccountPatch, "automountServiceAccountToken", false)},
	{ID: "CIS 4.1.5", Title: "Tokens only where they are needed", By: Cluster, Checks: append(rule("token-secret"),
		Check{Type: token.ServiceAccountPatch, Path: "automountServiceAccountToken", Want: false},
		Check{Type: token.ServiceAccount, Path: "automountServiceAccountToken", Want: false},
		Check{Type: token.CronJob, Path: "spec.jobTemplate.spec.template.spec.automountServiceAccountToken", Want: false})},
	{ID: "CIS 4.1.6", Title: "Nobody in system:masters", By: Google, Note: "membership needs a client certificate, and none is issued (CIS 5.8.1)"},
	{ID: "CIS 4.1.7", Title: "No right to bind, impersonate or escalate", By: Cluster, Checks: rule("wildcard-role"),
		Note: "in namespaces; no role of the program's holds any of them"},
	{ID: "CIS 4.1.8", Title: "Nothing bound to system:anonymous", By: Cluster, Checks: rule("everyone-binding")},
	{ID: "CIS 4.1.9", Title: "Nothing more bound to system:unauthenticated", By: Cluster, Checks: rule("everyone-binding")},
	{ID: "CIS 4.1.10", Title: "Nothing more bound to system:authenticated", By: Cluster, Checks: rule("everyone-binding")},
	{ID: "CIS 4.2.1", Title: "Pod Security Standards in every namespace", By: Cluster, Checks: append([]Check{
		{Type: token.Namespace, Path: level, Want: Present},
		{Type: token.Namespace, Name: "guardrails-openbao", Path: level, Want: "restricted"},
		{Type: token.NamespacePatch, Path: level, Want: "restricted"},
	}, rule("namespace-level", "privileged-container", "host-namespaces", "host-ports", "volume-types", "proc-mount", "sysctls", "security-modules")...)},
	{ID: "CIS 4.3.2", Title: "NetworkPolicies in every namespace", By: Cluster, Checks: []Check{
		{Type: token.NetworkPolicy, Name: "-default-deny", Path: "spec.policyTypes", Want: []any{"Ingress", "Egress"}},
		{Type: token.NetworkPolicy, Name: "-default-deny", Path: "spec.ingress", Want: Absent},
		{Type: token.NetworkPolicy, Name: "-default-deny", Path: "spec.egress", Want: Absent},
	}, Note: "in those of the environment, and default; GKE's own are GKE's, and one that is made by hand has a level only"},
	{ID: "CIS 4.4.1", Title: "Secrets as files, not as environment variables", By: Cluster, Checks: []Check{
		{Type: token.StatefulSet, Path: "spec.template.spec.containers.0.env.0.valueFrom.secretKeyRef", Want: Absent},
	}, Note: "in the program's own pods; a rule in the cluster would refuse most charts"},
	{ID: "CIS 4.4.2", Title: "Secrets stored outside of Kubernetes", By: Cluster, Checks: on(token.StatefulSet, "spec.replicas", Present),
		Note: "OpenBao, for the namespaces that bastide:namespaces names as its clients"},
	{ID: "CIS 4.6.1", Title: "Namespaces as boundaries", By: Cluster, Checks: []Check{
		{Type: token.Namespace, Path: "metadata.labels[bastide/owner]", Want: Present},
		{Type: token.ResourceQuota, Path: "spec.hard.pods", Want: Present},
		{Type: token.NetworkPolicy, Name: "-default-deny", Path: "metadata.namespace", Want: Present},
	}},
	{ID: "CIS 4.6.2", Title: "Seccomp profile RuntimeDefault", By: Cluster,
		Checks: append(rule("seccomp"), pods("securityContext.seccompProfile.type", "RuntimeDefault")...)},
	{ID: "CIS 4.6.3", Title: "Security contexts", By: Cluster, Checks: slices.Concat(
		rule("privilege-escalation", "net-raw", "read-only-root", "added-capabilities"),
		pods("containers.0.securityContext.allowPrivilegeEscalation", false),
		pods("containers.0.securityContext.capabilities.drop", []any{"ALL"}),
		pods("containers.0.securityContext.readOnlyRootFilesystem", true),
	)},
	{ID: "OWN limits", Title: "No container takes memory or disk without a limit", By: Cluster, Checks: slices.Concat(rule("resource-limits"),
		pods("containers.0.resources.limits.memory", Present), pods("containers.0.resources.limits[ephemeral-storage]", Present)),
		Note: "filled in from 1.36 on; quotas bound the sum"},
	{ID: "CIS 4.6.4", Title: "The default namespace is not used", By: Cluster, Checks: append([]Check{
		{Type: token.ResourceQuota, Name: "guardrails-default-quota", Path: "spec.hard.pods", Want: "0"},
	}, rule("default-namespace")...)},
	{ID: "OWN build pool", Title: "No ordinary pod on the pool for build jobs", By: Cluster, Checks: append(rule("build-nodes"),
		Check{Type: token.NodePool, Name: "cluster-ci", Path: "nodeConfig.taints.0.effect", Want: "NO_SCHEDULE", Optional: true},
		Check{Type: token.NodePool, Name: "cluster-ci", Path: "nodeConfig.taints.0.key", Want: Present, Optional: true},
		Check{Type: token.NodePool, Name: "cluster-ci", Path: "nodeConfig.taints.0.value", Want: "privileged", Optional: true},
		Check{Type: token.NodePool, Name: "cluster-ci", Path: "nodeConfig.labels.role", Want: "privileged", Optional: true})},
	{ID: "OWN build placement", Title: "Build jobs run on their pool and nowhere else", By: Cluster, Checks: append(rule("node-labels"), optional(rule("job-placement"))...),
		Note: "tests/ci has jobs of each system land there"},
	{ID: "OWN build identity", Title: "A build job has no rights", By: Cluster, Checks: append(optional(rule("job-identity")),
		Check{Type: token.ServiceAccount, Name: "-ci-job", Path: "automountServiceAccountToken", Want: false, Optional: true}),
		Note: "tests/ci/rights.txt lists what accounts may"},
	{ID: "OWN build egress", Title: "Build nodes reach nothing private", By: Program, Checks: []Check{
		{Type: token.Firewall, Name: "ci-deny-egress", Path: "denies.0.protocol", Want: "all", Optional: true},
		{Type: token.Firewall, Name: "ci-deny-egress", Path: "direction", Want: "EGRESS", Optional: true},
		{Type: token.Firewall, Name: "ci-deny-egress", Path: "destinationRanges", Want: []any{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"}, Optional: true},
		{Type: token.Firewall, Name: "ci-deny-egress", Path: "targetServiceAccounts", Want: Present, Optional: true},
	}, Note: "but for the control plane, and DNS"},
	{ID: "OWN pinned charts", Title: "Charts of one version, all or nothing", By: Cluster, Checks: []Check{
		{Type: token.Release, Path: "version", Want: Present, Optional: true},
		{Type: token.Release, Path: "atomic", Want: true, Optional: true},
	}, Note: "where `ciInstall` is on"},
	{ID: "OWN priority", Title: "No workload takes the system's place", By: Cluster, Checks: rule("priority-class")},
	{ID: "OWN node ports", Title: "No port is opened on every node", By: Cluster, Checks: rule("node-port")},
	{ID: "OWN load balancers", Title: "Services of type LoadBalancer serve the admin ranges only", By: Cluster, Checks: rule("load-balancer-sources")},
	{ID: "OWN ingress class", Title: "No Ingress falls to whichever controller is first", By: Cluster, Checks: rule("ingress-class")},
	{ID: "OWN image digests", Title: "Images named by digest", By: Cluster, Checks: warning("image-digest"), Note: "warned of by default"},
	{ID: "OWN probes", Title: "No traffic before a pod is ready", By: Cluster, Checks: warning("probes"), Note: "warned of by default"},
	{ID: "OWN labels", Title: "Pods tell what they are", By: Cluster, Checks: warning("workload-labels"), Note: "warned of by default"},
}

var secrets = []Control{
	{ID: "OWN secrets in clear", Title: "Secrets are marked as such, and stand nowhere else", By: Program, Checks: []Check{
		{Type: token.Secret, Path: "data", Want: Secret},
		{Type: token.Certificate, Path: "caPrivateKeyPem", Want: Secret},
	}},
	{ID: "OWN unseal", Title: "OpenBao unseals without a key that anybody holds", By: Program, Checks: []Check{
		{Type: token.KeyGrant, Name: "openbao-unseal-encrypt", Path: "role", Want: "roles/cloudkms.cryptoKeyEncrypterDecrypter"},
		{Type: token.KeyGrant, Name: "openbao-unseal-view", Path: "role", Want: "roles/cloudkms.viewer"},
	}, Note: "granted to its Kubernetes service account alone"},
	{ID: "OWN certificates", Title: "TLS to OpenBao, renewed before it ends", By: Program, Checks: []Check{
		{Type: token.PrivateKey, Path: "algorithm", Want: "ECDSA"},
		{Type: token.Certificate, Path: "validityPeriodHours", Want: 8760},
		{Type: token.Certificate, Path: "earlyRenewalHours", Want: 2160},
	}},
	{ID: "OWN volumes that stay", Title: "OpenBao's volumes are encrypted, and outlive it", By: Cluster, Checks: []Check{
		{Type: token.StatefulSet, Path: "spec.volumeClaimTemplates.0.spec.storageClassName", Want: "encrypted"},
		{Type: token.StatefulSet, Path: "spec.persistentVolumeClaimRetentionPolicy.whenDeleted", Want: "Retain"},
		{Type: token.StatefulSet, Path: "spec.persistentVolumeClaimRetentionPolicy.whenScaled", Want: "Retain"},
	}},
	{ID: "OWN way to OpenBao", Title: "OpenBao is reached by its clients, and reaches Google and the API server", By: Cluster, Checks: []Check{
		{Type: token.NetworkPolicy, Name: "openbao-allow-servers", Path: "spec.policyTypes", Want: []any{"Ingress", "Egress"}},
		{Type: token.NetworkPolicy, Name: "openbao-allow-servers", Path: "spec.ingress.0.from", Want: Present},
		{Type: token.NetworkPolicy, Name: "openbao-allow-servers", Path: "spec.egress.0.to", Want: Present},
	}, Note: "tests/network/matrix.txt shows all of it"},
	{ID: "OWN snapshots", Title: "Backups that OpenBao can't delete", By: Program, Checks: []Check{
		{Type: token.Bucket, Path: "encryption.defaultKmsKeyName", Want: Present},
		{Type: token.Bucket, Path: "publicAccessPrevention", Want: "enforced"},
		{Type: token.Bucket, Path: "uniformBucketLevelAccess", Want: true},
		{Type: token.Bucket, Path: "versioning.enabled", Want: true},
		{Type: token.Bucket, Path: "softDeletePolicy.retentionDurationSeconds", Want: 2592000},
		{Type: token.BucketGrant, Path: "role", Want: "roles/storage.objectCreator"},
		{Type: token.AlertPolicy, Path: "conditions.0.conditionPrometheusQueryLanguage.query", Want: Present},
	}},
}
