package cluster

import (
	"cmp"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/arguments"
	"bastide/environment"
)

// Args is what a Cluster is made from. What has no default has to be given.
type Args struct {
	// Title is what people call the environment, such as dev. It is in descriptions.
	// Default: the prefix of Names.
	Title string
	// Names give the cluster, its service accounts, image registry, topic and firewall
	// rules their names in Google Cloud, and nodes their network tag.
	Names environment.Names
	// Location is where the cluster is. One zone makes a zonal cluster, several a
	// regional one, none a regional one in zones that GKE chooses.
	Location environment.Location
	// Labels are put on what takes any, nodes included. Default: none.
	Labels map[string]string

	// Project is the project's id, from which the workload identity pool has its name.
	Project string
	// Projects are the same id, each once the APIs in question are enabled. Default:
	// Project, and they have to be.
	Projects Projects
	// Network and Subnet are the ids of the VPC, and of the subnet that nodes are in.
	Network, Subnet pulumi.StringInput
	// PodRange and ServiceRange are the names of the subnet's secondary ranges.
	// Default: environment.PodRange and environment.ServiceRange, as the network
	// component has them.
	PodRange, ServiceRange string
	// Addresses is the plan that the subnet was cut from. The control plane gets its
	// /28 from it.
	Addresses environment.Addresses
	// Admin is who reaches the control plane.
	Admin environment.Admin
	// The ids of the Cloud KMS keys of Secrets in etcd, of boot disks, of the image
	// registry and of the topic, each once its service agent has been granted it. The
	// last is not needed without SecurityBulletins.
	SecretsKey, BootDiskKey, RegistryKey, BulletinKey pulumi.StringInput

	// Kubernetes is the release channel, the lowest version of the control plane, and
	// when GKE may upgrade.
	Kubernetes environment.Kubernetes
	// General is the node pool of everything that is not a build job, and has no taint.
	General Pool
	// Builds is the node pool of build jobs, and has one. Default: there is none.
	Builds *Pool
	// Images are patterns of the images that may run besides those of the cluster's own
	// registry and GKE's, as Binary Authorization reads them. Default: no others.
	Images []string
	// RBACGroup is the Google group that Kubernetes RBAC may refer to,
	// gke-security-groups@DOMAIN. Default: RBAC knows no groups.
	RBACGroup string
	// SecurityBulletins has GKE publish security bulletins and available upgrades to a
	// topic. Default: false.
	SecurityBulletins bool
	// Protected makes Pulumi refuse to delete the cluster and the image registry, and
	// GKE the cluster. Default: false.
	Protected bool
}

// Projects is the project's id as a promise that APIs are enabled.
type Projects struct {
	ArtifactRegistry, BinaryAuthorization, Container, IAM, PubSub, ResourceManager pulumi.StringInput
}

// complete puts the defaults where nothing is given.
func (a Args) complete() Args {
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
	// DiskGB is the size of each node's boot disk in GB, of which GKE's images take
	// about 20.
	DiskGB int
	// DiskType is Compute Engine's disk type, such as pd-balanced.
	DiskType string
	// Spot takes nodes that are cheaper and may be taken away at any time. Default:
	// false.
	Spot bool
	// Taint keeps ordinary pods off; its key and value are a label of the nodes, too.
	// Default: none, and the pool is open to all.
	Taint *environment.Taint
	// Sandbox puts a kernel of its own, gVisor, between each pod and the node. Default:
	// false.
	Sandbox bool
}

// rolePool is a node pool in its role, environment.General or environment.Build.
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
		c.Report("General.Taint", "nil", "keeps pods off the only pool that is for all of them")
	}
	if a.Builds == nil {
		return
	}
	a.Builds.check(c, "Builds")
	if a.Builds.Taint == nil {
		c.Report("Builds.Taint", `&environment.Taint{Key: "role", Value: "builds", Effect: "NoSchedule"}`, "is nil, so that any pod would run beside build jobs")
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
		c.Report(field+".DiskGB", "50", "%d GB is too small for a boot disk: GKE's images take about 20", p.DiskGB)
	}
	if p.MaxNodes < max(1, p.MinNodes) {
		c.Report(field+".MaxNodes", fmt.Sprint(max(1, p.MinNodes)), "%d is fewer than MinNodes, or than the one node without which nothing runs", p.MaxNodes)
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
