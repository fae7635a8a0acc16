package admission

import (
	"slices"
	"strings"

	"bastide/environment"
)

// pods makes a rule that checks every new pod.
func pods(id string, controls []string, message, valid string) Rule {
	return Rule{ID: id, Controls: controls, Message: message, Match: []Match{newPods}, Valid: valid}
}

// containers makes a rule that checks every new container, including debug containers.
func containers(id string, controls []string, message, valid string) Rule {
	return Rule{
		ID: id, Controls: controls, Message: message, Match: []Match{newPods, debugPods},
		Variables: containerVariables, Valid: valid,
	}
}

// in is the rule with another scope.
func (r Rule) in(scope Scope) Rule {
	r.Scope = scope
	return r
}

// The security context of containers: Xenit's XKS, and CIS GKE 4.6.3.
var containerRules = []Rule{
	containers("privilege-escalation", []string{"CIS 4.6.3"},
		"set securityContext.allowPrivilegeEscalation to false in every container",
		// The API server refuses false together with privileged, which has a rule of its own.
		each("c.?securityContext.?allowPrivilegeEscalation.orValue(true) == false || c.?securityContext.?privileged.orValue(false)")).in(Unprivileged),
	containers("net-raw", []string{"CIS 4.6.3"},
		"list NET_RAW or ALL in securityContext.capabilities.drop of every container",
		each("c.?securityContext.?capabilities.?drop.orValue([]).exists(d, d in ['ALL', 'NET_RAW'])")).in(Unprivileged),
	containers("read-only-root", []string{"CIS 4.6.3"},
		"set securityContext.readOnlyRootFilesystem to true in every container, and mount an emptyDir wherever it writes",
		each("c.?securityContext.?readOnlyRootFilesystem.orValue(false)")).in(NonJob),
	{
		ID: "seccomp", Controls: []string{"CIS 4.6.2"}, Match: []Match{newPods, debugPods}, Scope: Unprivileged,
		Message: "set the pod's securityContext.seccompProfile.type to RuntimeDefault or Localhost, and use no other type in any container",
		Variables: append([]NamedExpression{{"pod", "object.spec.?securityContext.?seccompProfile.?type.orValue('')"}},
			containerVariables...),
		Valid: "variables.pod in ['', 'RuntimeDefault', 'Localhost'] && " +
			each("c.?securityContext.?seccompProfile.?type.orValue(variables.pod) in ['RuntimeDefault', 'Localhost']"),
	},
	containers("privileged-container", []string{"CIS 4.2.1", "CIS 4.6.3"},
		"remove securityContext.privileged and windowsOptions.hostProcess; builds that need them have a node pool and namespaces of their own",
		"!object.spec.?securityContext.?windowsOptions.?hostProcess.orValue(false) && "+
			each("!c.?securityContext.?privileged.orValue(false) && !c.?securityContext.?windowsOptions.?hostProcess.orValue(false)")).in(Unprivileged),
	containers("added-capabilities", []string{"CIS 4.6.3"},
		"list no capability other than NET_BIND_SERVICE in securityContext.capabilities.add",
		each("c.?securityContext.?capabilities.?add.orValue([]).all(a, a == 'NET_BIND_SERVICE')")).in(Unprivileged),
	containers("proc-mount", []string{"CIS 4.2.1"},
		"remove securityContext.procMount",
		each("c.?securityContext.?procMount.orValue('Default') == 'Default'")),
	containers("security-modules", []string{"CIS 4.2.1"},
		"remove appArmorProfile and seLinuxOptions, or choose a confining profile: RuntimeDefault or Localhost for AppArmor, the type container_t for SELinux",
		confined("object.spec")+" && "+each(confined("c"))+" && "+
			"object.metadata.?annotations.orValue({}).all(k, !k.startsWith('container.apparmor.security.beta.kubernetes.io/') || "+
			"object.metadata.annotations[k] in ['', 'runtime/default'] || object.metadata.annotations[k].startsWith('localhost/'))"),
	containers("host-ports", []string{"CIS 4.2.1"},
		"remove hostPort, and host in probes and lifecycle handlers; use a Service instead",
		each("c.?ports.orValue([]).all(p, p.?hostPort.orValue(0) == 0) && "+hostless)),
}

