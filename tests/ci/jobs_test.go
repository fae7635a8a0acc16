package ci_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"bastide/components/ci/values"
	"bastide/environment/environmenttest"
	"bastide/internal/rehearsal/kubernetes"
)

// documents are the Helm values of the CI systems in this environment.
func documents(t *testing.T) map[string]values.Document {
	t.Helper()
	path := filepath.Join(t.TempDir(), "Pulumi.builds.yaml")
	require.NoError(t, os.WriteFile(path, []byte(settings), 0o600))
	e := environmenttest.File(t, path).Load(t)
	all, err := values.All(values.Settings{CI: *e.CI, OwnImages: e.OwnImages(), OpenBaoImage: e.OpenBao.Image})
	require.NoError(t, err)
	byName := map[string]values.Document{}
	for _, document := range all {
		byName[document.Name] = document
	}
	return byName
}

func dig(t *testing.T, value any, path ...string) any {
	t.Helper()
	for _, step := range path {
		inside, ok := value.(map[string]any)
		require.True(t, ok, step)
		value = inside[step]
	}
	require.NotNil(t, value, path)
	return value
}

func inline(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return string(text)
}

// job is the manifest that a CI system creates for a job, given its values.
func job(t *testing.T, system string, replacements ...string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("jobs", system+".yaml"))
	require.NoError(t, err)
	return []byte(strings.NewReplacer(replacements...).Replace(string(text)))
}

func estafetteJob(t *testing.T, kind string) []byte {
	t.Helper()
	var config map[string]any
	text := dig(t, documents(t)["estafette-ci"].Values, "api", "config", "files", "config.yaml").(string)
	require.NoError(t, yaml.Unmarshal([]byte(text), &config))
	return job(t, "estafette", "{kind}", kind, "{account}", dig(t, config, "jobs", "serviceAccount").(string),
		"{affinity}", inline(t, dig(t, config, "jobs", kind, "affinity")), "{tolerations}", inline(t, dig(t, config, "jobs", kind, "tolerations")))
}

func gitlabJob(t *testing.T, namespace string) []byte {
	t.Helper()
	var config struct {
		Runners []struct{ Kubernetes map[string]any }
	}
	_, err := toml.Decode(dig(t, documents(t)["gitlab-runner-"+namespace].Values, "runners", "config").(string), &config)
	require.NoError(t, err)
	executor := config.Runners[0].Kubernetes
	require.Equal(t, namespace, executor["namespace"])
	var tolerations []any
	for key, effect := range executor["node_tolerations"].(map[string]any) {
		name, value, _ := strings.Cut(key, "=")
		tolerations = append(tolerations, map[string]any{"key": name, "operator": "Equal", "value": value, "effect": effect})
	}
	return job(t, "gitlab", "{account}", executor["service_account"].(string), "{token}", inline(t, executor["automount_service_account_token"]),
		"{selector}", inline(t, executor["node_selector"]), "{tolerations}", inline(t, tolerations), "{privileged}", inline(t, executor["privileged"]))
}

func githubJob(t *testing.T, namespace string) []byte {
	t.Helper()
	spec := dig(t, documents(t)["runners-"+namespace].Values, "template", "spec").(map[string]any)
	for _, container := range spec["containers"].([]any) {
		runner := container.(map[string]any)
		require.Equal(t, "runner", runner["name"])
		env, _ := runner["env"].([]any)
		runner["env"] = append(env, map[string]any{"name": "ACTIONS_RUNNER_INPUT_JITCONFIG", "valueFrom": map[string]any{
			"secretKeyRef": map[string]any{"name": "runners-abcde-runner-x1y2z", "key": "jitToken"},
		}})
	}
	spec["restartPolicy"] = "Never"
	return job(t, "github", "{spec}", inline(t, spec))
}

// jobs are a job of each system and kind, by name.
func jobs(t *testing.T, namespace string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{"gitlab": gitlabJob(t, namespace), "github": githubJob(t, namespace)}
	for _, kind := range []string{"build", "release", "bot"} {
		all["estafette "+kind] = estafetteJob(t, kind)
	}
	return all
}

