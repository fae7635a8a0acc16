// Package keys creates the Cloud KMS keys with which the environment encrypts its data.
package keys

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/kms"
	"github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/arguments"
	"bastide/components/scope"
	"bastide/environment"
)

// Type is the component's type token.
const Type = "bastide:components:Keys"

const (
	// 90 days. Data encrypted with an old version can still be decrypted. CIS GCP 1.10.
	rotation = "7776000s"
	// 120 days between scheduling a version's destruction and destroying it: the longest
	// that Cloud KMS offers, to leave time to notice a mistake.
	destruction = "10368000s"

	encrypterDecrypter = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
)

// Keys guarantees a separate key for each use, and that a key's ID is known to other
// resources only once the service agent that encrypts with it has been granted that key
// and no other. It grants nothing to people.
type Keys struct {
	pulumi.ResourceState

	// Ring is the key ring's ID. The other outputs are the IDs of its keys.
	Ring pulumi.StringOutput `pulumi:"ring"`
	// Secrets encrypts Kubernetes Secrets in etcd.
	Secrets pulumi.StringOutput `pulumi:"secrets"`
	// BootDisks encrypts the nodes' boot disks.
	BootDisks pulumi.StringOutput `pulumi:"bootDisks"`
	// Volumes encrypts persistent volumes.
	Volumes pulumi.StringOutput `pulumi:"volumes"`
	// Unseal unseals OpenBao. The OpenBao component grants its use, since the workload
	// identity that uses it has to exist first.
	Unseal pulumi.StringOutput `pulumi:"unseal"`
	// Backups encrypts OpenBao's snapshots.
	Backups pulumi.StringOutput `pulumi:"backups"`
	// Registry encrypts container images.
	Registry pulumi.StringOutput `pulumi:"registry"`
	// Bulletins encrypts the topic of GKE's security bulletins.
	Bulletins pulumi.StringOutput `pulumi:"bulletins"`

	args Args
	ring *kms.KeyRing
}

// Args are the arguments of Keys. Fields without a default are required.
type Args struct {
	// Names give the key ring its name, to which a random suffix is added: a key ring
	// can't be deleted, so an environment that is created again needs another one.
	Names environment.Names
	// Location is the region of the key ring, such as europe-west1. It has to be the
	// cluster's.
	Location string
	// Protected makes Pulumi refuse to delete keys, and leave them in Google Cloud when
	// they are removed from the program. Without its key, data can't be decrypted.
	// Default: false.
	Protected bool
	// Labels are put on each key. Default: none.
	Labels map[string]string

	// Project is the project's ID, known once its Cloud KMS API is enabled.
	Project pulumi.StringInput
	// The IAM members of the service agents that encrypt, known once they exist: those of
	// GKE, Compute Engine, Artifact Registry, Pub/Sub and Cloud Storage.
	ContainerAgent, ComputeAgent, RegistryAgent, PubSubAgent, StorageAgent pulumi.StringInput
}

// Check implements scope.Args.
func (a Args) Check(c *arguments.Check) {
	c.Names(a.Names)
	c.Text("Location", a.Location, `"europe-west1"`)
	c.Input("Project", a.Project, "projectServices.With(project.KMS)")
	for _, agent := range []struct {
		field, api string
		member     pulumi.StringInput
	}{
		{"ContainerAgent", "Container", a.ContainerAgent},
		{"ComputeAgent", "Compute", a.ComputeAgent},
		{"RegistryAgent", "ArtifactRegistry", a.RegistryAgent},
		{"PubSubAgent", "PubSub", a.PubSubAgent},
		{"StorageAgent", "Storage", a.StorageAgent},
	} {
		c.Input(agent.field, agent.member, "projectServices.Agent(project."+agent.api+")")
	}
}

// Settings implements scope.Args.
func (a Args) Settings() pulumi.Map {
	return pulumi.Map{
		"ring":      pulumi.String(a.Names.Of(environment.KeyRing)),
		"location":  pulumi.String(a.Location),
		"protected": pulumi.Bool(a.Protected),
	}
}

// New creates the key ring, the keys and the grants.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Keys, error) {
	k := &Keys{args: args}
	s, err := scope.Open(ctx, Type, name, args, k, opts...)
	if err != nil {
		return nil, err
	}
	if err := k.createRing(s); err != nil {
		return nil, err
	}
	for _, use := range []struct {
		role  string
		agent pulumi.StringInput // nil if another component grants the key
		key   *pulumi.StringOutput
	}{
		{"secrets", args.ContainerAgent, &k.Secrets},
		{"boot-disks", args.ComputeAgent, &k.BootDisks},
		{"volumes", args.ComputeAgent, &k.Volumes},
		{"unseal", nil, &k.Unseal},
		{"backups", args.StorageAgent, &k.Backups},
		{"registry", args.RegistryAgent, &k.Registry},
		{"bulletins", args.PubSubAgent, &k.Bulletins},
	} {
		if *use.key, err = k.createKey(s, use.role, use.agent); err != nil {
			return nil, err
		}
	}
	return k, s.Finish()
}

// protect is the options of children that must not be lost.
func (k *Keys) protect(s scope.Scope) []pulumi.ResourceOption {
	return s.Child(pulumi.Protect(k.args.Protected), pulumi.RetainOnDelete(k.args.Protected))
}

func (k *Keys) createRing(s scope.Scope) error {
	suffix, err := random.NewRandomString(s.Context(), s.Name("suffix"), &random.RandomStringArgs{
		Length:  pulumi.Int(environment.SuffixLength),
		Upper:   pulumi.Bool(false),
		Special: pulumi.Bool(false),
	}, k.protect(s)...)
	if err != nil {
		return err
	}
	k.ring, err = kms.NewKeyRing(s.Context(), s.Name("ring"), &kms.KeyRingArgs{
		Project:  k.args.Project,
		Location: pulumi.String(k.args.Location),
		Name:     pulumi.Sprintf("%s-%s", k.args.Names.Of(environment.KeyRing), suffix.Result),
	}, k.protect(s)...)
	if err != nil {
		return err
	}
	k.Ring = k.ring.ID().ToStringOutput()
	return nil
}

// createKey creates a key and, if a service agent encrypts with it, the grant. The ID that
// it returns is known once both exist.
func (k *Keys) createKey(s scope.Scope, role string, agent pulumi.StringInput) (pulumi.StringOutput, error) {
	key, err := kms.NewCryptoKey(s.Context(), s.Name(role), &kms.CryptoKeyArgs{
		KeyRing:                  k.ring.ID(),
		Name:                     pulumi.String(role),
		Purpose:                  pulumi.String("ENCRYPT_DECRYPT"),
		RotationPeriod:           pulumi.String(rotation),
		DestroyScheduledDuration: pulumi.String(destruction),
		Labels:                   pulumi.ToStringMap(k.args.Labels),
	}, k.protect(s)...)
	if err != nil || agent == nil {
		return key.ID().ToStringOutput(), err
	}
	grant, err := kms.NewCryptoKeyIAMMember(s.Context(), s.Name(role+"-agent"), &kms.CryptoKeyIAMMemberArgs{
		CryptoKeyId: key.ID(),
		Role:        pulumi.String(encrypterDecrypter),
		Member:      agent,
	}, s.Child()...)
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	return scope.After(key.ID().ToStringOutput(), grant), nil
}