// confined requires of a pod's or a container's security context what the baseline Pod
// Security Standard does for AppArmor and SELinux.
func confined(subject string) string {
	options := subject + ".?securityContext.?seLinuxOptions"
	return strings.Join([]string{
		subject + ".?securityContext.?appArmorProfile.?type.orValue('') in ['', 'RuntimeDefault', 'Localhost']",
		options + ".?type.orValue('') in ['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t']",
		options + ".?user.orValue('') == ''",
		options + ".?role.orValue('') == ''",
	}, " && ")
}

// hostless requires that no probe or lifecycle handler of a container c names a host.
var hostless = func() string {
	var all []string
	for _, handler := range []string{"livenessProbe", "readinessProbe", "startupProbe", "lifecycle.?postStart", "lifecycle.?preStop"} {
		for _, action := range []string{"httpGet", "tcpSocket"} {
			all = append(all, "c.?"+handler+".?"+action+".?host.orValue('') == ''")
		}
	}
	return strings.Join(all, " && ")
}()

// podRules check properties of a pod as a whole.
func podRules(p Params) []Rule {
	return []Rule{
		pods("host-namespaces", []string{"CIS 4.2.1"},
			"remove hostNetwork, hostPID and hostIPC",
			"!object.spec.?hostNetwork.orValue(false) && !object.spec.?hostPID.orValue(false) && !object.spec.?hostIPC.orValue(false)"),
		pods("volume-types", []string{"CIS 4.2.1"},
			"use only volumes of these types: configMap, csi, downwardAPI, emptyDir, ephemeral, persistentVolumeClaim, projected, secret",
			"object.spec.?volumes.orValue([]).all(v, has(v.configMap) || has(v.csi) || has(v.downwardAPI) || has(v.emptyDir) || "+
				"has(v.ephemeral) || has(v.persistentVolumeClaim) || has(v.projected) || has(v.secret))"),
		pods("sysctls", []string{"CIS 4.2.1"},
			"set only sysctls that Kubernetes considers safe: "+strings.Join(safeSysctls, ", "),
			"object.spec.?securityContext.?sysctls.orValue([]).all(s, s.name in "+quoted(safeSysctls)+")"),
		pods("priority-class", []string{"OWN priority"},
			"omit priorityClassName, or use a class whose name does not start with system-, gke-, gmp- or bastide-",
			"['system-', 'gke-', 'gmp-'].all(p, !object.spec.?priorityClassName.orValue('').startsWith(p)) && "+
				"(request.namespace in "+quoted(p.Platform)+" || !object.spec.?priorityClassName.orValue('').startsWith('"+environment.Namespace+"-'))"),
		pods("probes", []string{"OWN probes"},
			"give every container a readinessProbe, so that it receives no traffic before it is ready",
			"object.spec.?restartPolicy.orValue('Always') != 'Always' || object.spec.containers.all(c, has(c.readinessProbe))"),
		pods("workload-labels", []string{"OWN labels"},
			"set the label app.kubernetes.io/name on pods, so that people and policies can tell workloads apart",
			"'app.kubernetes.io/name' in object.metadata.?labels.orValue({})").in(NonJob),
	}
}

// safeSysctls affect nothing outside the pod. Source: Kubernetes, "Pod
// Security Standards", version 1.36, baseline.
var safeSysctls = []string{
	"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range",
	"net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time",
	"net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
}

// placementRules keep other pods off the nodes for build jobs.
func placementRules(p Params) []Rule {
	return []Rule{{
		ID: "build-nodes", Controls: []string{"OWN build pool"}, Match: []Match{changedPods}, Scope: NonJob,
		Message: "remove tolerations of the build pool's taint (" + p.Taint.Key + ") and tolerations without a key; remove nodeName, which bypasses taints",
		Variables: []NamedExpression{
			{"before", "oldObject == null ? [] : oldObject.spec.?tolerations.orValue([])"},
			{"taint", "'" + p.Taint.Key + "'"},
		},
		Valid: "(request.operation == 'UPDATE' || object.spec.?nodeName.orValue('') == '') && " +
			"object.spec.?tolerations.orValue([]).all(t, t in variables.before || t.?key.orValue('') != '' && t.key != variables.taint)",
	}}
}

