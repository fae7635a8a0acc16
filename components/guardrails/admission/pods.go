package admission

import (
	"slices"
	"strings"

	"bastide/environment"
)

// pods is a rule about every pod.
func pods(id string, controls []string, message, valid string) Rule {
	return Rule{ID: id, Controls: controls, Message: message, Match: []Match{newPods}, Valid: valid}
}

// containers is a rule about every container.
func containers(id string, controls []string, message, valid string) Rule {
	return Rule{
		ID: id, Controls: controls, Message: message, Match: []Match{newPods, debugPods},
		Variables: containerVariables, Valid: valid,
	}
}

// in is a rule about other namespaces than all that are guarded.
func (r Rule) in(scope Scope) Rule {
	r.Scope = scope
	return r
}

// The security context of containers: Xenit's XKS, and CIS GKE 4.6.3.
var containerRules = []Rule{
	containers("privilege-escalation", []string{"CIS 4.6.3"},
		"set securityContext.allowPrivilegeEscalation to false in every container",
		// The API refuses false beside privileged, which has a rule of its own.
		each("c.?securityContext.?allowPrivilegeEscalation.orValue(true) == false || c.?securityContext.?privileged.orValue(false)")).in(Confined),
	containers("net-raw", []string{"CIS 4.6.3"},
		"drop the capability NET_RAW, or ALL, in every container: securityContext.capabilities.drop",
		each("c.?securityContext.?capabilities.?drop.orValue([]).exists(d, d in ['ALL', 'NET_RAW'])")).in(Confined),
	containers("read-only-root", []string{"CIS 4.6.3"},
		"set securityContext.readOnlyRootFilesystem to true in every container, and mount an emptyDir where it writes",
		each("c.?securityContext.?readOnlyRootFilesystem.orValue(false)")).in(Ordinary),
	{
		ID: "seccomp", Controls: []string{"CIS 4.6.2"}, Match: []Match{newPods, debugPods}, Scope: Confined,
		Message: "set securityContext.seccompProfile.type to RuntimeDefault, for the pod, and to nothing else in a container",
		Variables: append([]Named{{"pod", "object.spec.?securityContext.?seccompProfile.?type.orValue('')"}},
			containerVariables...),
		Valid: "variables.pod in ['', 'RuntimeDefault', 'Localhost'] && " +
			each("c.?securityContext.?seccompProfile.?type.orValue(variables.pod) in ['RuntimeDefault', 'Localhost']"),
	},
	containers("privileged-container", []string{"CIS 4.2.1", "CIS 4.6.3"},
		"leave out securityContext.privileged and windowsOptions.hostProcess; builds that need them have a pool and a namespace of their own",
		"!object.spec.?securityContext.?windowsOptions.?hostProcess.orValue(false) && "+
			each("!c.?securityContext.?privileged.orValue(false) && !c.?securityContext.?windowsOptions.?hostProcess.orValue(false)")).in(Confined),
	containers("added-capabilities", []string{"CIS 4.6.3"},
		"add no capability but NET_BIND_SERVICE: securityContext.capabilities.add",
		each("c.?securityContext.?capabilities.?add.orValue([]).all(a, a == 'NET_BIND_SERVICE')")).in(Confined),
	containers("proc-mount", []string{"CIS 4.2.1"},
		"leave out securityContext.procMount",
		each("c.?securityContext.?procMount.orValue('Default') == 'Default'")),
	containers("security-modules", []string{"CIS 4.2.1"},
		"leave out appArmorProfile and seLinuxOptions, or name a profile that confines: RuntimeDefault or Localhost, container_t",
		confined("object.spec")+" && "+each(confined("c"))+" && "+
			"object.metadata.?annotations.orValue({}).all(k, !k.startsWith('container.apparmor.security.beta.kubernetes.io/') || "+
			"object.metadata.annotations[k] in ['', 'runtime/default'] || object.metadata.annotations[k].startsWith('localhost/'))"),
	containers("host-ports", []string{"CIS 4.2.1"},
		"leave out hostPort, and host in probes and lifecycle handlers; use a Service",
		each("c.?ports.orValue([]).all(p, p.?hostPort.orValue(0) == 0) && "+hostless)),
}

