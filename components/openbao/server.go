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

// priority is above that of workloads, which have none, and far below what
// Kubernetes keeps for itself (from 1000000000 on).
const priority = 1000000

// markAnnotation makes a new revision of the pods of what they mount.
const markAnnotation = environment.Namespace + "/configuration"

// The sizes of the volumes. Existing ones grow claim by claim: see
// docs/openbao.md.
const (
	dataSize  = "10Gi"
	auditSize = "10Gi"
)

// createServers makes the servers and what keeps them running.
func (o *OpenBao) createServers(s scope.Scope) error {
	class, err := schedulingv1.NewPriorityClass(s.Context(), s.Name("priority"), &schedulingv1.PriorityClassArgs{
		Metadata:    clusterMeta("servers"),
		Value:       pulumi.Int(priority),
		Description: pulumi.String("OpenBao's servers, without which workloads have no secrets."),
	}, s.Child()...)
	if err != nil {
		return err
	}
	// Nodes are drained one after the other, and OpenBao can do without one.
	if _, err := policyv1.NewPodDisruptionBudget(s.Context(), s.Name("disruption-budget"), &policyv1.PodDisruptionBudgetArgs{
		Metadata: meta("openbao", serverLabels),
		Spec: policyv1.PodDisruptionBudgetSpecArgs{
			MaxUnavailable: pulumi.Int(1),
			Selector:       metav1.LabelSelectorArgs{MatchLabels: serverLabels},
		},
	}, s.Child()...); err != nil {
		return err
	}
	// Each server has a name of its own, from before it is ready: the others join
	// it there.
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
			// The second server starts once the first is unsealed, and can join it.
			PodManagementPolicy: pulumi.String("OrderedReady"),
			// Nobody but an administrator restarts a server: standbys first, the
			// active one last. See docs/openbao.md.
			UpdateStrategy: appsv1.StatefulSetUpdateStrategyArgs{Type: pulumi.String("OnDelete")},
			PersistentVolumeClaimRetentionPolicy: appsv1.StatefulSetPersistentVolumeClaimRetentionPolicyArgs{
				WhenDeleted: pulumi.String("Retain"), WhenScaled: pulumi.String("Retain"),
			},
			Selector: metav1.LabelSelectorArgs{MatchLabels: serverLabels},
			Template: corev1.PodTemplateSpecArgs{
				Metadata: metav1.ObjectMetaArgs{
					Labels:      with(serverLabels, versionLabel, o.args.Image.Version),
					Annotations: pulumi.StringMap{markAnnotation: o.settings.mark},
				},
				Spec: o.serverPod(class.Metadata.Name().Elem()),
			},
			VolumeClaimTemplates: corev1.PersistentVolumeClaimTypeArray{o.claim(dataVolume, dataSize), o.claim(auditVolume, auditSize)},
		},
	}, o.protect(s, pulumi.Timeouts(&pulumi.CustomTimeouts{Create: patience, Update: patience}))...)
	return err
}

// patience is for the first start: each server may need a node, which takes
// minutes, and the first one a grant that is felt only after some.
const patience = "30m"

// claim is a volume that is encrypted and stays.
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
