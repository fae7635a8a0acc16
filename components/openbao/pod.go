package openbao

import (
	"fmt"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/openbao/config"
	"bastide/environment"
)

// The volumes of a server.
const (
	dataVolume      = "data"
	auditVolume     = "audit"
	configVolume    = "config"
	tlsVolume       = "tls"
	scriptsVolume   = "scripts"
	offerVolume     = "self-init"
	bootstrapVolume = "bootstrap"
	restoreVolume   = "restore"
)

// restoreSize leaves room for a snapshot that is being restored, which OpenBao first writes
// to a temporary file. A snapshot can be as large as the data volume.
const restoreSize = dataSize

// The mount points of the scripts, and of the self-initialisation that the gate may accept.
const (
	scriptsDir = "/openbao/scripts"
	offerDir   = "/openbao/offer"
)

// metadataServer is the URL of a pod's workload identity. It answers once the metadata
// server on the node knows the pod.
const metadataServer = "http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/email"

// The user and group of OpenBao's image.
const (
	openBaoUser  = 100
	openBaoGroup = 1000
)

// serverPod is a server, with the gate as its init container.
func (o *OpenBao) serverPod(priorityClass pulumi.StringInput) corev1.PodSpecArgs {
	return corev1.PodSpecArgs{
		ServiceAccountName: o.accounts.server,
		// For reviewing tokens, and for labelling the pod as active or standby.
		AutomountServiceAccountToken:  pulumi.Bool(true),
		PriorityClassName:             priorityClass.ToStringOutput(),
		SecurityContext:               podSecurity(openBaoUser, openBaoGroup),
		Affinity:                      apart(),
		TopologySpreadConstraints:     o.spread(),
		TerminationGracePeriodSeconds: pulumi.Int(30),
		InitContainers:                corev1.ContainerArray{o.gateContainer()},
		Containers:                    corev1.ContainerArray{o.serverContainer()},
		Volumes: corev1.VolumeArray{
			fromMap(configVolume, o.settings.server, nil),
			fromMap(scriptsVolume, o.settings.scripts, nil),
			fromMap(offerVolume, pulumi.String(selfInitMap), pulumi.Bool(true)),
			corev1.VolumeArgs{Name: pulumi.String(tlsVolume), Secret: corev1.SecretVolumeSourceArgs{
				SecretName: o.tls.secret, DefaultMode: pulumi.Int(0o440),
			}},
			scratch(bootstrapVolume, "1Mi"),
			scratch(restoreVolume, restoreSize),
		},
	}
}

// gateContainer runs first, and decides whether the server initialises itself.
func (o *OpenBao) gateContainer() corev1.ContainerArgs {
	return corev1.ContainerArgs{
		Name:    pulumi.String("gate"),
		Image:   pulumi.String(o.args.Image.String()),
		Command: pulumi.ToStringArray([]string{"/bin/sh", scriptsDir + "/" + gateFile}),
		Env: append(podName(),
			value("PEERS", fmt.Sprint(environment.MostReplicas)),
			value("SERVICE", domain),
			value("OFFERED", offerDir+"/"+selfInitFile),
			value("ACCEPTED", config.BootstrapDir),
			value("METADATA", metadataServer),
			value("BAO_CACERT", config.TLSDir+"/ca.crt"),
			value("BAO_CLIENT_TIMEOUT", "3s"),
		),
		Resources:       resources("50m", "64Mi", "128Mi", "64Mi"),
		SecurityContext: containerSecurity(),
		VolumeMounts: corev1.VolumeMountArray{
			mount(scriptsVolume, scriptsDir, true),
			mount(offerVolume, offerDir, true),
			mount(tlsVolume, config.TLSDir, true),
			mount(bootstrapVolume, config.BootstrapDir, false),
		},
	}
}

func (o *OpenBao) serverContainer() corev1.ContainerArgs {
	const self = "$(POD_NAME)." + domain
	return corev1.ContainerArgs{
		Name:  pulumi.String("openbao"),
		Image: pulumi.String(o.args.Image.String()),
		// Without the image's entrypoint script, so that signals reach the server and
		// nothing rewrites its configuration.
		Command: pulumi.ToStringArray([]string{"bao", "server", "-config=" + config.ConfigDir, "-config=" + config.BootstrapDir}),
		Env: append(podName(),
			value("BAO_API_ADDR", fmt.Sprintf("https://%s:%d", self, config.APIPort)),
			value("BAO_CLUSTER_ADDR", fmt.Sprintf("https://%s:%d", self, config.ClusterPort)),
			value("BAO_RAFT_NODE_ID", "$(POD_NAME)"),
			value("BAO_K8S_POD_NAME", "$(POD_NAME)"),
			value("BAO_K8S_NAMESPACE", namespace),
			// For shells that people open in the pod.
			value("BAO_ADDR", fmt.Sprintf("https://127.0.0.1:%d", config.APIPort)),
			value("BAO_CACERT", config.TLSDir+"/ca.crt"),
		),
		Ports: corev1.ContainerPortArray{
			containerPort("api", config.APIPort), containerPort("cluster", config.ClusterPort), containerPort("metrics", config.MetricsPort),
		},
		// A server is ready if it is unsealed, active or standby. There is no liveness
		// probe: a restart does not help a sealed server.
		ReadinessProbe: corev1.ProbeArgs{
			HttpGet: corev1.HTTPGetActionArgs{
				Path: pulumi.String("/v1/sys/health?standbyok=true"), Port: pulumi.String("api"), Scheme: pulumi.String("HTTPS"),
			},
			PeriodSeconds: pulumi.Int(5), TimeoutSeconds: pulumi.Int(3), FailureThreshold: pulumi.Int(2),
		},
		// Keep serving while the pod's address is removed from Services.
		Lifecycle:       corev1.LifecycleArgs{PreStop: corev1.LifecycleHandlerArgs{Sleep: corev1.SleepActionArgs{Seconds: pulumi.Int(5)}}},
		Resources:       resources("250m", "512Mi", "1Gi", restoreSize),
		SecurityContext: containerSecurity(),
		VolumeMounts: corev1.VolumeMountArray{
			mount(configVolume, config.ConfigDir, true),
			mount(bootstrapVolume, config.BootstrapDir, true),
			mount(tlsVolume, config.TLSDir, true),
			mount(dataVolume, config.DataDir, false),
			mount(auditVolume, config.AuditDir, false),
			mount(restoreVolume, "/tmp", false),
		},
	}
}

// apart keeps two servers off one node.
func apart() corev1.AffinityArgs {
	return corev1.AffinityArgs{PodAntiAffinity: corev1.PodAntiAffinityArgs{
		RequiredDuringSchedulingIgnoredDuringExecution: corev1.PodAffinityTermArray{corev1.PodAffinityTermArgs{
			LabelSelector: metav1.LabelSelectorArgs{MatchLabels: serverLabels},
			TopologyKey:   pulumi.String("kubernetes.io/hostname"),
		}},
	}}
}

// spread puts servers in different zones where the cluster has several.
func (o *OpenBao) spread() corev1.TopologySpreadConstraintArray {
	if o.args.Location.Zonal() {
		return nil
	}
	return corev1.TopologySpreadConstraintArray{corev1.TopologySpreadConstraintArgs{
		MaxSkew:           pulumi.Int(1),
		TopologyKey:       pulumi.String("topology.kubernetes.io/zone"),
		WhenUnsatisfiable: pulumi.String("DoNotSchedule"),
		LabelSelector:     metav1.LabelSelectorArgs{MatchLabels: serverLabels},
	}}
}
