package guardrails

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/arguments"
	"bastide/components/guardrails/admission"
	"bastide/environment"
)

// Args is what Guardrails are made from. What has no default has to be given.
type Args struct {
	// Admission is what the admission rules have to know. It has the bounds of each
	// namespace, the taint of the pool for build jobs, where jobs run, and the admin
	// ranges, which the rest of the guardrails take from here, too.
	Admission admission.Params
	// WarnOnly are the ids of the rules that warn where the others refuse. Default:
	// none.
	WarnOnly []string
	// FillIn makes the policies that fill in what pods leave out, for which Kubernetes
	// has to be 1.36 or later. Default: false.
	FillIn bool

	// Workloads are the namespaces that workloads live in. Default: none.
	Workloads []environment.WorkloadNamespace
	// Jobs are those that build jobs run in, the same that Admission names. Default:
	// none, and no namespace for what sends them.
	Jobs []JobNamespace
	// JobSendersUseOpenBao lets what sends jobs reach OpenBao. Default: false.
	JobSendersUseOpenBao bool

	// Addresses is the plan of the cluster, whose control plane runners reach.
	Addresses environment.Addresses
	// MaskAdmin marks the admin ranges as a secret. Default: false.
	MaskAdmin bool
	// RBACGroup is the Google group that may look at every namespace of workloads.
	// Default: none.
	RBACGroup string
	// VolumeType is the disk type of volumes, which the machines of the nodes have to
	// take, such as pd-balanced.
	VolumeType string
	// VolumesKey is the id of the Cloud KMS key that encrypts volumes, once Compute
	// Engine's agent may use it.
	VolumesKey pulumi.StringInput
	// Protected makes Pulumi refuse to delete namespaces. Default: false.
	Protected bool
}

// JobNamespace is a namespace that build jobs run in.
type JobNamespace struct {
	// Name is its name in Kubernetes.
	Name string
	// Size is environment.Small, Medium or Large: how much jobs may use at once.
	Size string
	// Release is the Helm release whose chart makes the namespace, too, and which
	// therefore adopts it. Default: none.
	Release string
}

// Check implements scope.Args.
func (a Args) Check(c *arguments.Check) {
	c.Text("Admission.Version", a.Admission.Version, `"v1.36"`)
	c.Text("Admission.Registry", a.Admission.Registry, `"europe-west1-docker.pkg.dev/acme-platform/images"`)
	c.Text("Admission.Taint.Key", a.Admission.Taint.Key, `"role"`)
	c.Text("VolumeType", a.VolumeType, `"pd-balanced"`)
	c.Input("VolumesKey", a.VolumesKey, "kms.Volumes")
	c.Addresses(a.Addresses)
	for _, rule := range a.WarnOnly {
		if !slices.Contains(environment.AdmissionRules, rule) {
			c.Report("WarnOnly", "[]string{environment.ImageDigest}", "%q is not an admission rule", rule)
		}
	}
	for _, p := range a.plans() {
		if _, bounded := a.Admission.Bounds[p.name]; !bounded {
			c.Report("Admission.Bounds", "sizes.Of(workloads, jobs)", "has none for the namespace %s, which would have no quota", p.name)
		}
	}
	a.checkJobs(c)
}

// checkJobs demands that what is made for jobs is what the rules take for theirs.
func (a Args) checkJobs(c *arguments.Check) {
	var names []string
	for _, namespace := range a.Jobs {
		names = append(names, namespace.Name)
	}
	if !slices.Equal(names, a.Admission.Jobs.Namespaces) {
		c.Report("Jobs", `[]guardrails.JobNamespace{{Name: "ci-jobs", Size: environment.Medium}}`,
			"are %q, and Admission.Jobs.Namespaces %q: the rules would take others' pods for jobs", names, a.Admission.Jobs.Namespaces)
	}
}

// Settings implements scope.Args.
func (a Args) Settings() pulumi.Map {
	var names []string
	for _, namespace := range a.Workloads {
		names = append(names, namespace.Name)
	}
	return pulumi.Map{
		"namespaces": pulumi.ToStringArray(names),
		"warnOnly":   pulumi.ToStringArray(a.WarnOnly),
		"fillsIn":    pulumi.Bool(a.FillIn),
		"buildTaint": pulumi.String(a.Admission.Taint.String()),
		"jobs":       pulumi.ToStringArray(a.Admission.Jobs.Namespaces),
		"jobMode":    pulumi.String(a.Admission.Jobs.Mode()),
	}
}
