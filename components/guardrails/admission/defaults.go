package admission

import (
	"fmt"
	"strings"
)

// Patch is one step of the defaulting policy.
type Patch struct {
	// Type is ApplyConfiguration or JSONPatch.
	Type string
	// Expression is CEL.
	Expression string
}

// Defaults fill in what is absent, as Xenit's XKS does; they never change what
// is there, so that a second run changes nothing. In a namespace whose level is
// restricted they fill in all that the level asks for.
func Defaults(p Params) []Patch {
	patches := []Patch{{"ApplyConfiguration", fields(p)}}
	for _, list := range []string{"containers", "initContainers", "ephemeralContainers"} {
		patches = append(patches, Patch{"JSONPatch", capabilities(list)})
	}
	return patches
}

const restricted = "namespaceObject.metadata.?labels[?'pod-security.kubernetes.io/enforce'].orValue('') == 'restricted'"

// fields are booleans and the seccomp profile, which merge by container name.
// A privileged container keeps its escalation: the API refuses the pair, with
// worse words than the rule that will.
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

// container leaves jobs their root file system, on which builds write.
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

// capabilities is a list that can't be merged, hence a patch: by then every
// container has a security context. What is dropped stays dropped.
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