// imageRules check the images of new pods, and images that change later.
func imageRules(p Params) []Rule {
	allowed := func(image string) string { return image + ".matches(variables.allowed)" }
	pinned := func(image string) string { return image + ".matches('@sha256:[0-9a-f]{64}$')" }
	matches := []Match{changedPods, debugPods}
	return []Rule{
		{
			ID: "image-registry", Controls: []string{"CIS 5.1.4"}, Match: matches,
			Message:   "use images from " + p.Registry + ", or ones that match a pattern of the setting bastide:trustedImages (for build jobs, bastide:ciImages), by their full name; remove Binary Authorization's break-glass label or annotation",
			Variables: slices.Concat(imageVariables, []NamedExpression{{"allowed", allowedImages(p)}}),
			Valid: "variables.images.all(i, i in variables.before || " + allowed("i") + ") && " +
				"(request.operation == 'UPDATE' || !('image-policy.k8s.io/break-glass' in object.metadata.?labels.orValue({})) && " +
				"!('alpha.image-policy.k8s.io/break-glass' in object.metadata.?annotations.orValue({})))",
			Refused: newImages(allowed),
		},
		{
			ID: "image-digest", Controls: []string{"OWN image digests"}, Match: matches, Scope: NonJob,
			Message:   "refer to images by digest, IMAGE@sha256:..., so that the image that runs is the one that was checked",
			Variables: imageVariables,
			Valid:     "variables.images.all(i, i in variables.before || " + pinned("i") + ")",
			Refused:   newImages(pinned),
		},
	}
}

// allowedImages is the regular expression of the images allowed in the request's
// namespace. Jobs and runners have lists of their own.
func allowedImages(p Params) string {
	elsewhere := quote(imageExpression(p.Images))
	if len(p.Jobs.Namespaces) == 0 {
		return elsewhere
	}
	return "request.namespace in " + quoted(p.Jobs.Namespaces) + " ? " + quote(imageExpression(p.Jobs.Images)) +
		" : request.namespace == '" + environment.CISystemNamespace + "' ? " + quote(imageExpression(p.Jobs.RunnerImages)) + " : " + elsewhere
}

// imageVariables are a pod's images, and those that it had before an update.
var imageVariables = []NamedExpression{{"images", imagesOf("object")}, {"before", "oldObject == null ? [] : " + imagesOf("oldObject")}}

func imagesOf(pod string) string {
	return eachImage(pod, func(list, _, image string) string { return list + ".map(c, " + image + ")" })
}

// newImages lists the new images that a rule refuses, each with the name of its container
// or volume.
func newImages(accepted func(image string) string) string {
	return eachImage("object", func(list, noun, image string) string {
		return list + ".filter(c, !(" + image + " in variables.before || " + accepted(image) + "))" +
			".map(c, '" + noun + " \"' + c.name + '\" has \"' + " + image + " + '\"')"
	})
}

// eachImage joins the lists that part makes of each field in which a pod names images.
// part gets the field's list of elements c, the noun for an element, and the expression
// of its image. Each field's elements have a type of their own, so CEL can't join the
// fields themselves.
func eachImage(pod string, part func(list, noun, image string) string) string {
	return strings.Join([]string{
		part(pod+".spec.containers", "container", "c.?image.orValue('')"),
		part(pod+".spec.?initContainers.orValue([])", "container", "c.?image.orValue('')"),
		part(pod+".spec.?ephemeralContainers.orValue([])", "container", "c.?image.orValue('')"),
		part(pod+".spec.?volumes.orValue([]).filter(v, has(v.image))", "volume", "c.?image.?reference.orValue('')"),
	}, " + ")
}
