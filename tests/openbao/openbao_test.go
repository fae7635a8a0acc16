package openbao_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"bastide/internal/rehearsal/engine"
	"bastide/internal/rehearsal/tls"
)

// One environment, through what happens to it in the order in which it does.
func TestTheLifeOfOpenBao(t *testing.T) {
	today := time.Now()
	e := prepare(t, func(o *engine.Options) { o.Providers["tls"] = tls.New(func() time.Time { return today }) })
	e.up()
	for _, step := range []struct {
		name string
		run  func(*testing.T, environment)
	}{
		{"servers run apart, on encrypted volumes that stay", serversRun},
		{"what they are made of is admitted", nothingWasRefused},
		{"its accounts may do what they have to", accountsMay},
		{"a snapshot job is admitted and runs", snapshotRuns},
		{"certificates hold every name", certificatesHold},
		{"private keys are nowhere in clear", keysAreNowhere},
		{"administrators alone come through the load balancer", loadBalancerIsClosed},
		{"turning bootstrap off restarts nothing", bootstrapOff},
		{"certificates are renewed before they end", func(t *testing.T, e environment) {
			t.Helper()
			today = today.AddDate(0, 0, 270)
			assert.Empty(t, changed(e.up()), "there is time")
			today = today.AddDate(0, 0, 10)
			renewed(t, e, today)
		}},
		{"another image waits for somebody to restart a server", imageWaits},
		{"scaling adds servers and touches no other", scaling},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.run(t, environment{e.Stage, t}) }) {
			return // what comes after builds on it
		}
	}
}

func serversRun(t *testing.T, e environment) {
	t.Helper()
	nodes, zones := map[string]bool{}, map[string]bool{}
	servers := e.servers()
	require.Len(t, servers, 3)
	for name, pod := range servers {
		var node corev1.Node
		require.NoError(t, e.cluster().Get(t.Context(), client.ObjectKey{Name: pod.Spec.NodeName}, &node))
		nodes[node.Name], zones[node.Labels[corev1.LabelTopologyZone]] = true, true
		for _, volume := range []string{"data-", "audit-"} {
			var claim corev1.PersistentVolumeClaim
			e.get(volume+name, &claim)
			assert.Equal(t, corev1.ClaimBound, claim.Status.Phase)
			assert.Equal(t, "encrypted", *claim.Spec.StorageClassName)
			var disk corev1.PersistentVolume
			require.NoError(t, e.cluster().Get(t.Context(), client.ObjectKey{Name: claim.Spec.VolumeName}, &disk))
			assert.Equal(t, corev1.PersistentVolumeReclaimRetain, disk.Spec.PersistentVolumeReclaimPolicy)
		}
	}
	assert.Len(t, nodes, 3)
	assert.Len(t, zones, 3)
}

// The level of the namespace is restricted, and no rule only warns: what runs
// was admitted by all of them.
func nothingWasRefused(t *testing.T, e environment) {
	t.Helper()
	refusals, err := e.Simulation.Cluster.ControlPlane().Refusals()
	require.NoError(t, err)
	assert.Empty(t, refusals)
	var namespace corev1.Namespace
	require.NoError(t, e.cluster().Get(t.Context(), client.ObjectKey{Name: "openbao"}, &namespace))
	assert.Equal(t, "restricted", namespace.Labels["pod-security.kubernetes.io/enforce"])
	for _, pod := range e.servers() {
		assert.Equal(t, int32(1000000), *pod.Spec.Priority)
		assert.Equal(t, "openbao", pod.Spec.ServiceAccountName)
	}
}

