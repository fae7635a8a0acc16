package environment

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// CI configures where and how build jobs run.
type CI struct {
	// Mode is Sandbox or Privileged: how jobs are isolated from their node.
	Mode string
	// Pool is the node pool for build jobs.
	Pool Pool
	// Systems are the CI systems that send jobs: Estafette, GitLab, GitHub.
	Systems []string
	// Namespaces are those of the jobs, one for each level of trust.
	Namespaces []JobNamespace
	// Images are patterns, as ImageMatches reads them, of the images that jobs may use
	// besides those in the environment's own registry.
	Images []string
	// Install configures what the program installs itself.
	Install Installation
}

// JobNamespace is a namespace for build jobs.
type JobNamespace struct {
	// Name is its name in Kubernetes.
	Name string
	// Size is Small, Medium or Large: how much its jobs may use at once.
	Size string
	// Systems are the CI systems whose jobs run here; empty for all.
	Systems []string
}

// JobPods is the maximum number of pods in a job namespace, by its size.
var JobPods = map[string]int{Small: 5, Medium: 20, Large: 60}

// takes reports whether a system's jobs run here.
func (n JobNamespace) takes(system string) bool {
	return len(n.Systems) == 0 || slices.Contains(n.Systems, system)
}

// The values of the setting ci. Off means that there are no build jobs.
const (
	Off        = "off"
	Sandbox    = "sandbox"
	Privileged = "privileged"
)

// The CI systems that can send build jobs.
const (
	Estafette = "estafette"
	GitLab    = "gitlab"
	GitHub    = "github"
)

// CISystemNamespace is the namespace of the runners, which send the jobs. It belongs to
// the platform.
const CISystemNamespace = "ci-system"

// EstafetteRelease is the name of Estafette's Helm release.
const EstafetteRelease = "estafette-ci"

// JobAccount is the service account of every job. It has no rights.
const JobAccount = "ci-job"

// RunnerAccount is the service account of a system's runner.
func RunnerAccount(system string) string { return "ci-runner-" + system }

// JobNames are the names of the job namespaces.
func (c *CI) JobNames() (names []string) {
	if c == nil {
		return nil
	}
	for _, namespace := range c.Namespaces {
		names = append(names, namespace.Name)
	}
	return names
}

// NamespacesOf are the job namespaces of a system. Estafette supports only one: the
// first.
func (c *CI) NamespacesOf(system string) (all []JobNamespace) {
	if !c.Sends(system) {
		return nil
	}
	for _, namespace := range c.Namespaces {
		if namespace.takes(system) && (system != Estafette || len(all) == 0) {
			all = append(all, namespace)
		}
	}
	return all
}

// SystemsIn are the systems whose jobs run in a namespace.
func (c *CI) SystemsIn(namespace JobNamespace) (all []string) {
	for _, system := range c.Systems {
		if slices.ContainsFunc(c.NamespacesOf(system), func(n JobNamespace) bool { return n.Name == namespace.Name }) {
			all = append(all, system)
		}
	}
	return all
}

// Sends reports whether a system sends jobs to this environment.
func (c *CI) Sends(system string) bool { return c != nil && slices.Contains(c.Systems, system) }

// systemImages are patterns of the images that a CI system needs itself: for its runner,
// and for helpers in the pods of jobs. Sources: the defaults of charts and executors,
// see docs/ci.md.
var systemImages = map[string]struct{ runner, job []string }{
	Estafette: {
		runner: expand("docker.io/estafette/*", "estafette/*"),
		job:    expand("docker.io/estafette/estafette-ci-builder", "estafette/estafette-ci-builder"), // Estafette's code has this spelling
	},
	GitLab: {
		runner: expand("registry.gitlab.com/gitlab-org/gitlab-runner"),
		job:    expand("registry.gitlab.com/gitlab-org/gitlab-runner/gitlab-runner-helper"),
	},
	GitHub: {
		runner: expand("ghcr.io/actions/gha-runner-scale-set-controller"),
		job:    expand("ghcr.io/actions/actions-runner"),
	},
}

// RunnerImages are patterns of the images that runners need in CISystemNamespace.
func (c *CI) RunnerImages() (patterns []string) {
	if c != nil {
		for _, system := range c.Systems {
			patterns = append(patterns, systemImages[system].runner...)
		}
	}
	return patterns
}

// dockerDaemon is the sidecar that GitHub's runners have in privileged mode.
var dockerDaemon = expand("docker.io/library/docker")

// JobImages are patterns of the images that job namespaces allow besides OwnImages.
func (c *CI) JobImages() (patterns []string) {
	if c != nil {
		for _, system := range c.Systems {
			patterns = append(patterns, systemImages[system].job...)
		}
		if c.Mode == Privileged && c.Sends(GitHub) {
			patterns = append(patterns, dockerDaemon...)
		}
		patterns = append(patterns, c.Images...)
	}
	return patterns
}

// readCI reads all settings even if build jobs are off, so that none is reported as
// unknown.
func readCI(r *reader, taint *Taint) *CI {
	ci := &CI{
		Mode:       r.oneOf("ci", Sandbox, Privileged, Off),
		Pool:       readPool(r, Build),
		Systems:    readSystems(r),
		Namespaces: readJobNamespaces(r),
		Images:     readPatterns(r, "ciImages", "registry.gitlab.com/OUR-GROUP/**"),
	}
	ci.Pool.Taint = taint
	ci.Install = readInstallation(r, ci)
	ci.checkMode(r)
	if ci.Mode == Off {
		return nil
	}
	ci.Pool.Sandbox = ci.Mode == Sandbox
	return ci
}

