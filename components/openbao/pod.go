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

// restoreSize is room for a snapshot that is being restored: OpenBao puts it
// into a temporary file first. It is as much as there can be data.
const restoreSize = dataSize

// Where scripts, and the offer to initialise, are mounted.
const (
	scriptsDir = "/openbao/scripts"
	offerDir   = "/openbao/offer"
)

// metadataServer tells a pod who it is to Google. It answers once the node has
// made the pod's identity known.
const metadataServer = "http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/email"

// The user that the image is made for.
const (
	openBaoUser  = 100
	openBaoGroup = 1000
)

// serverPod is a server behind its gate.
func (o *OpenBao) serverPod(priorityClass pulumi.StringInput) corev1.PodSpecArgs {
	return corev1.PodSpecArgs{
		ServiceAccountName: o.accounts.server,
		// It has tokens reviewed, and tells Kubernetes which server is active.
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
		Env: append(identityOf(),
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
		// The program itself, without the image's shell around it: signals reach
		// it, and nothing rewrites the configuration.
		Command: pulumi.ToStringArray([]string{"bao", "server", "-config=" + config.ConfigDir, "-config=" + config.BootstrapDir}),
		Env: append(identityOf(),
			value("BAO_API_ADDR", fmt.Sprintf("https://%s:%d", self, config.APIPort)),
			value("BAO_CLUSTER_ADDR", fmt.Sprintf("https://%s:%d", self, config.ClusterPort)),
			value("BAO_RAFT_NODE_ID", "$(POD_NAME)"),
			value("BAO_K8S_POD_NAME", "$(POD_NAME)"),
			value("BAO_K8S_NAMESPACE", namespace),
			// For people who open a shell in the pod.
			value("BAO_ADDR", fmt.Sprintf("https://127.0.0.1:%d", config.APIPort)),
			value("BAO_CACERT", config.TLSDir+"/ca.crt"),
		),
		Ports: corev1.ContainerPortArray{
			containerPort("api", config.APIPort), containerPort("cluster", config.ClusterPort), containerPort("metrics", config.MetricsPort),
		},
		// Ready is unsealed, active or not. There is no liveness probe: a sealed
		// server needs help, which a restart is not.
		ReadinessProbe: corev1.ProbeArgs{
			HttpGet: corev1.HTTPGetActionArgs{
				Path: pulumi.String("/v1/sys/health?standbyok=true"), Port: pulumi.String("api"), Scheme: pulumi.String("HTTPS"),
			},
			PeriodSeconds: pulumi.Int(5), TimeoutSeconds: pulumi.Int(3), FailureThreshold: pulumi.Int(2),
		},
		// Requests on their way still arrive while the address goes from services.
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
