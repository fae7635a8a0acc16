package controls

import "bastide/policies/controls/token"

// firewall is a check of the firewall rule whose name ends in name.
func firewall(name, path string, want any) Check {
	return Check{Type: token.Firewall, Name: name, Path: path, Want: want}
}

// adminSources checks that the rule for administrators limits its sources.
var adminSources = firewall("admin-ssh", "sourceRanges", Present)

// network is about which connections are possible, and which are logged.
var network = []Control{
	{ID: "CIS 4.3.1", Title: "A network plugin that enforces NetworkPolicy", By: Program, Promises: []Promise{{
		Policy: "network-policies-enforced", Says: "NetworkPolicies are enforced", Level: Mandatory,
		Why:    "Without Dataplane V2 or Calico a NetworkPolicy has no effect",
		Checks: on(token.Cluster, "datapathProvider", "ADVANCED_DATAPATH"),
	}}},
	{ID: "CIS 5.6.1", Title: "Flow logs and intranode visibility", By: Program, Promises: []Promise{{
		Policy: "flow-logs", Says: "Network flows are logged", Level: Mandatory,
		Why: "Flow logs record traffic between nodes; intranode visibility adds traffic within a node",
		Checks: join(on(token.Subnetwork, "logConfig.metadata", "INCLUDE_ALL_METADATA"),
			on(token.Subnetwork, "logConfig.flowSampling", AtLeast{0.5, "of all flows"}),
			on(token.Cluster, "enableIntranodeVisibility", true)),
	}}},
	{ID: "CIS 5.6.2", Title: "VPC-native cluster", By: Program, Promises: []Promise{{
		Policy: "vpc-native", Says: "Pods have addresses of the VPC", Level: Mandatory,
		Why: "Only then do firewall rules apply to pods and flow logs record them; with routes-based clusters they do not",
		Checks: join(on(token.Cluster, "networkingMode", "VPC_NATIVE"),
			on(token.Cluster, "ipAllocationPolicy.clusterSecondaryRangeName", "pods"),
			on(token.Cluster, "ipAllocationPolicy.servicesSecondaryRangeName", "services")),
	}}},
	{ID: "CIS 5.6.5", Title: "Private nodes", By: Program, Promises: []Promise{{
		Policy: "private-nodes", Says: "Nodes have no public addresses", Level: Mandatory,
		Why: "A node without a public address can't be reached from the internet, whatever else goes wrong",
		Checks: join(on(token.Cluster, "privateClusterConfig.enablePrivateNodes", true),
			on(token.NodePool, "networkConfig.enablePrivateNodes", true)),
	}}},
	{ID: "CIS 5.6.6", Title: "Nodes behind a firewall", By: Program, Promises: []Promise{{
		Policy: "closed-firewall", Says: "The firewall denies all ingress that no rule allows", Level: Mandatory,
		Why:  "Every rule that allows ingress has to name its sources and its targets: without them it applies to all sources, or to all machines",
		Code: true,
	}}, Policies: []string{"admin-ranges"}, Evidence: []Check{
		firewall("deny-ingress", "denies.0.protocol", "all"),
		firewall("deny-ingress", "sourceRanges", []any{"0.0.0.0/0"}),
		firewall("deny-ingress", "priority", 65534),
		adminSources,
		firewall("admin-ssh", "targetTags", Present),
	}},
	{ID: "OWN admin ranges", Title: "Ingress from the admin ranges only", By: Program, Promises: []Promise{{
		Policy: "admin-ranges", Says: "Ingress from outside is allowed from the admin ranges only", Level: Mandatory,
		Why:  "Nothing is open to more addresses than the control plane. For load balancers, the admission rule load-balancer-sources ensures it",
		Code: true,
	}}, Policies: []string{"closed-firewall"}, Evidence: []Check{
		adminSources,
		{Type: token.NetworkPolicy, Name: "-allow-admin", Path: "spec.ingress.0.from.0.ipBlock.cidr", Want: Present, Optional: true},
	}},
	{ID: "OWN firewall logs", Title: "Firewall decisions are logged", By: Program, Promises: []Promise{{
		Policy: "firewall-logs", Says: "Firewall decisions are logged", Level: Mandatory,
		Why:    "A denied connection is often the first sign of an attack",
		Checks: on(token.Firewall, "logConfig.metadata", "INCLUDE_ALL_METADATA"),
	}}},
	{ID: "OWN egress", Title: "Egress from one known address, logged", By: Program, Promises: []Promise{{
		Policy: "egress-address", Says: "Egress comes from a static address and is logged", Level: Mandatory,
		Why: "With changing addresses, no partner could allow only this environment in its firewall",
		Checks: []Check{
			{Type: token.NAT, Path: "natIpAllocateOption", Want: "MANUAL_ONLY"},
			{Type: token.NAT, Path: "natIps", Want: Present, Write: "write the environment's static address"},
			{Type: token.NAT, Path: "logConfig.enable", Want: true},
		},
	}}},
	{ID: "GUIDE private Google access", Title: "Google's APIs without public addresses", By: Program, Promises: []Promise{{
		Policy: "private-google-access", Says: "Nodes reach Google's APIs without public addresses", Level: Mandatory,
		Why:    "Private nodes have no other way to the registry, to Cloud KMS and to Cloud Logging",
		Checks: on(token.Subnetwork, "privateIpGoogleAccess", true),
	}}},
	{ID: "GUIDE external IPs", Title: "Services may not claim external IPs", By: Program, Promises: []Promise{{
		Policy: "service-external-ips", Says: "No Service can intercept traffic to other addresses", Level: Mandatory,
		Why:    "A Service with externalIPs receives all traffic that the cluster sends to them: CVE-2020-8554. The admission rule external-ips checks Services themselves",
		Checks: on(token.Cluster, "serviceExternalIpsConfig.enabled", false),
	}}},
	{ID: "CIS 5.6.7", Title: "Google-managed certificates", By: Operator, Note: "the program creates no Ingress"},
}