// confined demands of a pod's or a container's security context what the
// baseline Pod Security Standard does.
func confined(subject string) string {
	options := subject + ".?securityContext.?seLinuxOptions"
	return strings.Join([]string{
		subject + ".?securityContext.?appArmorProfile.?type.orValue('') in ['', 'RuntimeDefault', 'Localhost']",
		options + ".?type.orValue('') in ['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t']",
		options + ".?user.orValue('') == ''",
		options + ".?role.orValue('') == ''",
	}, " && ")
}

// hostless demands that no probe or handler of a container c names a host.
var hostless = func() string {
	var all []string
	for _, handler := range []string{"livenessProbe", "readinessProbe", "startupProbe", "lifecycle.?postStart", "lifecycle.?preStop"} {
		for _, action := range []string{"httpGet", "tcpSocket"} {
			all = append(all, "c.?"+handler+".?"+action+".?host.orValue('') == ''")
		}
	}
	return strings.Join(all, " && ")
}()

// podRules are about what a pod as a whole may do.
func podRules(p Params) []Rule {
	return []Rule{
		pods("host-namespaces", []string{"CIS 4.2.1"},
			"leave out hostNetwork, hostPID and hostIPC",
			"!object.spec.?hostNetwork.orValue(false) && !object.spec.?hostPID.orValue(false) && !object.spec.?hostIPC.orValue(false)"),
		pods("volume-types", []string{"CIS 4.2.1"},
			"use volumes of these types only: configMap, csi, downwardAPI, emptyDir, ephemeral, persistentVolumeClaim, projected, secret",
			"object.spec.?volumes.orValue([]).all(v, has(v.configMap) || has(v.csi) || has(v.downwardAPI) || has(v.emptyDir) || "+
				"has(v.ephemeral) || has(v.persistentVolumeClaim) || has(v.projected) || has(v.secret))"),
		pods("sysctls", []string{"CIS 4.2.1"},
			"set no sysctl but those that Kubernetes calls safe: "+strings.Join(safeSysctls, ", "),
			"object.spec.?securityContext.?sysctls.orValue([]).all(s, s.name in "+quoted(safeSysctls)+")"),
		pods("priority-class", []string{"OWN priority"},
			"leave out priorityClassName, or use one whose name does not begin with system-, gke-, gmp- or bastide-",
			"['system-', 'gke-', 'gmp-'].all(p, !object.spec.?priorityClassName.orValue('').startsWith(p)) && "+
				"(request.namespace in "+quoted(p.Platform)+" || !object.spec.?priorityClassName.orValue('').startsWith('"+environment.Namespace+"-'))"),
		pods("probes", []string{"OWN probes"},
			"give every container a readinessProbe, so that no traffic comes before it can be answered",
			"object.spec.?restartPolicy.orValue('Always') != 'Always' || object.spec.containers.all(c, has(c.readinessProbe))"),
		pods("workload-labels", []string{"OWN labels"},
			"label pods app.kubernetes.io/name, so that people and policies can tell them apart",
			"'app.kubernetes.io/name' in object.metadata.?labels.orValue({})").in(Ordinary),
	}
}

// safeSysctls change nothing outside of the pod. Source: Kubernetes, "Pod
// Security Standards", version 1.36, baseline.
var safeSysctls = []string{
	"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range",
	"net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time",
	"net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
}

