package openbao

import (
	"crypto/sha256"
	_ "embed"
	"fmt"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/openbao/config"
	"bastide/components/scope"
	"bastide/environment"
)

var (
	//go:embed gate.sh
	gate string
	//go:embed snapshot.sh
	snapshot string
)

// configuration is the names of the ConfigMaps that pods mount, and a checksum of their
// contents.
type configuration struct {
	server, scripts, checksum pulumi.StringOutput
}

// The files of the ConfigMaps.
const (
	serverFile   = "server.json"
	selfInitFile = "self-init.json"
	gateFile     = "gate.sh"
	snapshotFile = "snapshot.sh"
)

// selfInitMap is mounted as optional, so that creating or deleting it restarts no pod.
const selfInitMap = "openbao-self-init"

// createConfiguration creates the ConfigMaps that pods mount. The shared configuration is
// known only once the servers have been granted the unseal key, so none starts before.
func (o *OpenBao) createConfiguration(s scope.Scope) (err error) {
	shared := o.unseal.ApplyT(o.serverConfiguration).(pulumi.StringOutput)
	o.settings.checksum = pulumi.All(shared, o.tls.server, o.tls.authority).ApplyT(checksum).(pulumi.StringOutput)
	if o.settings.server, err = createMap(s, "configuration", meta("openbao-configuration", nil), pulumi.StringMap{serverFile: shared}); err != nil {
		return err
	}
	o.settings.scripts, err = createMap(s, "scripts", meta("openbao-scripts", nil), pulumi.StringMap{
		gateFile: pulumi.String(gate), snapshotFile: pulumi.String(snapshot),
	})
	if err != nil || !o.args.Bootstrap {
		return err
	}
	first, err := o.selfInit()
	if err != nil {
		return err
	}
	_, err = createMap(s, "self-init", meta(selfInitMap, nil), pulumi.StringMap{selfInitFile: pulumi.String(first)})
	return err
}

// checksum is a short hash of the configuration and certificates. It is an annotation of
// the pod template, so that pods with an outdated configuration can be told from others.
func checksum(texts []any) string {
	return fmt.Sprintf("%x", sha256.Sum256(fmt.Append([]byte(gate), texts...)))[:16]
}

func createMap(s scope.Scope, role string, metadata metav1.ObjectMetaArgs, files pulumi.StringMap, extra ...pulumi.ResourceOption) (pulumi.StringOutput, error) {
	configMap, err := corev1.NewConfigMap(s.Context(), s.Name(role), &corev1.ConfigMapArgs{Metadata: metadata, Data: files}, s.Child(extra...)...)
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	return configMap.Metadata.Name().Elem(), nil
}

func (o *OpenBao) serverConfiguration(key string) (string, error) {
	seal, err := sealOf(key)
	if err != nil {
		return "", err
	}
	return config.JSON(config.New(config.Options{
		ClusterName: o.args.Names.Of(environment.Cluster),
		Peers:       environment.MostReplicas,
		Host:        host,
		Seal:        seal,
	}))
}

func (o *OpenBao) selfInit() (string, error) {
	return config.JSON(config.NewSelfInit(o.args.Replicas, config.Accounts{
		Namespace: namespace, Admin: adminAccount, Snapshot: snapshotAccount, ClientLabel: environment.OpenBaoClientLabel,
	}))
}