func accountsMay(t *testing.T, e environment) {
	t.Helper()
	const servers, snapshots, admin = "openbao:openbao", "openbao:openbao-snapshot", "openbao:openbao-admin"
	for _, row := range []struct {
		account, verb, group, resource, namespace, name string
		allowed                                         bool
	}{
		{servers, "create", "authentication.k8s.io", "tokenreviews", "", "", true},
		{servers, "get", "", "namespaces", "", "shop", true},
		{servers, "list", "", "namespaces", "", "", false},
		{servers, "patch", "", "pods", "openbao", "openbao-0", true},
		{servers, "patch", "", "pods", "shop", "", false},
		{servers, "patch", "", "pods", "openbao", "openbao-snapshot-1", false},
		{servers, "create", "authorization.k8s.io", "subjectaccessreviews", "", "", false},
		{servers, "get", "", "secrets", "openbao", "", false},
		{servers, "create", "", "pods", "openbao", "", false},
		{servers, "create", "", "serviceaccounts", "openbao", "", false},
		{snapshots, "get", "", "pods", "openbao", "", false},
		{snapshots, "create", "authentication.k8s.io", "tokenreviews", "", "", false},
		{admin, "get", "", "pods", "openbao", "", false},
		{"gmp-system:collector", "get", "", "secrets", "openbao", "", false},
	} {
		review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
			User: "system:serviceaccount:" + row.account,
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Verb: row.verb, Group: row.group, Resource: row.resource, Namespace: row.namespace, Name: row.name,
			},
		}}
		require.NoError(t, e.cluster().Create(t.Context(), review))
		assert.Equal(t, row.allowed, review.Status.Allowed, row)
	}
}

func snapshotRuns(t *testing.T, e environment) {
	t.Helper()
	var schedule batchv1.CronJob
	e.get("openbao-snapshot", &schedule)
	job := &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Namespace: "openbao", Name: "now", Labels: schedule.Spec.JobTemplate.Labels},
		Spec:       schedule.Spec.JobTemplate.Spec,
	}
	require.NoError(t, e.cluster().Create(t.Context(), job))
	require.Eventually(t, func() bool {
		e.get("now", job)
		return job.Status.Succeeded == 1
	}, 20*time.Second, 100*time.Millisecond)
	nothingWasRefused(t, e)
	require.NoError(t, e.cluster().Delete(t.Context(), job, client.PropagationPolicy(metav1.DeletePropagationForeground)))
}

func loadBalancerIsClosed(t *testing.T, e environment) {
	t.Helper()
	var service corev1.Service
	e.get("openbao-admin", &service)
	assert.Equal(t, []string{"203.0.113.7/32", "198.51.100.0/28"}, service.Spec.LoadBalancerSourceRanges)
	assert.Equal(t, corev1.ServiceExternalTrafficPolicyLocal, service.Spec.ExternalTrafficPolicy)
	address, err := e.Run(t.Context(), "stack", "output", "openbaoAdminAddress")
	require.NoError(t, err)
	assert.Equal(t, service.Status.LoadBalancer.Ingress[0].IP, strings.TrimSpace(address))
	var services corev1.ServiceList
	require.NoError(t, e.cluster().List(t.Context(), &services, client.InNamespace("openbao")))
	for _, other := range services.Items {
		if other.Name != service.Name {
			assert.Equal(t, corev1.ServiceTypeClusterIP, other.Spec.Type, other.Name)
		}
	}
}

// mountable: whatever a running pod mounts is still there, or a reboot of its
// node would be its end.
func mountable(t *testing.T, e environment) {
	t.Helper()
	for name, pod := range e.servers() {
		for _, volume := range pod.Spec.Volumes {
			switch {
			case volume.Secret != nil:
				e.get(volume.Secret.SecretName, &corev1.Secret{})
			case volume.ConfigMap != nil && (volume.ConfigMap.Optional == nil || !*volume.ConfigMap.Optional):
				e.get(volume.ConfigMap.Name, &corev1.ConfigMap{})
			}
		}
		require.NotEmpty(t, pod.Spec.Volumes, name)
	}
}

