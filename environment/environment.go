// Package environment defines what an environment is: its settings and their
// validation, and the address plan and resource names derived from them.
//
// It creates no resources and imports no other package of this project. Defaults are
// declared in Pulumi.yaml only, so the settings that arrive here are complete.
package environment

import (
	"fmt"
	"slices"
)

// Namespace is the Pulumi project's name, and so the namespace of its settings.
const Namespace = "bastide"

// Environment is the complete, validated description of one platform. Components
// receive parts of it and never read configuration themselves.
type Environment struct {
	// Name is the Pulumi stack: dev, staging, production.
	Name string
	// Names generates the names of resources in Google Cloud.
	Names Names
	// Project is the ID of the Google Cloud project that holds all resources.
	Project string
	// Location is where the cluster runs, and the region of all regional resources.
	Location Location
	// Admin holds the only address ranges from which administrators have access.
	Admin Admin
	// Addresses are the IP ranges of the VPC, all cut from one block.
	Addresses Addresses
	// Kubernetes is the version policy and the maintenance window.
	Kubernetes Kubernetes
	// General is the node pool for all workloads except build jobs.
	General Pool
	// CI configures build jobs; nil when they are off.
	CI *CI
	// BuildTaint is the taint of the node pool for build jobs. Other pods may not
	// tolerate it, whether or not the pool exists.
	BuildTaint *Taint
	// TrustedImages are patterns, as ImageMatches reads them, of the images that are
	// allowed besides those in the environment's own registry.
	TrustedImages []string
	// Namespaces are the namespaces of workloads.
	Namespaces []WorkloadNamespace
	// SystemNamespaces belong to Kubernetes and GKE. Admission rules do not apply in
	// them.
	SystemNamespaces []string
	// OpenBao is the secrets store.
	OpenBao OpenBao
	// WarnOnly are the admission rules that warn instead of refusing.
	WarnOnly []string
	// RBACGroup is the Google group that Kubernetes RBAC may refer to, in the
	// form gke-security-groups@DOMAIN; empty when groups are not used.
	RBACGroup string
	// SecurityBulletins turns on GKE's notifications through Pub/Sub.
	SecurityBulletins bool
	// Protected guards against loss: `pulumi destroy` is refused, the cluster has
	// deletion protection, and keys that are removed from the program stay in Google
	// Cloud.
	Protected bool
	// Labels are set on every resource that supports labels.
	Labels map[string]string
}

// Registry is the address of the environment's own image repository.
func (e *Environment) Registry() string {
	return RegistryAddress(e.Location.Region, e.Project, e.Names)
}

// RegistryAddress is the address of the image repository that names gives a region.
func RegistryAddress(region, project string, names Names) string {
	return fmt.Sprintf("%s-docker.pkg.dev/%s/%s", region, project, names.Of(Registry))
}

// ImagesOf is the image pattern that matches everything in a registry.
func ImagesOf(registry string) string { return registry + "/**" }

// Chosen are the settings, as SETTING=VALUE, that some controls depend on
// (controls.Control.Only).
func (e *Environment) Chosen() []string {
	if e.CI == nil {
		return []string{"ci=" + Off}
	}
	return []string{"ci=" + e.CI.Mode}
}

// TurnedOff names the settings that are off, of those with which an environment can
// opt out of a control (controls.Control.Choice).
func (e *Environment) TurnedOff() (settings []string) {
	for setting, on := range map[string]bool{"securityBulletins": e.SecurityBulletins, "deletionProtection": e.Protected} {
		if !on {
			settings = append(settings, setting)
		}
	}
	slices.Sort(settings)
	return settings
}

// Platform are the namespaces of the platform itself.
func (e *Environment) Platform() []string {
	if e.CI == nil {
		return []string{OpenBaoNamespace}
	}
	return []string{OpenBaoNamespace, CISystemNamespace}
}

// Load reads, validates and completes the settings. It returns all problems at once,
// as Problems.
func Load(source Source) (*Environment, error) {
	r := &reader{source: source}
	rehearsal := r.boolean("rehearsal") || r.reported("rehearsal")

	e := &Environment{
		Name:              source.Stack(),
		Names:             readNames(r),
		Project:           readProject(r),
		Location:          readLocation(r),
		Admin:             readAdmin(r, rehearsal),
		Addresses:         readAddresses(r),
		Kubernetes:        readKubernetes(r),
		General:           readPool(r, General),
		TrustedImages:     readPatterns(r, "trustedImages", "quay.io/openbao/*"),
		Namespaces:        readNamespaces(r),
		SystemNamespaces:  readSystemNamespaces(r),
		OpenBao:           readOpenBao(r),
		WarnOnly:          readWarnOnly(r),
		RBACGroup:         readRBACGroup(r),
		SecurityBulletins: r.boolean("securityBulletins"),
		Protected:         r.boolean("deletionProtection"),
		Labels:            readLabels(r),
	}
	e.BuildTaint = readTaint(r)
	e.CI = readCI(r, e.BuildTaint)
	checkCapacity(r, e)
	checkQuorum(r, e)
	checkPrivateRoutes(r, e)
	checkNamespaces(r, e)
	checkJobNamespaces(r, e)
	checkFilling(r, e)
	checkEditors(r, e)
	r.refuseUnknown()

	if len(r.problems) > 0 {
		return nil, Problems{Environment: e.Name, List: r.problems}
	}
	return e, nil
}
