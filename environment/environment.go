// Package environment says what an environment is: its settings, the rules
// they obey, the address plan and the names that follow from them.
//
// It is plain Go: no resource is made here and nothing of the project is
// imported. Defaults live in Pulumi.yaml alone; what arrives here is complete.
package environment

import (
	"fmt"
	"slices"
)

// Namespace is the Pulumi project's name, and so the namespace of its settings.
const Namespace = "bastide"

// Environment is one complete, checked description of a platform. Components
// receive parts of it and never read configuration themselves.
type Environment struct {
	// Name is the Pulumi stack: dev, staging, production.
	Name string
	// Names gives every resource its name in Google Cloud.
	Names Names
	// Project is the id of the Google Cloud project that holds everything.
	Project string
	// Location is where the cluster runs, and the region of all that is regional.
	Location Location
	// Admin is where administrators come from, and the only place they may.
	Admin Admin
	// Addresses are the ranges of the VPC, all cut from one block.
	Addresses Addresses
	// Kubernetes is the version policy and the maintenance window.
	Kubernetes Kubernetes
	// General is the node pool for everything that is not a build job.
	General Pool
	// CI is where build jobs may run; nil when off.
	CI *CI
	// BuildTaint is that of the pool for build jobs, which no other pod may
	// tolerate, be there a pool or not.
	BuildTaint *Taint
	// TrustedImages are patterns of what may run besides the environment's own
	// registry, as ImageMatches reads them.
	TrustedImages []string
	// Namespaces are those that workloads live in.
	Namespaces []WorkloadNamespace
	// SystemNamespaces are Kubernetes' and GKE's own, which no rule reaches.
	SystemNamespaces []string
	// OpenBao is the secrets store.
	OpenBao OpenBao
	// WarnOnly are the admission rules that warn where the others refuse.
	WarnOnly []string
	// RBACGroup is the Google group that Kubernetes RBAC may refer to, in the
	// form gke-security-groups@DOMAIN; empty when groups are not used.
	RBACGroup string
	// SecurityBulletins turns on GKE's notifications through Pub/Sub.
	SecurityBulletins bool
	// Protected makes losing things hard: nothing is destroyed, the cluster
	// refuses deletion, and keys that leave the program stay in Google Cloud.
	Protected bool
	// Labels are on every resource that takes labels.
	Labels map[string]string
}

// Registry is the address of the environment's own image repository.
func (e *Environment) Registry() string {
	return RegistryAddress(e.Location.Region, e.Project, e.Names)
}

// RegistryAddress is that of the image repository that names give, in a region.
func RegistryAddress(region, project string, names Names) string {
	return fmt.Sprintf("%s-docker.pkg.dev/%s/%s", region, project, names.Of(Registry))
}

// ImagesOf is the pattern of everything in a registry.
func ImagesOf(registry string) string { return registry + "/**" }

// Chosen are the choices, SETTING=VALUE, with which alone some controls are met.
func (e *Environment) Chosen() []string {
	if e.CI == nil {
		return []string{"ci=" + Off}
	}
	return []string{"ci=" + e.CI.Mode}
}

// TurnedOff names the settings by which an environment does without a control and
// that are off. The table of controls knows them as choices.
func (e *Environment) TurnedOff() (settings []string) {
	for setting, on := range map[string]bool{"securityBulletins": e.SecurityBulletins, "deletionProtection": e.Protected} {
		if !on {
			settings = append(settings, setting)
		}
	}
	slices.Sort(settings)
	return settings
}

// Platform are the namespaces that are the platform's own.
func (e *Environment) Platform() []string {
	if e.CI == nil {
		return []string{OpenBaoNamespace}
	}
	return []string{OpenBaoNamespace, CISystemNamespace}
}

// Load reads, checks and completes the settings. It reports every problem at
// once, as Problems; a non-nil Environment has none.
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
