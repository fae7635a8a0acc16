package controls

import "bastide/policies/controls/token"

// firewall is a check of one of the firewall's rules.
func firewall(name, path string, want any) Check {
	return Check{Type: token.Firewall, Name: name, Path: path, Want: want}
}

// adminSources are whom the firewall lets in.
var adminSources = firewall("admin-ssh", "sourceRanges", Present)

// network: who talks to whom, and what is on record of it.
var network = []Control{
	{ID: "CIS 4.3.1", Title: "A network plugin that enforces NetworkPolicy", By: Program, Promises: []Promise{{
		Policy: "network-policies-enforced", Says: "NetworkPolicies are enforced", Level: Mandatory,
		Why:    "Without Dataplane V2 or Calico a NetworkPolicy is a wish",
		Checks: on(token.Cluster, "datapathProvider", "ADVANCED_DATAPATH"),
	}}},
	{ID: "CIS 5.6.1", Title: "Flow logs and intranode visibility", By: Program, Promises: []Promise{{
		Policy: "flow-logs", Says: "Who talked to whom can be looked up", Level: Mandatory,
		Why: "Flow logs show what passes between nodes; intranode visibility, what stays on one",
		Checks: join(on(token.Subnetwork, "logConfig.metadata", "INCLUDE_ALL_METADATA"),
			on(token.Subnetwork, "logConfig.flowSampling", AtLeast{0.5, "of all flows"}),
			on(token.Cluster, "enableIntranodeVisibility", true)),
	}}},
	{ID: "CIS 5.6.2", Title: "VPC-native cluster", By: Program, Promises: []Promise{{
		Policy: "vpc-native", Says: "Pods have addresses of the VPC", Level: Mandatory,
		Why: "Firewall rules and flow logs know them then; with routes, they do not",
		Checks: join(on(token.Cluster, "networkingMode", "VPC_NATIVE"),
			on(token.Cluster, "ipAllocationPolicy.clusterSecondaryRangeName", "pods"),
			on(token.Cluster, "ipAllocationPolicy.servicesSecondaryRangeName", "services")),
	}}},
	{ID: "CIS 5.6.5", Title: "Private nodes", By: Program, Promises: []Promise{{
		Policy: "private-nodes", Says: "Nodes have no public addresses", Level: Mandatory,
		Why: "What has no address outside can not be reached from there, whatever else goes wrong",
		Checks: join(on(token.Cluster, "privateClusterConfig.enablePrivateNodes", true),
			on(token.NodePool, "networkConfig.enablePrivateNodes", true)),
	}}},
	{ID: "CIS 5.6.6", Title: "Nodes behind a firewall", By: Program, Promises: []Promise{{
		Policy: "closed-firewall", Says: "The firewall refuses what no rule lets in", Level: Mandatory,
		Why:  "Everything is refused but what a rule lets in by name of source and target: a rule without them means everybody, and every machine",
		Code: true,
	}}, Policies: []string{"admin-ranges"}, Evidence: []Check{
		firewall("deny-ingress", "denies.0.protocol", "all"),
		firewall("deny-ingress", "sourceRanges", []any{"0.0.0.0/0"}),
		firewall("deny-ingress", "priority", 65534),
		adminSources,
		firewall("admin-ssh", "targetTags", Present),
	}},
	{ID: "OWN admin ranges", Title: "Nothing comes in from outside but from the admin ranges", By: Program, Promises: []Promise{{
		Policy: "admin-ranges", Says: "Nothing comes in from outside but from the admin ranges", Level: Mandatory,
		Why:  "Nothing is open wider than the control plane is. Load balancers have the admission rule load-balancer-sources",
		Code: true,
	}}, Policies: []string{"closed-firewall"}, Evidence: []Check{
		adminSources,
		{Type: token.NetworkPolicy, Name: "-allow-admin", Path: "spec.ingress.0.from.0.ipBlock.cidr", Want: Present, Optional: true},
	}},
	{ID: "OWN firewall logs", Title: "Firewall decisions are logged", By: Program, Promises: []Promise{{
		Policy: "firewall-logs", Says: "Firewall decisions are logged", Level: Mandatory,
		Why:    "A connection that was refused is often the first that is seen of an attack",
		Checks: on(token.Firewall, "logConfig.metadata", "INCLUDE_ALL_METADATA"),
	}}},
	{ID: "OWN egress", Title: "Egress from one known address, logged", By: Program, Promises: []Promise{{
		Policy: "egress-address", Says: "Whoever is called from here can know the address, and each call is logged", Level: Mandatory,
		Why: "With addresses that come and go, no partner could let only this environment in",
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
		Policy: "service-external-ips", Says: "No Service takes traffic that is meant for others", Level: Mandatory,
		Why:    "A Service with externalIPs receives whatever is sent to them: CVE-2020-8554. The admission rule external-ips looks at Services themselves",
		Checks: on(token.Cluster, "serviceExternalIpsConfig.enabled", false),
	}}},
	{ID: "CIS 5.6.7", Title: "Google-managed certificates", By: Operator, Note: "the program makes no Ingress"},
}