// Jobs, as each system creates them, are admitted and scheduled on the build pool.
func TestJobsRunOnTheBuildPool(t *testing.T) {
	for _, namespace := range []string{"ci-jobs", "ci-trusted"} {
		for name, text := range jobs(t, namespace) {
			t.Run(namespace+"/"+name, func(t *testing.T) {
				made, err := kubernetes.CreateAll(t.Context(), cluster(t), text, namespace)
				require.NoError(t, err)
				defer func() {
					for _, object := range made {
						assert.NoError(t, client.IgnoreNotFound(cluster(t).Delete(context.Background(), object, client.GracePeriodSeconds(0), client.PropagationPolicy("Background"))))
					}
					gone(t, namespace)
				}()
				pods := running(t, namespace)
				require.Len(t, pods, 1)
				assert.Equal(t, "ci", poolOf(t, pods[0]))
				for _, volume := range pods[0].Spec.Volumes {
					assert.Nil(t, volume.Projected, "no token is mounted")
				}
			})
		}
	}
}

// running waits until the pods of a namespace have a node.
func running(t *testing.T, namespace string) []corev1.Pod {
	t.Helper()
	var pods corev1.PodList
	require.Eventually(t, func() bool {
		require.NoError(t, cluster(t).List(t.Context(), &pods, client.InNamespace(namespace)))
		return len(pods.Items) > 0 && !slices.ContainsFunc(pods.Items, func(p corev1.Pod) bool { return p.Spec.NodeName == "" })
	}, 20*time.Second, 100*time.Millisecond)
	return pods.Items
}

func gone(t *testing.T, namespace string) {
	t.Helper()
	require.Eventually(t, func() bool {
		var pods corev1.PodList
		require.NoError(t, cluster(t).List(context.Background(), &pods, client.InNamespace(namespace)))
		for i := range pods.Items {
			require.NoError(t, client.IgnoreNotFound(cluster(t).Delete(context.Background(), &pods.Items[i], client.GracePeriodSeconds(0))))
		}
		return len(pods.Items) == 0
	}, 20*time.Second, 100*time.Millisecond)
}

func poolOf(t *testing.T, pod corev1.Pod) string {
	t.Helper()
	var node corev1.Node
	require.NoError(t, cluster(t).Get(t.Context(), client.ObjectKey{Name: pod.Spec.NodeName}, &node))
	if node.Labels["role"] == "privileged" {
		return "ci"
	}
	return "general"
}

// podOf is the Pod in a manifest, or the pod of the Job in it.
func podOf(t *testing.T, text []byte) *corev1.Pod {
	t.Helper()
	for _, part := range strings.Split(string(text), "\n---\n") {
		var job batchv1.Job
		if err := yaml.Unmarshal([]byte(part), &job); err == nil && job.Kind == "Job" {
			pod := &corev1.Pod{ObjectMeta: job.Spec.Template.ObjectMeta, Spec: job.Spec.Template.Spec}
			pod.Name = job.Name
			return pod
		}
		pod := &corev1.Pod{}
		if err := yaml.Unmarshal([]byte(part), pod); err == nil && pod.Kind == "Pod" {
			return pod
		}
	}
	require.Fail(t, "no pod")
	return nil
}

// The same pods are refused in every other namespace, that of the runners included.
func TestJobsAreRefusedInOtherNamespaces(t *testing.T) {
	for _, namespace := range []string{"shop", "ci-system", "openbao", "default"} {
		for name, text := range jobs(t, "ci-jobs") {
			pod := podOf(t, text)
			pod.Namespace, pod.Spec.ServiceAccountName = namespace, ""
			err := cluster(t).Create(t.Context(), pod, client.DryRunAll)
			require.Error(t, err, "%s in %s", name, namespace)
			assert.Regexp(t, `denied request|violates PodSecurity`, err.Error())
		}
	}
}

