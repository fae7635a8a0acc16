package keys_test

import (
	"path"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/pubsub"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/components/keys"
	"bastide/components/project"
	"bastide/environment"
	"bastide/internal/graph"
)

const googleProject = "acme-project"

// program creates keys of each name, in a project with its APIs enabled.
func program(protected bool, names ...string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		cloud, err := gcp.NewProvider(ctx, "elsewhere", &gcp.ProviderArgs{Project: pulumi.String(googleProject)})
		if err != nil {
			return err
		}
		projectServices, err := project.New(ctx, "project", project.Args{ID: googleProject})
		if err != nil {
			return err
		}
		for _, name := range names {
			made, err := keys.New(ctx, name, keys.Args{
				Names: environment.Names{Prefix: "acme-" + name}, Location: "europe-west1", Protected: protected,
				Project:        projectServices.With(project.KMS),
				ContainerAgent: projectServices.Agent(project.Container), ComputeAgent: projectServices.Agent(project.Compute),
				RegistryAgent: projectServices.Agent(project.ArtifactRegistry), PubSubAgent: projectServices.Agent(project.PubSub),
				StorageAgent: projectServices.Agent(project.Storage),
			}, pulumi.Providers(cloud))
			if err != nil {
				return err
			}
			// A user of a key, without explicit dependencies.
			if _, err := pubsub.NewTopic(ctx, name+"-user", &pubsub.TopicArgs{
				Project: projectServices.With(project.PubSub), Name: pulumi.String(name + "-topic"), KmsKeyName: made.Bulletins,
			}); err != nil {
				return err
			}
		}
		return nil
	}
}

func record(t *testing.T, run pulumi.RunFunc, preview bool) *graph.Graph {
	t.Helper()
	g, err := graph.Record(graph.Program{Run: run, Project: "test", Stack: "test", Preview: preview, GoogleProject: googleProject, Region: "europe-west1"})
	require.NoError(t, err)
	return g
}

const (
	aKey   = "gcp:kms/cryptoKey:CryptoKey"
	aRing  = "gcp:kms/keyRing:KeyRing"
	aGrant = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
)

func TestTwoInstancesAreIndependent(t *testing.T) {
	for _, preview := range []bool{false, true} {
		g := record(t, program(false, "one", "two"), preview)
		assert.Len(t, g.Of(aRing), 2)
		assert.Len(t, g.Of(aKey), 14)
		assert.Len(t, g.Of(aGrant), 12)
	}
}

func TestEachKeyIsGrantedToItsServiceAgentOnly(t *testing.T) {
	grants := map[string]string{}
	for _, r := range record(t, program(false, "k"), false).Of(aGrant) {
		inputs := r.Plain()
		assert.Equal(t, "roles/cloudkms.cryptoKeyEncrypterDecrypter", inputs["role"])
		_, domain, _ := strings.Cut(inputs["member"].(string), "@")
		grants[path.Base(inputs["cryptoKeyId"].(string))] = domain
	}
	assert.Equal(t, map[string]string{
		"secrets":    "container-engine-robot.iam.gserviceaccount.com",
		"boot-disks": "compute-system.iam.gserviceaccount.com",
		"volumes":    "compute-system.iam.gserviceaccount.com",
		"registry":   "gcp-sa-artifactregistry.iam.gserviceaccount.com",
		"bulletins":  "gcp-sa-pubsub.iam.gserviceaccount.com",
		"backups":    "gs-project-accounts.iam.gserviceaccount.com",
	}, grants)
}

func TestUsersOfAKeyDependOnItsGrant(t *testing.T) {
	user := record(t, program(false, "k"), false).Find("k-user")
	require.NotNil(t, user)
	assert.Contains(t, strings.Join(user.Dependencies, "\n"), "::k-bulletins-agent")
}

func TestKeysAreProtectedAndRetainedIfAskedFor(t *testing.T) {
	for _, protected := range []bool{true, false} {
		g := record(t, program(protected, "k"), false)
		for _, r := range append(append(g.Of(aKey), g.Of(aRing)...), *g.Find("k-suffix")) {
			assert.Equal(t, protected, r.Protect, r.Name)
			assert.Equal(t, protected, r.RetainOnDelete, r.Name)
		}
	}
}

func TestOptionsReachTheChildren(t *testing.T) {
	for _, r := range record(t, program(false, "k"), false).Of(aKey) {
		assert.Contains(t, r.Provider, "::elsewhere::", r.Name)
		assert.Contains(t, r.Parent, keys.Type, r.Name)
	}
}
