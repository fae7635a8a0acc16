package cluster

import (
	"cmp"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/arguments"
	"bastide/environment"
)

// Args are the arguments of a Cluster. Fields without a default are required.
type Args struct {
	// Title is what people call the environment, such as dev. It appears in descriptions.
	// Default: the prefix of Names.
	Title string
	// Names give the cluster, its service accounts, image registry, topic and firewall
	// rules their names in Google Cloud, and nodes their network tag.
	Names environment.Names
	// Location is the cluster's location. One zone makes a zonal cluster, several a
	// regional one, none a regional one in zones that GKE chooses.
	Location environment.Location
	// Labels are set on all resources that support labels, including nodes. Default: none.
	Labels map[string]string

	// Project is the project's ID, after which the workload identity pool is named.
	Project string
	// Projects are the same ID, each known once the APIs in question are enabled.
	// Default: Project, in which the APIs have to be enabled already.
	Projects Projects
	// Network and Subnet are the IDs of the VPC and of the nodes' subnet.
	Network, Subnet pulumi.StringInput
	// PodRange and ServiceRange are the names of the subnet's secondary ranges.
	// Default: environment.PodRange and environment.ServiceRange, which the network
	// component uses.
	PodRange, ServiceRange string
	// Addresses is the address plan of the subnet. The control plane gets its /28 from it.
	Addresses environment.Addresses
	// Admin are the ranges from which the control plane can be reached.
	Admin environment.Admin
	// The IDs of the Cloud KMS keys for Secrets in etcd, for boot disks, for the image
	// registry and for the topic, each known once its service agent has been granted the
	// key. BulletinKey is not needed without SecurityBulletins.
	SecretsKey, BootDiskKey, RegistryKey, BulletinKey pulumi.StringInput

	// Kubernetes is the release channel, the minimum version of the control plane, and
	// the maintenance window.
	Kubernetes environment.Kubernetes
	// General is the node pool for everything except build jobs. It must have no taint.
	General Pool
	// Builds is the node pool for build jobs. It must have a taint. Default: no such pool.
	Builds *Pool
	// Images are patterns of allowed images besides those of the cluster's own registry
	// and of GKE, in the syntax of Binary Authorization. Default: no others.
	Images []string
	// RBACGroup is the Google group gke-security-groups@DOMAIN, whose member groups
	// Kubernetes RBAC may refer to. Default: none, and RBAC can't use Google groups.
	RBACGroup string
	// SecurityBulletins makes GKE publish security bulletins and available upgrades to a
	// Pub/Sub topic. Default: false.
	SecurityBulletins bool
	// Protected makes Pulumi refuse to delete the cluster and the image registry, and
	// GKE the cluster. Default: false.
	Protected bool
}

// Projects is the project's ID, each field known once the API of its name is enabled.
type Projects struct {
	ArtifactRegistry, BinaryAuthorization, Container, IAM, PubSub, ResourceManager pulumi.StringInput
}

// withDefaults sets the defaults of omitted fields.
func (a Args) withDefaults() Args {
	a.Title = cmp.Or(a.Title, a.Names.Prefix)
	a.PodRange = cmp.Or(a.PodRange, environment.PodRange)
	a.ServiceRange = cmp.Or(a.ServiceRange, environment.ServiceRange)
	for _, id := range []*pulumi.StringInput{
		&a.Projects.ArtifactRegistry, &a.Projects.BinaryAuthorization, &a.Projects.Container,
		&a.Projects.IAM, &a.Projects.PubSub, &a.Projects.ResourceManager,
	} {
		if *id == nil {
			*id = pulumi.String(a.Project)
		}
	}
	return a
}