// A pod that would leave the pool, or reach its node in another way, is refused with the name
// of the rule.
func TestJobsCannotLeaveTheBuildPool(t *testing.T) {
	socket := corev1.HostPathSocket
	for rule, change := range map[string]func(*corev1.Pod){
		"job-placement": func(p *corev1.Pod) { p.Spec.NodeName = "gke-general-0" },
		"job-placement: ": func(p *corev1.Pod) {
			p.Spec.Tolerations = append(p.Spec.Tolerations, corev1.Toleration{Key: "other", Operator: corev1.TolerationOpExists})
		},
		"job-placement: run": func(p *corev1.Pod) {
			p.Spec.NodeSelector = map[string]string{"role": "general"}
		},
		"job-identity":    func(p *corev1.Pod) { yes := true; p.Spec.AutomountServiceAccountToken = &yes },
		"host-namespaces": func(p *corev1.Pod) { p.Spec.HostNetwork = true },
		"volume-types": func(p *corev1.Pod) {
			p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: "root", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}}})
		},
		"volume-types: ": func(p *corev1.Pod) {
			p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: "docker", VolumeSource: corev1.VolumeSource{
				HostPath: &corev1.HostPathVolumeSource{Path: "/var/run/docker.sock", Type: &socket},
			}})
		},
		"image-registry":  func(p *corev1.Pod) { p.Spec.Containers[0].Image = "docker.io/library/busybox:1" },
		"image-registry:": func(p *corev1.Pod) { p.Spec.Containers[0].Image = "docker.io/library/golang/evil:1" },
		"priority-class":  func(p *corev1.Pod) { p.Spec.PriorityClassName = "system-node-critical" },
	} {
		for _, text := range [][]byte{gitlabJob(t, "ci-jobs"), estafetteJob(t, "build")} {
			pod := podOf(t, text)
			pod.Namespace = "ci-jobs"
			change(pod)
			assert.ErrorContains(t, cluster(t).Create(t.Context(), pod, client.DryRunAll), "denied request: "+strings.TrimSuffix(rule, ": "))
		}
	}
}

// Images that are allowed for jobs are allowed for nothing else.
func TestJobImagesAreRefusedInOtherNamespaces(t *testing.T) {
	pod := &corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "docker.io/library/golang:1.26"}}}}
	pod.Namespace, pod.Name = "shop", "golang"
	assert.ErrorContains(t, cluster(t).Create(t.Context(), pod, client.DryRunAll), "image-registry")
}

// A pod without a node selector is placed on the pool, too, so placement does not depend on the values.
func TestJobWithoutPlacementRunsOnTheBuildPool(t *testing.T) {
	pod := &corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "docker.io/library/golang:1.26"}}}}
	pod.Namespace, pod.Name = "ci-jobs", "bare"
	require.NoError(t, cluster(t).Create(t.Context(), pod))
	defer gone(t, "ci-jobs")
	placed := running(t, "ci-jobs")[0]
	assert.Equal(t, "ci", poolOf(t, placed))

	err := retry.RetryOnConflict(retry.DefaultBackoff, func() error { // kwok writes to it, too
		require.NoError(t, cluster(t).Get(t.Context(), client.ObjectKeyFromObject(&placed), &placed))
		placed.Spec.Tolerations = append(placed.Spec.Tolerations, corev1.Toleration{Key: "other", Operator: corev1.TolerationOpExists})
		return cluster(t).Update(t.Context(), &placed)
	})
	assert.ErrorContains(t, err, "job-placement", "a later update can't move it either")
}

// The quota limits the number of pods.
func TestQuotaLimitsTheNumberOfJobs(t *testing.T) {
	defer gone(t, "ci-trusted")
	var err error
	made := 0
	for ; made < 20 && err == nil; made++ {
		pod := podOf(t, gitlabJob(t, "ci-trusted"))
		pod.Namespace, pod.Name, pod.GenerateName = "ci-trusted", "", "flood-"
		err = cluster(t).Create(t.Context(), pod)
	}
	require.ErrorContains(t, err, "exceeded quota")
	assert.LessOrEqual(t, made, 6)
}
