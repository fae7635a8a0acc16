package environment

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// CI is where build jobs may run, and nothing else.
type CI struct {
	// Mode is Sandbox or Privileged: what keeps a job from its node.
	Mode string
	// Pool is the node pool of the jobs.
	Pool Pool
	// Systems are those that send jobs: Estafette, GitLab, GitHub.
	Systems []string
	// Namespaces are those of the jobs, one for each level of trust.
	Namespaces []JobNamespace
	// Images are patterns of what jobs may run besides the environment's own
	// registry, as ImageMatches reads them.
	Images []string
	// Install is what the program installs by itself.
	Install Installation
}

// JobNamespace is one that build jobs run in.
type JobNamespace struct {
	// Name is its name in Kubernetes.
	Name string
	// Size is Small, Medium or Large: how much jobs may use at once.
	Size string
	// Systems are those whose jobs run here; none for all.
	Systems []string
}

// JobPods is how many pods of jobs there may be at once in a namespace of a size.
var JobPods = map[string]int{Small: 5, Medium: 20, Large: 60}

// takes tells whether a system's jobs run here.
func (n JobNamespace) takes(system string) bool {
	return len(n.Systems) == 0 || slices.Contains(n.Systems, system)
}

// The modes of build jobs. Off is none.
const (
	Off        = "off"
	Sandbox    = "sandbox"
	Privileged = "privileged"
)

// The systems that send build jobs.
const (
	Estafette = "estafette"
	GitLab    = "gitlab"
	GitHub    = "github"
)

// CISystemNamespace is where runners are, which send the jobs: the platform's own.
const CISystemNamespace = "ci-system"

// EstafetteRelease is the name under which Helm knows Estafette.
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

// NamespacesOf are the job namespaces of a system. Estafette knows one only, the
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

// Sends tells whether a system sends jobs here.
func (c *CI) Sends(system string) bool { return c != nil && slices.Contains(c.Systems, system) }

// systemImages are patterns of what a system itself runs: in its own namespace, and
// beside each job. Sources: the charts' and executors' defaults, see docs/ci.md.
var systemImages = map[string]struct{ runner, job []string }{
	Estafette: {
		runner: expand("docker.io/estafette/*", "estafette/*"),
		job:    expand("docker.io/estafette/estafette-ci-builder", "estafette/estafette-ci-builder"), // so written in its code
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

// RunnerImages are patterns of what the systems run in their own namespace.
func (c *CI) RunnerImages() (patterns []string) {
	if c != nil {
		for _, system := range c.Systems {
			patterns = append(patterns, systemImages[system].runner...)
		}
	}
	return patterns
}

// dockerDaemon is what GitHub's runners have beside them where they may.
var dockerDaemon = expand("docker.io/library/docker")

// JobImages are patterns of what may run as a job.
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

// readCI reads everything, be it on or off, so that each setting is known.
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
			r.report(indexed(key, i), r.removal(key, i), "%q is there already", system)
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
		return "is there already"
	}
	return wrongSize(n.Size)
}

// wrongName says what is wrong with the name of a namespace that people chose.
func wrongName(name string) string {
	if errs := validation.IsDNS1123Label(name); len(errs) > 0 {
		return "has a name that Kubernetes refuses: " + strings.Join(errs, "; ")
	}
	if slices.Contains(ownNamespaces, name) || slices.Contains(systemNamespaces, name) {
		return "has a name that is taken by Kubernetes, GKE or the platform itself"
	}
	if prefix := systemPrefix(name); prefix != "" {
		return "has a name that looks like one of the system's; " + prefix + " is theirs"
	}
	return ""
}

func wrongSize(size string) string {
	if !slices.Contains([]string{Small, Medium, Large}, size) {
		return fmt.Sprintf("has size %q, which is none of %s, %s, %s", size, Small, Medium, Large)
	}
	return ""
}

// checkMode refuses what would never run a job.
func (c *CI) checkMode(r *reader) {
	if c.Mode == Off {
		if len(c.Systems) > 0 {
			r.report("ci", r.setting("ci", Sandbox), "is off, but ciSystems names %s", strings.Join(c.Systems, ", "))
		}
		return
	}
	if len(c.Namespaces) == 0 {
		r.report("ciNamespaces", r.element("ciNamespaces", 0, jobsExample), "names no namespace, so there is no place to run a job in; name one, or set ci to off")
	}
	c.checkSystems(r)
	if c.Mode == Sandbox && slices.Contains(c.Systems, Estafette) {
		r.report("ci", r.setting("ci", Privileged), "is %s, but Estafette's builder starts a Docker daemon of its own in each job, which needs privileged", Sandbox)
	}
}

// checkSystems refuses namespaces of systems that send nothing, and the other way
// round.
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

// checkFilling refuses Estafette where nothing fills in what its jobs can't say: its
// API sets no node selector. Source: estafette-ci-api fc10699, builderapi/client.go.
func checkFilling(r *reader, e *Environment) {
	if e.CI.Sends(Estafette) && !e.Kubernetes.AtLeast(1, 36) {
		r.report("kubernetesVersion", r.setting("kubernetesVersion", "1.36"), "%s is older than 1.36, from which on jobs are brought to their pool; Estafette's can't ask for it themselves", e.Kubernetes.Version)
	}
}

// checkJobNamespaces refuses a namespace that is both the jobs' and somebody else's.
func checkJobNamespaces(r *reader, e *Environment) {
	for i, name := range e.CI.JobNames() {
		taken := slices.ContainsFunc(e.Namespaces, func(n WorkloadNamespace) bool { return n.Name == name })
		if taken || slices.Contains(e.SystemNamespaces, name) {
			r.report(indexed("ciNamespaces", i), r.element("ciNamespaces", i, jobsExample),
				"%q is in namespaces or systemNamespaces too; jobs share a namespace with nothing", name)
		}
	}
}
