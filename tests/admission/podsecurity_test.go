package admission_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"bastide/environment"
	"bastide/internal/rehearsal/corpus"
)

// standards are the rules that cover each control of Kubernetes' Pod Security Standards, or
// the reason why none does. Pod Security admission itself enforces the whole baseline level
// in every namespace, and the restricted level in the platform's own.
var standards = map[string]struct{ rule, reason string }{
	"allowPrivilegeEscalation":   {rule: "privilege-escalation"},
	"appArmorProfile":            {rule: "security-modules"},
	"capabilities_baseline":      {rule: "added-capabilities"},
	"capabilities_restricted":    {reason: "workloads need to drop NET_RAW, not ALL, or images that start as root would fail"},
	"hostNamespaces":             {rule: "host-namespaces"},
	"hostPathVolumes":            {rule: "volume-types"},
	"hostPorts":                  {rule: "host-ports"},
	"hostProbesAndHostLifecycle": {rule: "host-ports"},
	"privileged":                 {rule: "privileged-container"},
	"procMount":                  {rule: "proc-mount"},
	"procMount_restricted":       {rule: "proc-mount"},
	"restrictedVolumes":          {rule: "volume-types"},
	"runAsNonRoot":               {reason: "set by default in restricted namespaces only; elsewhere images that start as root are admitted with a warning"},
	"runAsUser":                  {reason: "as runAsNonRoot"},
	"seLinuxOptions":             {rule: "security-modules"},
	"seccompProfile_baseline":    {rule: "seccomp"},
	"seccompProfile_restricted":  {rule: "seccomp"},
	"sysctls":                    {rule: "sysctls"},
	"windowsHostProcess":         {rule: "privileged-container"},
}

func TestEveryPodSecurityControlIsCoveredOrExplained(t *testing.T) {
	for _, check := range policy.DefaultChecks() {
		standard, known := standards[string(check.ID)]
		assert.True(t, known, "%s is new", check.ID)
		assert.NotEqual(t, standard.rule == "", standard.reason == "", "%s: either a rule or a reason", check.ID)
	}
	assert.Len(t, standards, len(policy.DefaultChecks()))
}

// Kubernetes' own examples of pods that a control refuses are refused by the rule that covers
// it, where nothing else could refuse them, or corrected so that the control admits them.
func TestKubernetesOwnBadExamplesAreRefusedOrCorrected(t *testing.T) {
	refused := 0
	for _, level := range []string{"baseline", "restricted"} {
		for path, pod := range examples(t, level, "fail") {
			control := strings.ToLower(regexp.MustCompile(`\d+\.yaml$`).ReplaceAllString(filepath.Base(path), ""))
			check, rule := covering(level, control)
			if rule == "" {
				continue
			}
			err := create(t, corpus.Namespace, pod)
			if err == nil {
				newest := check.Versions[len(check.Versions)-1]
				assert.True(t, newest.CheckPod(&pod.ObjectMeta, &pod.Spec).Allowed, path)
				continue
			}
			refused++
			if control == "windowshostprocess" { // Kubernetes accepts it on the host's network only
				rule = "(" + rule + "|" + "host-namespaces" + ")"
			}
			assert.Regexp(t, "denied request: "+rule+": ", err.Error(), path)
		}
	}
	assert.Greater(t, refused, 60)
}

// Kubernetes' examples of pods that the restricted level admits are admitted in the platform's
// own namespaces.
func TestKubernetesOwnGoodExamplesPass(t *testing.T) {
	shown := 0
	for path, pod := range examples(t, "restricted", "pass") {
		if pod.Spec.OS != nil && pod.Spec.OS.Name == corev1.Windows {
			continue // there are no such nodes
		}
		shown++
		assert.NoError(t, create(t, environment.OpenBaoNamespace, pod), path)
	}
	assert.Greater(t, shown, 10)
}

// covering returns the control that a file is named after, and its rule.
func covering(level, name string) (policy.Check, string) {
	for _, check := range policy.DefaultChecks() {
		id := strings.ToLower(string(check.ID))
		if id == name || id == name+"_"+level {
			return check, standards[string(check.ID)].rule
		}
	}
	return policy.Check{}, ""
}

// examples are the pods of the module's own tests, with an image that the environment allows.
func examples(t *testing.T, level, verdict string) map[string]*corev1.Pod {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/pod-security-admission").Output()
	require.NoError(t, err)
	// The newest version that the module has examples of. The controls have not changed since.
	const newest = "v1.35"
	paths, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "test", "testdata", level, newest, verdict, "*.yaml"))
	require.NoError(t, err)
	pods := map[string]*corev1.Pod{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		pod := &corev1.Pod{}
		require.NoError(t, yaml.Unmarshal(text, pod))
		for _, containers := range [][]corev1.Container{pod.Spec.Containers, pod.Spec.InitContainers} {
			for i := range containers {
				containers[i].Image = registry + "/example:1"
			}
		}
		complete(pod)
		pods[level+"/"+filepath.Base(path)] = pod
	}
	return pods
}

// complete adds what other rules require, so that a pod violates at most one rule.
func complete(pod *corev1.Pod) {
	pod.Name = strings.ReplaceAll(pod.Name, "_", "-")
	pod.Labels = map[string]string{"app.kubernetes.io/name": pod.Name}
	for i := range pod.Spec.Containers {
		if pod.Spec.Containers[i].ReadinessProbe == nil {
			pod.Spec.Containers[i].ReadinessProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{
				TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromInt32(8080)},
			}}
		}
	}
	for _, container := range append(pod.Spec.Containers, pod.Spec.InitContainers...) {
		if context := container.SecurityContext; context != nil && context.ProcMount != nil {
			own := false // the API accepts procMount only without the host's users
			pod.Spec.HostUsers = &own
		}
	}
}

// create creates a pod in a namespace, as a dry run that sets its defaults.
func create(t *testing.T, namespace string, pod *corev1.Pod) error {
	t.Helper()
	pod.Namespace = namespace
	return cluster(t).Create(t.Context(), pod, client.DryRunAll)
}