// outdated are the pods that are of an older revision than a restart would give.
func outdated(t *testing.T, e environment) (names []string) {
	t.Helper()
	var set appsv1.StatefulSet
	require.Eventually(t, func() bool {
		e.get("openbao", &set)
		return set.Status.ObservedGeneration == set.Generation
	}, 10*time.Second, 100*time.Millisecond)
	for name, pod := range e.servers() {
		if pod.Labels["controller-revision-hash"] != set.Status.UpdateRevision {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// same holds a server's pods against those of before.
func same(t *testing.T, before, after map[string]corev1.Pod) {
	t.Helper()
	for name, pod := range before {
		assert.Equal(t, pod.UID, after[name].UID, "%s was restarted", name)
		assert.Equal(t, pod.Spec.Containers, after[name].Spec.Containers, name)
	}
}

// changed leaves out the steps that change nothing, and components, which are
// nothing themselves.
func changed(steps []string) (all []string) {
	for _, step := range steps {
		operation, urn, _ := strings.Cut(step, " ")
		parts := strings.Split(urn, "::")
		component := strings.HasPrefix(parts[2], "bastide:") && !strings.Contains(parts[2], "$")
		if operation != "same" && !component {
			all = append(all, operation+" "+parts[3])
		}
	}
	return all
}

func bootstrapOff(t *testing.T, e environment) {
	t.Helper()
	before := e.servers()
	var set, after appsv1.StatefulSet
	e.get("openbao", &set)
	e.set("bastide:openbaoBootstrap", false)
	assert.Equal(t, []string{"delete openbao-self-init"}, changed(e.up()))
	e.get("openbao", &after)
	assert.Equal(t, set.Generation, after.Generation)
	same(t, before, e.servers())
}

func imageWaits(t *testing.T, e environment) {
	t.Helper()
	const digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
	before := e.servers()
	e.set("bastide:openbaoImage", "quay.io/openbao/openbao:0.0.0@"+digest)
	e.up()
	same(t, before, e.servers())

	// Somebody restarts a standby: it comes back with the new image, on its volumes.
	standby := before["openbao-2"]
	require.NoError(t, e.cluster().Delete(t.Context(), &standby))
	require.Eventually(t, func() bool {
		pod := e.servers()["openbao-2"]
		return pod.UID != standby.UID && pod.Status.Phase == corev1.PodRunning
	}, 20*time.Second, 100*time.Millisecond)
	after := e.servers()
	assert.Equal(t, "quay.io/openbao/openbao@"+digest, after["openbao-2"].Spec.Containers[0].Image)
	assert.Equal(t, "0.0.0", after["openbao-2"].Labels["app.kubernetes.io/version"])
	delete(before, "openbao-2")
	same(t, before, after)
	assert.Equal(t, []string{"openbao-0", "openbao-1"}, outdated(t, e))
	nothingWasRefused(t, e)
}

func scaling(t *testing.T, e environment) {
	t.Helper()
	before, waiting := e.servers(), outdated(t, e)
	e.set("bastide:openbaoReplicas", 5)
	assert.Equal(t, []string{"update openbao-servers"}, changed(e.up()))
	after := e.servers()
	require.Len(t, after, 5)
	same(t, before, after)
	assert.Equal(t, waiting, outdated(t, e), "the number of servers is no part of what they are")
}

// Nothing unseals without its grants, and a rehearsal says so.
func TestWithoutItsGrantsNothingStarts(t *testing.T) {
	t.Parallel()
	for missing, says := range map[string]string{
		"openbao-unseal-view":    "Permission 'cloudkms.cryptoKeys.get' denied",
		"openbao-unseal-encrypt": "permissions check failed",
	} {
		t.Run(missing, func(t *testing.T) {
			e := prepare(t, func(o *engine.Options) { o.Providers["gcp"] = forgetful{o.Providers["gcp"], missing} })
			_, err := e.Up(t.Context())
			require.Error(t, err)
			assert.Contains(t, e.Log.String(), "StatefulSet openbao/openbao is not ready: pod openbao-0 would crash: ")
			assert.Contains(t, e.Log.String(), says)
		})
	}
}

// forgetful is a cloud in which one grant is made and has no effect.
type forgetful struct {
	plugin.GrpcProvider
	grant string
}

func (f forgetful) Create(ctx context.Context, req plugin.CreateRequest) (plugin.CreateResponse, error) {
	if req.URN.Name() == f.grant && !req.Preview {
		return plugin.CreateResponse{ID: "forgotten", Properties: req.Properties}, nil
	}
	return f.GrpcProvider.Create(ctx, req)
}

// An environment whose first up leaves bootstrap off would wait for ever.
func TestTheFirstUpNeedsBootstrap(t *testing.T) {
	t.Parallel()
	e := prepare(t, func(o *engine.Options) {
		o.Files.Stack = []byte(strings.Replace(settings, "config:", "config:\n  bastide:openbaoBootstrap: false", 1))
	})
	_, err := e.Up(t.Context())
	require.Error(t, err)
	assert.Contains(t, e.Log.String(), "pulumi config set bastide:openbaoBootstrap true")
}