// placementRules keep pods off nodes that are not for them.
func placementRules(p Params) []Rule {
	return []Rule{{
		ID: "build-nodes", Controls: []string{"OWN build pool"}, Match: []Match{changedPods}, Scope: Ordinary,
		Message: "tolerate no taint of the pool for build jobs and no taint without a key, and leave out nodeName, which passes by taints",
		Variables: []Named{
			{"before", "oldObject == null ? [] : oldObject.spec.?tolerations.orValue([])"},
			{"kept", "'" + p.Taint.Key + "'"},
		},
		Valid: "(request.operation == 'UPDATE' || object.spec.?nodeName.orValue('') == '') && " +
			"object.spec.?tolerations.orValue([]).all(t, t in variables.before || t.?key.orValue('') != '' && t.key != variables.kept)",
	}}
}

// imageRules look at new pods, and at images that change later.
func imageRules(p Params) []Rule {
	trusted := func(image string) string { return image + ".matches(variables.form)" }
	pinned := func(image string) string { return image + ".matches('@sha256:[0-9a-f]{64}$')" }
	matches := []Match{changedPods, debugPods}
	return []Rule{
		{
			ID: "image-registry", Controls: []string{"CIS 5.1.4"}, Match: matches,
			Message:   "use images of " + p.Registry + ", or of a pattern in the setting bastide:trustedImages (for build jobs bastide:ciImages), with their full address; leave out Binary Authorization's break-glass",
			Variables: slices.Concat(imageVariables, []Named{{"form", formOf(p)}}),
			Valid: "variables.images.all(i, i in variables.before || " + trusted("i") + ") && " +
				"(request.operation == 'UPDATE' || !('image-policy.k8s.io/break-glass' in object.metadata.?labels.orValue({})) && " +
				"!('alpha.image-policy.k8s.io/break-glass' in object.metadata.?annotations.orValue({})))",
			Refused: newImages(trusted),
		},
		{
			ID: "image-digest", Controls: []string{"OWN image digests"}, Match: matches, Scope: Ordinary,
			Message:   "name images by their digest, IMAGE@sha256:..., so that what was checked is what runs",
			Variables: imageVariables,
			Valid:     "variables.images.all(i, i in variables.before || " + pinned("i") + ")",
			Refused:   newImages(pinned),
		},
	}
}

// formOf is the form of images for whoever asks: jobs and runners have lists of their own.
func formOf(p Params) string {
	form := quote(imageForm(p.Images))
	if len(p.Jobs.Namespaces) == 0 {
		return form
	}
	return "request.namespace in " + quoted(p.Jobs.Namespaces) + " ? " + quote(imageForm(p.Jobs.Images)) +
		" : request.namespace == '" + environment.CISystemNamespace + "' ? " + quote(imageForm(p.Jobs.RunnerImages)) + " : " + form
}

// imageVariables are a pod's images, and those that it had before.
var imageVariables = []Named{{"images", imagesOf("object")}, {"before", "oldObject == null ? [] : " + imagesOf("oldObject")}}

func imagesOf(pod string) string {
	return eachImage(pod, func(list, _, image string) string { return list + ".map(c, " + image + ")" })
}

// newImages has a text for people on each new image that is not good.
func newImages(good func(image string) string) string {
	return eachImage("object", func(list, noun, image string) string {
		return list + ".filter(c, !(" + image + " in variables.before || " + good(image) + "))" +
			".map(c, '" + noun + " \"' + c.name + '\" has \"' + " + image + " + '\"')"
	})
}

// eachImage adds up lists, one of each place in which a pod names images: part makes
// them of a list of elements c, of what people call an element, and of its image. The
// elements of each place have a type of their own, so they stay apart until then.
func eachImage(pod string, part func(list, noun, image string) string) string {
	return strings.Join([]string{
		part(pod+".spec.containers", "container", "c.?image.orValue('')"),
		part(pod+".spec.?initContainers.orValue([])", "container", "c.?image.orValue('')"),
		part(pod+".spec.?ephemeralContainers.orValue([])", "container", "c.?image.orValue('')"),
		part(pod+".spec.?volumes.orValue([]).filter(v, has(v.image))", "volume", "c.?image.?reference.orValue('')"),
	}, " + ")
}