func readSystems(r *reader) []string {
	const key = "ciSystems"
	known := []string{Estafette, GitLab, GitHub}
	systems := r.list(key, GitLab)
	for i, system := range systems {
		switch {
		case !slices.Contains(known, system):
			remedy := r.element(key, i, GitLab)
			if near := nearest(system, known); near != "" {
				remedy = r.element(key, i, near)
			}
			r.report(indexed(key, i), remedy, "%q is not one of %s", system, strings.Join(known, ", "))
		case slices.Contains(systems[:i], system):
			r.report(indexed(key, i), r.removal(key, i), "%q is already listed", system)
		}
	}
	return systems
}

const jobsExample = "ci-jobs size=medium"

// readJobNamespaces reads "NAME size=SIZE systems=SYSTEM,SYSTEM".
func readJobNamespaces(r *reader) (all []JobNamespace) {
	const key = "ciNamespaces"
	for i, text := range r.list(key, jobsExample) {
		namespace, wrong := parseJobNamespace(text)
		if wrong == "" {
			wrong = namespace.wrong(all)
		}
		if wrong != "" {
			r.report(indexed(key, i), r.element(key, i, jobsExample), "%q %s", text, wrong)
		}
		all = append(all, namespace)
	}
	return all
}

func parseJobNamespace(text string) (namespace JobNamespace, wrong string) {
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return namespace, "names no namespace"
	}
	namespace = JobNamespace{Name: fields[0], Size: Small}
	var systems string
	wrong = assign(fields[1:], map[string]*string{"size": &namespace.Size, "systems": &systems})
	if systems != "" {
		namespace.Systems = strings.Split(systems, ",")
	}
	return namespace, wrong
}

func (n JobNamespace) wrong(earlier []JobNamespace) string {
	if wrong := wrongName(n.Name); wrong != "" {
		return wrong
	}
	if slices.ContainsFunc(earlier, func(other JobNamespace) bool { return other.Name == n.Name }) {
		return "is already listed"
	}
	return wrongSize(n.Size)
}

// wrongName says what is wrong with the name of a namespace from the settings.
func wrongName(name string) string {
	if errs := validation.IsDNS1123Label(name); len(errs) > 0 {
		return "has a name that Kubernetes refuses: " + strings.Join(errs, "; ")
	}
	if slices.Contains(ownNamespaces, name) || slices.Contains(systemNamespaces, name) {
		return "has a name that is taken by Kubernetes, GKE or the platform itself"
	}
	if prefix := systemPrefix(name); prefix != "" {
		return "has a name that looks like a system namespace: names that begin with " + prefix + " are reserved for Kubernetes and GKE"
	}
	return ""
}

func wrongSize(size string) string {
	if !slices.Contains([]string{Small, Medium, Large}, size) {
		return fmt.Sprintf("has size %q, which is not one of %s, %s, %s", size, Small, Medium, Large)
	}
	return ""
}

// checkMode refuses settings with which no job could run.
func (c *CI) checkMode(r *reader) {
	if c.Mode == Off {
		if len(c.Systems) > 0 {
			r.report("ci", r.setting("ci", Sandbox), "is off, but ciSystems names %s", strings.Join(c.Systems, ", "))
		}
		return
	}
	if len(c.Namespaces) == 0 {
		r.report("ciNamespaces", r.element("ciNamespaces", 0, jobsExample), "names no namespace, so jobs have no place to run; name one, or set ci to off")
	}
	c.checkSystems(r)
	if c.Mode == Sandbox && slices.Contains(c.Systems, Estafette) {
		r.report("ci", r.setting("ci", Privileged), "is %s, but Estafette's builder starts a Docker daemon in each job, which needs privileged", Sandbox)
	}
}

// checkSystems refuses namespaces for systems that send no jobs, and systems without a
// namespace.
func (c *CI) checkSystems(r *reader) {
	for i, namespace := range c.Namespaces {
		for _, system := range namespace.Systems {
			if !slices.Contains(c.Systems, system) {
				r.report(indexed("ciNamespaces", i), r.element("ciNamespaces", i, jobsExample), "is for %q, which ciSystems does not name", system)
			}
		}
	}
	for _, system := range c.Systems {
		if len(c.Namespaces) > 0 && len(c.NamespacesOf(system)) == 0 {
			r.report("ciNamespaces", r.element("ciNamespaces", len(c.Namespaces), "ci-"+system), "has no namespace for %s", system)
		}
	}
}

// checkFilling refuses Estafette on versions without the mutating admission policies
// that set the node selector of jobs: Estafette's API sets none. Source:
// estafette-ci-api fc10699, builderapi/client.go.
func checkFilling(r *reader, e *Environment) {
	if e.CI.Sends(Estafette) && !e.Kubernetes.AtLeast(1, 36) {
		r.report("kubernetesVersion", r.setting("kubernetesVersion", "1.36"), "%s is older than 1.36, the first version in which the cluster can place Estafette's jobs on the build pool; Estafette sets no node selector itself", e.Kubernetes.Version)
	}
}

// checkJobNamespaces refuses a job namespace that is also a workload or system
// namespace.
func checkJobNamespaces(r *reader, e *Environment) {
	for i, name := range e.CI.JobNames() {
		taken := slices.ContainsFunc(e.Namespaces, func(n WorkloadNamespace) bool { return n.Name == name })
		if taken || slices.Contains(e.SystemNamespaces, name) {
			r.report(indexed("ciNamespaces", i), r.element("ciNamespaces", i, jobsExample),
				"%q is also in namespaces or systemNamespaces; build jobs need namespaces of their own", name)
		}
	}
}
