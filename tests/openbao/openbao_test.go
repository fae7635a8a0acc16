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

// The steps share one environment and build on each other.
func TestOpenBaoLifecycle(t *testing.T) {
	today := time.Now()
	e := prepare(t, func(o *engine.Options) { o.Providers["tls"] = tls.New(func() time.Time { return today }) })
	e.up()
	for _, step := range []struct {
		name string
		run  func(*testing.T, environment)
	}{
		{"servers run on separate nodes, on encrypted volumes that are retained", serversRun},
		{"all objects are admitted", nothingWasRefused},
		{"accounts have exactly their rights", accountsHaveRights},
		{"a snapshot job is admitted and runs", snapshotRuns},
		{"certificate has every name", certificateIsValid},
		{"private keys are nowhere in clear", keysAreNowhere},
		{"only admin ranges may use the load balancer", loadBalancerIsClosed},
		{"turning bootstrap off restarts nothing", bootstrapOff},
		{"certificates are renewed before they expire", func(t *testing.T, e environment) {
			t.Helper()
			today = today.AddDate(0, 0, 270)
			assert.Empty(t, changed(e.up()), "renewal is not due yet")
			today = today.AddDate(0, 0, 10)
			renewed(t, e, today)
		}},
		{"a new image is used when a server is restarted", imageWaits},
		{"scaling adds servers and restarts none", scaling},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.run(t, environment{e.Stage, t}) }) {
			return // later steps build on this one
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

// The level of the namespace is restricted, and no rule only warns, so every rule has
// admitted the pods that run.
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

func accountsHaveRights(t *testing.T, e environment) {
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

// mountable checks that everything that a running pod mounts still exists. Otherwise the pod
// could not start again after a reboot of its node.
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

// outdated are the pods with an older revision than they would have after a restart.
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

// same checks that the servers were neither restarted nor changed.
func same(t *testing.T, before, after map[string]corev1.Pod) {
	t.Helper()
	for name, pod := range before {
		assert.Equal(t, pod.UID, after[name].UID, "%s was restarted", name)
		assert.Equal(t, pod.Spec.Containers, after[name].Spec.Containers, name)
	}
}

// changed leaves out the steps that change nothing, and those of components, which have no
// object of their own.
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

	// A restarted standby has the new image, and its old volumes.
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
	before, notRestarted := e.servers(), outdated(t, e)
	e.set("bastide:openbaoReplicas", 5)
	assert.Equal(t, []string{"update openbao-servers"}, changed(e.up()))
	after := e.servers()
	require.Len(t, after, 5)
	same(t, before, after)
	assert.Equal(t, notRestarted, outdated(t, e), "scaling does not change the pod template")
}

// Without a grant on the key OpenBao can't unseal, and the rehearsal reports that.
func TestOpenBaoFailsWithoutItsKeyGrants(t *testing.T) {
	t.Parallel()
	for missing, says := range map[string]string{
		"openbao-unseal-view":    "Permission 'cloudkms.cryptoKeys.get' denied",
		"openbao-unseal-encrypt": "permissions check failed",
	} {
		t.Run(missing, func(t *testing.T) {
			e := prepare(t, func(o *engine.Options) { o.Providers["gcp"] = withoutGrant{o.Providers["gcp"], missing} })
			_, err := e.Up(t.Context())
			require.Error(t, err)
			assert.Contains(t, e.Log.String(), "StatefulSet openbao/openbao is not ready: pod openbao-0 would crash: ")
			assert.Contains(t, e.Log.String(), says)
		})
	}
}

// withoutGrant is a simulated cloud that drops one grant when it is created.
type withoutGrant struct {
	plugin.GrpcProvider
	grant string
}

func (f withoutGrant) Create(ctx context.Context, req plugin.CreateRequest) (plugin.CreateResponse, error) {
	if req.URN.Name() == f.grant && !req.Preview {
		return plugin.CreateResponse{ID: "dropped", Properties: req.Properties}, nil
	}
	return f.GrpcProvider.Create(ctx, req)
}

// Without bootstrap the servers of a first up would never become ready.
func TestFirstUpFailsWithoutBootstrap(t *testing.T) {
	t.Parallel()
	e := prepare(t, func(o *engine.Options) {
		o.Files.Stack = []byte(strings.Replace(settings, "config:", "config:\n  bastide:openbaoBootstrap: false", 1))
	})
	_, err := e.Up(t.Context())
	require.Error(t, err)
	assert.Contains(t, e.Log.String(), "pulumi config set bastide:openbaoBootstrap true")
}
