package guardrails

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/arguments"
	"bastide/components/guardrails/admission"
	"bastide/environment"
)

// Args are the arguments of Guardrails. Fields without a default are required.
type Args struct {
	// Admission are the parameters of the admission rules. The other guardrails use them,
	// too: the bounds of each namespace, the taint of the node pool for build jobs, the
	// namespaces of jobs, and the admin ranges.
	Admission admission.Params
	// WarnOnly are the IDs of the rules that only warn; all others refuse. Default: none.
	WarnOnly []string
	// FillIn creates mutating admission policies that set what pods leave out. It needs
	// Kubernetes 1.36 or later. Default: false.
	FillIn bool

	// Workloads are the namespaces of workloads. Default: none.
	Workloads []environment.WorkloadNamespace
	// Jobs are the namespaces of build jobs, the same as in Admission. Default: none, and
	// no namespace for runners either.
	Jobs []JobNamespace
	// RunnersUseOpenBao lets the namespace of runners reach OpenBao. Default: false.
	RunnersUseOpenBao bool

	// Addresses is the cluster's address plan, with the control plane that runners reach.
	Addresses environment.Addresses
	// MaskAdmin marks the admin ranges as a secret. Default: false.
	MaskAdmin bool
	// RBACGroup is the Google group that may view every namespace of workloads.
	// Default: none.
	RBACGroup string
	// VolumeType is the disk type of volumes, such as pd-balanced. The machine types of
	// the nodes have to support it.
	VolumeType string
	// VolumesKey is the ID of the Cloud KMS key that encrypts volumes, known once Compute
	// Engine's service agent has been granted its use.
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
	// Release is a Helm release whose chart also contains the namespace. The namespace is
	// labelled so that Helm adopts it. Default: none.
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
			c.Report("Admission.Bounds", "sizes.Of(workloads, jobs)", "has no bounds for the namespace %s, which would have no quota", p.name)
		}
	}
	a.checkJobs(c)
}

// checkJobs requires that the namespaces created for jobs are the ones that the admission
// rules for jobs apply to.
func (a Args) checkJobs(c *arguments.Check) {
	var names []string
	for _, namespace := range a.Jobs {
		names = append(names, namespace.Name)
	}
	if !slices.Equal(names, a.Admission.Jobs.Namespaces) {
		c.Report("Jobs", `[]guardrails.JobNamespace{{Name: "ci-jobs", Size: environment.Medium}}`,
			"has %q, but Admission.Jobs.Namespaces has %q: the rules for jobs would apply to other namespaces", names, a.Admission.Jobs.Namespaces)
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