// Pool is a node pool.
type Pool struct {
	// MachineType is Compute Engine's machine type, such as e2-standard-4.
	MachineType string
	// MinNodes and MaxNodes bound autoscaling, over all zones together. Default of
	// MinNodes: 0.
	MinNodes, MaxNodes int
	// DiskGB is the size of each node's boot disk in GB. GKE's node images take about 20.
	DiskGB int
	// DiskType is Compute Engine's disk type, such as pd-balanced.
	DiskType string
	// Spot uses Spot VMs, which are cheaper and may be reclaimed at any time. Default:
	// false.
	Spot bool
	// Taint keeps ordinary pods off the nodes, which also get its key and value as a
	// label. Default: none.
	Taint *environment.Taint
	// Sandbox enables GKE Sandbox, so that pods can run under gVisor. Default: false.
	Sandbox bool
}

// rolePool is a node pool with its role, environment.General or environment.Build.
type rolePool struct {
	Pool
	role string
}

// pools lists the node pools.
func (a Args) pools() []rolePool {
	pools := []rolePool{{a.General, environment.General}}
	if a.Builds != nil {
		pools = append(pools, rolePool{*a.Builds, environment.Build})
	}
	return pools
}

// Check implements scope.Args.
func (a Args) Check(c *arguments.Check) {
	c.Names(a.Names)
	c.Text("Location.Region", a.Location.Region, `"europe-west1"`)
	c.Text("Project", a.Project, `"acme-platform"`)
	c.Addresses(a.Addresses)
	c.Admin(a.Admin)
	a.checkInputs(c)
	c.Text("Kubernetes.Channel", a.Kubernetes.Channel, `"REGULAR"`)
	c.Text("Kubernetes.Version", a.Kubernetes.Version, `"1.36"`)
	if len(a.Kubernetes.Maintenance.Days) == 0 {
		c.Report("Kubernetes.Maintenance", `environment.Maintenance{Days: []string{"SA"}, Start: 2 * time.Hour, Length: 12 * time.Hour}`,
			"has no day, so GKE would never be allowed to upgrade")
	}
	a.General.check(c, "General")
	if a.General.Taint != nil {
		c.Report("General.Taint", "nil", "is set, but would keep pods off the only pool that accepts all of them")
	}
	if a.Builds == nil {
		return
	}
	a.Builds.check(c, "Builds")
	if a.Builds.Taint == nil {
		c.Report("Builds.Taint", `&environment.Taint{Key: "role", Value: "builds", Effect: "NoSchedule"}`, "is nil, so any pod could run beside build jobs")
	}
}

func (a Args) checkInputs(c *arguments.Check) {
	c.Input("Network", a.Network, "vpc.ID")
	c.Input("Subnet", a.Subnet, "vpc.Subnet")
	c.Input("SecretsKey", a.SecretsKey, "kms.Secrets")
	c.Input("BootDiskKey", a.BootDiskKey, "kms.BootDisks")
	c.Input("RegistryKey", a.RegistryKey, "kms.Registry")
	if a.SecurityBulletins {
		c.Input("BulletinKey", a.BulletinKey, "kms.Bulletins")
	}
}

func (p Pool) check(c *arguments.Check, field string) {
	c.Text(field+".MachineType", p.MachineType, `"e2-standard-4"`)
	c.Text(field+".DiskType", p.DiskType, `"pd-balanced"`)
	if p.DiskGB < 20 {
		c.Report(field+".DiskGB", "50", "%d GB is too small for a boot disk: GKE's node images take about 20", p.DiskGB)
	}
	if p.MaxNodes < max(1, p.MinNodes) {
		c.Report(field+".MaxNodes", fmt.Sprint(max(1, p.MinNodes)), "%d is less than MinNodes, or than one node", p.MaxNodes)
	}
}

// Settings implements scope.Args.
func (a Args) Settings() pulumi.Map {
	return pulumi.Map{
		"location":           pulumi.String(a.Location.Cluster()),
		"releaseChannel":     pulumi.String(a.Kubernetes.Channel),
		"kubernetesVersion":  pulumi.String(a.Kubernetes.Version),
		"privateEndpoint":    pulumi.Bool(a.Admin.PrivateEndpoint),
		"deletionProtection": pulumi.Bool(a.Protected),
		"buildPool":          pulumi.Bool(a.Builds != nil),
	}
}
