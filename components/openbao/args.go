package openbao

import (
	"cmp"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/arguments"
	"bastide/environment"
)

// Args is what OpenBao needs of the cloud. What has no default has to be given.
type Args struct {
	// Title is what people call the environment, such as dev. It is in the certificate
	// of the authority, and in the alert. Default: the prefix of Names.
	Title string
	// Names give the bucket its name, before a random suffix makes it new, and OpenBao
	// what it calls itself.
	Names environment.Names
	// Location is where the cluster is, in whose region the bucket goes. Servers are in
	// different zones, unless there is but one.
	Location environment.Location
	// Labels are put on the bucket and on the alert. Default: none.
	Labels map[string]string

	// Replicas is the number of servers: 1, 3 or 5. Each has a node of its own.
	Replicas int
	// Image is OpenBao's, for servers and snapshots.
	Image environment.Image
	// UploadImage is Google Cloud's CLI, which takes snapshots to the bucket.
	UploadImage environment.Image
	// Bootstrap lets the first server initialise itself, as long as none is. Default:
	// false, and they wait until it is true.
	Bootstrap bool
	// Expose opens a load balancer to the admin ranges. Default: false.
	Expose bool
	// Admin is who reaches that. Not needed without Expose.
	Admin environment.Admin
	// Addresses is the plan of the cluster, whose control plane the servers ask who
	// somebody is.
	Addresses environment.Addresses
	// AlertEmail is told when snapshots are missing. Default: nobody is, and the alert
	// is in Cloud Monitoring.
	AlertEmail string
	// Protected makes Pulumi refuse to delete the servers and the bucket, which stays
	// in Google Cloud when it leaves the program. Default: false, and the bucket goes
	// with its snapshots.
	Protected bool

	// Monitoring and Storage are the project's id, once each API is enabled;
	// ProjectNumber is its number.
	Monitoring, Storage, ProjectNumber pulumi.StringInput
	// WorkloadPool is the cluster's pool of workload identities, once it exists.
	WorkloadPool pulumi.StringInput
	// UnsealKey is the id of a Cloud KMS key. BackupsKey is, too, once Cloud Storage's
	// agent may use it.
	UnsealKey, BackupsKey pulumi.StringInput
	// GoogleAPIs is the range at which Google's APIs answer, once they do.
	GoogleAPIs pulumi.StringInput
}

func (a Args) title() string { return cmp.Or(a.Title, a.Names.Prefix) }

// Check implements scope.Args.
func (a Args) Check(c *arguments.Check) {
	c.Names(a.Names)
	c.Text("Location.Region", a.Location.Region, `"europe-west1"`)
	if a.Replicas < 1 || a.Replicas > environment.MostReplicas || a.Replicas%2 == 0 {
		c.Report("Replicas", "3", "%d servers is not 1, 3 or 5: an even number survives no more than the odd one below it", a.Replicas)
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
			"lacks its repository, its version or its digest; a tag alone may mean another image tomorrow")
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

// Cluster is what OpenBao needs of the cluster.
type Cluster struct {
	// Provider works in it.
	Provider pulumi.ProviderResource
	// StorageClass is the name of one that encrypts volumes, and keeps them.
	StorageClass pulumi.StringInput
	// Namespace is the one called openbao, where everything goes.
	Namespace pulumi.Resource
	// Clients are the namespaces that may come in, by name. They carry the label
	// environment.OpenBaoClientLabel, with the value true. Default: none.
	Clients map[string]pulumi.Resource
}

func (cluster Cluster) check(name string) error {
	var c arguments.Check
	if cluster.Provider == nil {
		c.Report("Provider", "clusterProvider", "is not given, and the one of whoever's kubeconfig would be taken")
	}
	c.Input("StorageClass", cluster.StorageClass, `pulumi.String("standard-rwo")`)
	if cluster.Namespace == nil {
		c.Report("Namespace", "openbaoNamespace", "is not given, so that nothing would wait for it")
	}
	return c.Err(InsideType, name)
}
