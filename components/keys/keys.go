// Package keys makes the Cloud KMS keys that everything is encrypted with.
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
	// A key's new version every 90 days; old ones keep decrypting. CIS GCP 1.10.
	rotation = "7776000s"
	// The longest time KMS offers between destroying a version and its being
	// gone, 120 days: as long as possible to notice a mistake.
	destruction = "10368000s"

	encrypterDecrypter = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
)

// Keys guarantees a separate key for each use, and that nobody holds a key
// before the service agent that encrypts with it has been granted exactly that
// key. It grants nothing to people.
type Keys struct {
	pulumi.ResourceState

	// Ring is the key ring's id.
	Ring pulumi.StringOutput `pulumi:"ring"`
	// Secrets encrypts Kubernetes Secrets in etcd.
	Secrets pulumi.StringOutput `pulumi:"secrets"`
	// BootDisks encrypts the nodes' boot disks.
	BootDisks pulumi.StringOutput `pulumi:"bootDisks"`
	// Volumes encrypts persistent volumes.
	Volumes pulumi.StringOutput `pulumi:"volumes"`
	// Unseal unseals OpenBao. Whoever is granted it has to exist first, so the
	// grant is OpenBao's own.
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

// Args is what Keys are made from.
type Args struct {
	// Names give the key ring its name, before a random suffix makes it new. A ring
	// can't be deleted, so a second life under one name needs another ring.
	Names environment.Names
	// Location is the region of the ring, such as europe-west1; the cluster can use
	// no key from elsewhere.
	Location string
	// Protected makes Pulumi refuse to delete keys, and leave them in Google
	// Cloud when they leave the program. A key that is gone takes all that it
	// encrypts with it. Default: false.
	Protected bool
	// Labels are put on each key. Default: none.
	Labels map[string]string

	// Project is the id of the project, once its Cloud KMS API is enabled.
	Project pulumi.StringInput
	// The service agents that encrypt, as IAM members, once they exist: those of GKE,
	// Compute Engine, Artifact Registry, Pub/Sub and Cloud Storage.
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

// New makes the key ring, the keys and the grants.
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
		agent pulumi.StringInput // nil where the user is not a service agent
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

// protect is the options of what must not be lost.
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

// createKey makes one key and, where a service agent encrypts with it, the
// grant. What it returns is known only when both are there.
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
