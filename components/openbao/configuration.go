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

// configuration is the names of the ConfigMaps that pods mount, and a mark that
// changes with what they hold.
type configuration struct {
	server, scripts, mark pulumi.StringOutput
}

// The files of the ConfigMaps.
const (
	serverFile   = "server.json"
	selfInitFile = "self-init.json"
	gateFile     = "gate.sh"
	snapshotFile = "snapshot.sh"
)

// selfInitMap is mounted whether it is there or not, so that its coming and going
// restarts nothing.
const selfInitMap = "openbao-self-init"

// createConfiguration writes what pods read. What the servers share is known
// only once the unseal key may be used, so that none starts before.
func (o *OpenBao) createConfiguration(s scope.Scope) (err error) {
	shared := o.unseal.ApplyT(o.serverConfiguration).(pulumi.StringOutput)
	o.settings.mark = pulumi.All(shared, o.tls.server, o.tls.authority).ApplyT(mark).(pulumi.StringOutput)
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

// mark is short, and another one for other texts. In the template of the pods it
// shows who still runs on what was there before.
func mark(texts []any) string {
	return fmt.Sprintf("%x", sha256.Sum256(fmt.Append([]byte(gate), texts...)))[:16]
}

func createMap(s scope.Scope, role string, metadata metav1.ObjectMetaArgs, files pulumi.StringMap, extra ...pulumi.ResourceOption) (pulumi.StringOutput, error) {
	made, err := corev1.NewConfigMap(s.Context(), s.Name(role), &corev1.ConfigMapArgs{Metadata: metadata, Data: files}, s.Child(extra...)...)
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	return made.Metadata.Name().Elem(), nil
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
