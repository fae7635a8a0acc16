// Command parts is a Pulumi program that uses some components of this module without the
// others, with settings of its own. Pulumi.yaml explains how to run it.
package main

import (
	"encoding/json"
	"errors"
	"net/netip"
	"time"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/cluster"
	"bastide/components/keys"
	"bastide/components/kube"
	"bastide/components/network"
	"bastide/components/openbao"
	"bastide/components/project"
	"bastide/environment"
)

func main() { pulumi.Run(deploy) }

func deploy(ctx *pulumi.Context) error {
	var settings struct {
		NetworkCidr               string
		AdminCidrs                []netip.Prefix
		OpenbaoImage, UploadImage environment.Image
		Bootstrap                 bool
	}
	id, _ := ctx.GetConfig("gcp:project")
	region, _ := ctx.GetConfig("gcp:region")
	text, _ := ctx.GetConfig("parts:settings")
	settingsErr := json.Unmarshal([]byte(text), &settings)
	addresses, addressesErr := environment.ParseAddresses(settings.NetworkCidr)
	if err := errors.Join(settingsErr, addressesErr); err != nil {
		return err
	}
	names, location, admin := environment.Names{Prefix: "parts-" + ctx.Stack()}, environment.Location{Region: region}, environment.Admin{CIDRs: settings.AdminCidrs}
	projectServices, err := project.New(ctx, "project", project.Args{ID: id})
	if err != nil {
		return err
	}
	kms, keysErr := keys.New(ctx, "keys", keys.Args{
		Names: names, Location: region, Project: projectServices.With(project.KMS),
		ContainerAgent: projectServices.Agent(project.Container), ComputeAgent: projectServices.Agent(project.Compute), StorageAgent: projectServices.Agent(project.Storage),
		RegistryAgent: projectServices.Agent(project.ArtifactRegistry), PubSubAgent: projectServices.Agent(project.PubSub),
	})
	vpc, networkErr := network.New(ctx, "network", network.Args{
		Names: names, Region: region, Addresses: addresses, Admin: admin, Project: projectServices.With(project.Compute), DNSProject: projectServices.With(project.DNS),
	})
	if err := errors.Join(keysErr, networkErr); err != nil {
		return err
	}
	gke, err := cluster.New(ctx, "cluster", cluster.Args{
		Names: names, Location: location, Project: id, Network: vpc.ID, Subnet: vpc.Subnet, Addresses: addresses, Admin: admin,
		SecretsKey: kms.Secrets, BootDiskKey: kms.BootDisks, RegistryKey: kms.Registry,
		Images:     []string{settings.OpenbaoImage.String(), settings.UploadImage.String()},
		Kubernetes: environment.Kubernetes{Channel: "STABLE", Version: "1.36", Maintenance: environment.Maintenance{Days: []string{"SU"}, Length: 12 * time.Hour}},
		General:    cluster.Pool{MachineType: "e2-standard-4", MinNodes: 3, MaxNodes: 6, DiskGB: 50, DiskType: "pd-balanced"},
	}, pulumi.DependsOn([]pulumi.Resource{projectServices}))
	if err != nil {
		return err
	}
	clusterProvider, providerErr := kubernetes.NewProvider(ctx, "cluster", &kubernetes.ProviderArgs{Kubeconfig: gke.Kubeconfig})
	namespace, namespaceErr := corev1.NewNamespace(ctx, "openbao", &corev1.NamespaceArgs{Metadata: kube.Meta("openbao", nil)}, pulumi.Provider(clusterProvider))
	secretStore, openbaoErr := openbao.New(ctx, "openbao", openbao.Args{
		Names: names, Location: location, Addresses: addresses, Replicas: 3, Image: settings.OpenbaoImage, UploadImage: settings.UploadImage, Bootstrap: settings.Bootstrap,
		Monitoring: projectServices.With(project.Monitoring), Storage: projectServices.With(project.Storage), ProjectNumber: projectServices.Number, WorkloadPool: gke.WorkloadPool,
		UnsealKey: kms.Unseal, BackupsKey: kms.Backups, GoogleAPIs: vpc.GoogleAPIs,
	})
	if err := errors.Join(providerErr, namespaceErr, openbaoErr); err != nil {
		return err
	}
	ctx.Export("kubeconfig", gke.Kubeconfig)
	return secretStore.Install(openbao.Cluster{Provider: clusterProvider, StorageClass: pulumi.String("standard-rwo"), Namespace: namespace})
}
