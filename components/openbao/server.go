package openbao

import (
	appsv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apps/v1"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	policyv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/policy/v1"
	schedulingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/scheduling/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/scope"
	"bastide/environment"
)

// priority is higher than that of workloads, which have none, and far below the range that
// Kubernetes reserves for itself (from 1000000000 on).
const priority = 1000000

// checksumAnnotation makes a change of what pods mount a new revision of the StatefulSet.
const checksumAnnotation = environment.Namespace + "/configuration"

// The sizes of the volumes. Existing ones grow claim by claim: see
// docs/openbao.md.
const (
	dataSize  = "10Gi"
	auditSize = "10Gi"
)

// createServers creates the StatefulSet, its headless Service, and the priority class and
// disruption budget that keep servers running.
func (o *OpenBao) createServers(s scope.Scope) error {
	class, err := schedulingv1.NewPriorityClass(s.Context(), s.Name("priority"), &schedulingv1.PriorityClassArgs{
		Metadata:    clusterMeta("servers"),
		Value:       pulumi.Int(priority),
		Description: pulumi.String("OpenBao's servers, without which workloads have no secrets."),
	}, s.Child()...)
	if err != nil {
		return err
	}
	// OpenBao tolerates the loss of one server, so nodes can be drained one by one.
	if _, err := policyv1.NewPodDisruptionBudget(s.Context(), s.Name("disruption-budget"), &policyv1.PodDisruptionBudgetArgs{
		Metadata: meta("openbao", serverLabels),
		Spec: policyv1.PodDisruptionBudgetSpecArgs{
			MaxUnavailable: pulumi.Int(1),
			Selector:       metav1.LabelSelectorArgs{MatchLabels: serverLabels},
		},
	}, s.Child()...); err != nil {
		return err
	}
	// Each server's DNS name resolves before the server is ready, so that others can join
	// it.
	internal, err := createService(s, internalService, meta(internalService, serverLabels), corev1.ServiceSpecArgs{
		ClusterIP: pulumi.String("None"), PublishNotReadyAddresses: pulumi.Bool(true),
		Selector: serverLabels, Ports: ports("api", "cluster"),
	})
	if err != nil {
		return err
	}
	o.servers, err = appsv1.NewStatefulSet(s.Context(), s.Name("servers"), &appsv1.StatefulSetArgs{
		Metadata: meta("openbao", serverLabels),
		Spec: appsv1.StatefulSetSpecArgs{
			ServiceName: internal.Metadata.Name().Elem(),
			Replicas:    pulumi.Int(o.args.Replicas),
			// The second server starts once the first is unsealed and can be joined.
			PodManagementPolicy: pulumi.String("OrderedReady"),
			// Administrators restart servers themselves: standbys first, the active one
			// last. See docs/openbao.md.
			UpdateStrategy: appsv1.StatefulSetUpdateStrategyArgs{Type: pulumi.String("OnDelete")},
			PersistentVolumeClaimRetentionPolicy: appsv1.StatefulSetPersistentVolumeClaimRetentionPolicyArgs{
				WhenDeleted: pulumi.String("Retain"), WhenScaled: pulumi.String("Retain"),
			},
			Selector: metav1.LabelSelectorArgs{MatchLabels: serverLabels},
			Template: corev1.PodTemplateSpecArgs{
				Metadata: metav1.ObjectMetaArgs{
					Labels:      with(serverLabels, versionLabel, o.args.Image.Version),
					Annotations: pulumi.StringMap{checksumAnnotation: o.settings.checksum},
				},
				Spec: o.serverPod(class.Metadata.Name().Elem()),
			},
			VolumeClaimTemplates: corev1.PersistentVolumeClaimTypeArray{o.claim(dataVolume, dataSize), o.claim(auditVolume, auditSize)},
		},
	}, o.protect(s, pulumi.Timeouts(&pulumi.CustomTimeouts{Create: startTimeout, Update: startTimeout}))...)
	return err
}

// startTimeout allows for the first start: each server may need a new node, which takes
// minutes, and the IAM grant of the unseal key takes minutes to become effective.
const startTimeout = "30m"

// claim is a claim of an encrypted volume that is retained.
func (o *OpenBao) claim(name, size string) corev1.PersistentVolumeClaimTypeArgs {
	return corev1.PersistentVolumeClaimTypeArgs{
		Metadata: metav1.ObjectMetaArgs{Name: pulumi.String(name), Labels: serverLabels},
		Spec: corev1.PersistentVolumeClaimSpecArgs{
			AccessModes:      pulumi.ToStringArray([]string{"ReadWriteOnce"}),
			StorageClassName: o.cluster.StorageClass.ToStringOutput(),
			Resources:        corev1.VolumeResourceRequirementsArgs{Requests: pulumi.StringMap{"storage": pulumi.String(size)}},
		},
	}
}
