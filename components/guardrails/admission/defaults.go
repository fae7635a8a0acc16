package admission

import (
	"fmt"
	"strings"
)

// Patch is one mutation of a MutatingAdmissionPolicy.
type Patch struct {
	// Type is ApplyConfiguration or JSONPatch.
	Type string
	// Expression is the CEL expression of the patch.
	Expression string
}

// Defaults set the security context fields that a pod leaves out, as Xenit's XKS does.
// They never change a field that is set, so applying them twice changes nothing more. In
// a namespace whose Pod Security level is restricted they set everything that the level
// requires.
func Defaults(p Params) []Patch {
	patches := []Patch{{"ApplyConfiguration", fields(p)}}
	for _, list := range []string{"containers", "initContainers", "ephemeralContainers"} {
		patches = append(patches, Patch{"JSONPatch", capabilities(list)})
	}
	return patches
}

const restricted = "namespaceObject.metadata.?labels[?'pod-security.kubernetes.io/enforce'].orValue('') == 'restricted'"

// fields sets booleans and the seccomp profile, which merge by container name. For a
// privileged container it does not turn privilege escalation off: the API server refuses
// that combination with a less helpful message than the rule privileged-container does.
func fields(p Params) string {
	return fmt.Sprintf(`Object{spec: Object.spec{
  securityContext: Object.spec.securityContext{
    seccompProfile: Object.spec.securityContext.seccompProfile{
      type: object.spec.?securityContext.?seccompProfile.?type.orValue("RuntimeDefault")},
    ?runAsNonRoot: object.spec.?securityContext.?runAsNonRoot.hasValue() ? object.spec.securityContext.?runAsNonRoot :
      (%s ? optional.of(true) : optional.none())},
  containers: object.spec.containers.map(c, %s),
  initContainers: object.spec.?initContainers.orValue([]).map(c, %s),
  ephemeralContainers: object.spec.?ephemeralContainers.orValue([]).map(c, %s)}}`,
		restricted, container(p, "containers"), container(p, "initContainers"), container(p, "ephemeralContainers"))
}

// container sets the fields of each container of a list. The root file system of build
// jobs stays writable.
func container(p Params, list string) string {
	root := "optional.of(true)"
	if len(p.Jobs.Namespaces) > 0 {
		root = "request.namespace in " + quoted(p.Jobs.Namespaces) + " ? optional.none() : optional.of(true)"
	}
	return fmt.Sprintf(`Object.spec.%[1]s{name: c.name,
    securityContext: Object.spec.%[1]s.securityContext{
      allowPrivilegeEscalation: c.?securityContext.?allowPrivilegeEscalation.orValue(c.?securityContext.?privileged.orValue(false)),
      ?readOnlyRootFilesystem: c.?securityContext.?readOnlyRootFilesystem.or(%[2]s)}}`, list, root)
}

// capabilities are dropped with a JSON patch, since capabilities.drop is an atomic list
// that ApplyConfiguration can't merge. Every container has a security context by then,
// from fields. Capabilities that are already dropped stay dropped.
func capabilities(list string) string {
	const (
		missing = "(" + restricted + " ? 'ALL' : 'NET_RAW')"
		has     = "c.?securityContext.?capabilities"
	)
	all := "object.spec.?" + list + ".orValue([])"
	patch := func(when, where, value string) string {
		return fmt.Sprintf(`%s.transformList(i, c, %s, JSONPatch{op: "add", path: "/spec/%s/" + string(i) + "/securityContext/capabilities%s", value: %s})`,
			all, when, list, where, value)
	}
	return strings.Join([]string{
		patch("!"+has+".hasValue()", "", `{"drop": [`+missing+`]}`),
		patch(has+".hasValue() && !"+has+".?drop.hasValue()", "/drop", "["+missing+"]"),
		patch(has+".?drop.hasValue() && !c.securityContext.capabilities.drop.exists(d, d in ['ALL', "+missing+"])", "/drop/-", missing),
	}, " +\n")
}
