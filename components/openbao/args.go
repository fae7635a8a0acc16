package openbao

import (
	"cmp"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/arguments"
	"bastide/environment"
)

// Args are the arguments of the cloud resources of OpenBao, and of its servers. Fields
// without a default are required.
type Args struct {
	// Title is what people call the environment, such as dev. It appears in the subject of
	// the CA certificate and in the alert. Default: the prefix of Names.
	Title string
	// Names give the bucket its name, to which a random suffix is added, and OpenBao its
	// cluster name.
	Names environment.Names
	// Location is the cluster's location. The bucket is created in its region. Servers run
	// in different zones unless the location has only one.
	Location environment.Location
	// Labels are set on the bucket and the alert. Default: none.
	Labels map[string]string

	// Replicas is the number of servers: 1, 3 or 5. Each runs on a node of its own.
	Replicas int
	// Image is OpenBao's image, for servers and for taking snapshots.
	Image environment.Image
	// UploadImage is the Google Cloud CLI's image, which uploads snapshots to the bucket.
	UploadImage environment.Image
	// Bootstrap lets the first server initialise itself while no server is initialised.
	// Default: false, and new servers wait until it is true.
	Bootstrap bool
	// Expose creates a load balancer that accepts the admin ranges. Default: false.
	Expose bool
	// Admin are the ranges that the load balancer accepts. Not needed without Expose.
	Admin environment.Admin
	// Addresses is the cluster's address plan, with the control plane that servers call to
	// verify tokens.
	Addresses environment.Addresses
	// AlertEmail is the address that is notified when snapshots are missing. Default:
	// none, and the alert appears in Cloud Monitoring only.
	AlertEmail string
	// Protected makes Pulumi refuse to delete the servers and the bucket, and leave the
	// bucket in Google Cloud when it is removed from the program. Default: false, and the
	// bucket is deleted with its snapshots.
	Protected bool

	// Monitoring and Storage are the project's ID, known once the API is enabled.
	// ProjectNumber is the project's number.
	Monitoring, Storage, ProjectNumber pulumi.StringInput
	// WorkloadPool is the cluster's workload identity pool, known once it exists.
	WorkloadPool pulumi.StringInput
	// UnsealKey is the ID of a Cloud KMS key; New grants its use to the servers.
	// BackupsKey is the ID of another, known once Cloud Storage's service agent has been
	// granted its use.
	UnsealKey, BackupsKey pulumi.StringInput
	// GoogleAPIs is the address range at which Google's APIs are reached, known once they
	// are.
	GoogleAPIs pulumi.StringInput
}

func (a Args) title() string { return cmp.Or(a.Title, a.Names.Prefix) }

// Check implements scope.Args.
func (a Args) Check(c *arguments.Check) {
	c.Names(a.Names)
	c.Text("Location.Region", a.Location.Region, `"europe-west1"`)
	if a.Replicas < 1 || a.Replicas > environment.MostReplicas || a.Replicas%2 == 0 {
		c.Report("Replicas", "3", "%d is not 1, 3 or 5; an even number of servers tolerates no more failures than the odd number below it", a.Replicas)
	}
	checkImage(c, "Image", a.Image)
	checkImage(c, "UploadImage", a.UploadImage)
	if a.Expose {
		c.Admin(a.Admin)
	}
	c.Addresses(a.Addresses)
	c.Input("Monitoring", a.Monitoring, "projectServices.With(project.Monitoring)")
	c.Input("Storage", a.Storage, "projectServices.With(project.Storage)")
	c.Input("ProjectNumber", a.ProjectNumber, "projectServices.Number")
	c.Input("WorkloadPool", a.WorkloadPool, "gke.WorkloadPool")
	c.Input("UnsealKey", a.UnsealKey, "kms.Unseal")
	c.Input("BackupsKey", a.BackupsKey, "kms.Backups")
	c.Input("GoogleAPIs", a.GoogleAPIs, "vpc.GoogleAPIs")
}

func checkImage(c *arguments.Check, field string, image environment.Image) {
	if image.Repository == "" || image.Version == "" || image.Digest == "" {
		c.Report(field, `environment.Image{Repository: "HOST/PATH", Version: "TAG", Digest: "sha256:DIGEST"}`,
			"lacks its repository, version or digest; without a digest, the tag may refer to another image later")
	}
}

// Settings implements scope.Args.
func (a Args) Settings() pulumi.Map {
	return pulumi.Map{
		"replicas":  pulumi.Int(a.Replicas),
		"image":     pulumi.String(a.Image.String()),
		"version":   pulumi.String(a.Image.Version),
		"bootstrap": pulumi.Bool(a.Bootstrap),
		"expose":    pulumi.Bool(a.Expose),
	}
}

// Cluster is the cluster that OpenBao is installed in. Fields without a default are
// required.
type Cluster struct {
	// Provider is the cluster's Kubernetes provider.
	Provider pulumi.ProviderResource
	// StorageClass is the name of a storage class that encrypts volumes and retains them.
	StorageClass pulumi.StringInput
	// Namespace is the namespace called openbao.
	Namespace pulumi.Resource
	// Clients are the namespaces that may reach OpenBao, by name. They have to carry the
	// label environment.OpenBaoClientLabel with the value true. Default: none.
	Clients map[string]pulumi.Resource
}

func (cluster Cluster) check(name string) error {
	var c arguments.Check
	if cluster.Provider == nil {
		c.Report("Provider", "clusterProvider", "is not given, so OpenBao would be installed in the cluster of the ambient kubeconfig")
	}
	c.Input("StorageClass", cluster.StorageClass, `pulumi.String("standard-rwo")`)
	if cluster.Namespace == nil {
		c.Report("Namespace", "openbaoNamespace", "is not given, so nothing would wait for it")
	}
	return c.Err(InClusterType, name)
}
