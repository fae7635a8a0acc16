package graph_test

import (
	"testing"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/kms"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/projects"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/storage"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/internal/graph"
)

func twoKeyRings(name string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		for range 2 {
			if _, err := kms.NewKeyRing(ctx, name, &kms.KeyRingArgs{Location: pulumi.String("europe-west1")}); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestRejectsTwoResourcesOfTheSameName(t *testing.T) {
	_, err := graph.Record(graph.Program{Run: twoKeyRings("twin"), Project: "p", Stack: "s", Preview: true, GoogleProject: "test-project", Region: "europe-west1"})
	require.Error(t, err)
	assert.Contains(t, err.Error(), "duplicate resource twin")
}

func TestCloudRejectsResourceWhoseAPIIsDisabled(t *testing.T) {
	_, err := graph.Record(graph.Program{Run: twoKeyRings("lonely"), Project: "p", Stack: "s", GoogleProject: "test-project", Region: "europe-west1"})
	require.Error(t, err)
	assert.Contains(t, err.Error(), "Cloud Key Management Service (KMS) API has not been used")
}

// agent grants a role to the service agent of Cloud Storage, which Google creates when a
// program asks for its address. The program asks once the API is enabled.
func agent(ctx *pulumi.Context) error {
	storageAPI, err := projects.NewService(ctx, "storage", &projects.ServiceArgs{Service: pulumi.String("storage.googleapis.com")})
	if err != nil {
		return err
	}
	grantsAPI, err := projects.NewService(ctx, "grants", &projects.ServiceArgs{Service: pulumi.String("cloudresourcemanager.googleapis.com")})
	if err != nil {
		return err
	}
	account := storage.GetProjectServiceAccountOutput(ctx, storage.GetProjectServiceAccountOutputArgs{Project: storageAPI.Project})
	_, err = projects.NewIAMMember(ctx, "grant", &projects.IAMMemberArgs{
		Project: pulumi.String("test-project"), Role: pulumi.String("roles/pubsub.publisher"), Member: account.Member(),
	}, pulumi.DependsOn([]pulumi.Resource{grantsAPI}))
	return err
}

func TestFunctionIsAnsweredOnceItsInputsAreKnown(t *testing.T) {
	for _, preview := range []bool{true, false} {
		g, err := graph.Record(graph.Program{Run: agent, Project: "p", Stack: "s", Preview: preview, GoogleProject: "test-project", Region: "europe-west1"})
		require.NoError(t, err)
		member := g.Find("grant").Plain()["member"]
		if preview {
			assert.Nil(t, member, "the function is not called before the API is enabled")
			continue
		}
		assert.Equal(t, "serviceAccount:service-123456789012@gs-project-accounts.iam.gserviceaccount.com", member)
	}
}

func TestRejectsFunctionsThatAreNotSimulated(t *testing.T) {
	for function, says := range map[string]string{
		"gcp:organizations/getProject:getProject": "add it to internal/rehearsal/googlecloud/functions.go",
		"nobody:index/knows:knows":                "no simulated provider answers the function nobody:index/knows:knows",
	} {
		_, err := graph.Record(graph.Program{Project: "p", Stack: "s", GoogleProject: "test-project", Region: "europe-west1", Run: func(ctx *pulumi.Context) error {
			return ctx.Invoke(function, nil, &struct{}{})
		}})
		assert.ErrorContains(t, err, says)
	}
}

func TestValueIsNilOnlyIfTheLastKeyIsMissing(t *testing.T) {
	r := graph.Resource{Name: "r", Inputs: resource.NewPropertyMapFromMap(map[string]any{
		"taints": []any{map[string]any{"key": "role"}}, "none": map[string]any{},
	})}
	for path, want := range map[string]any{"taints.0.key": "role", "taints.0.value": nil, "none.key": nil, "nothing": nil} {
		value, err := r.Value(path)
		assert.NoError(t, err, path)
		assert.Equal(t, want, value, path)
	}
	for _, path := range []string{"taints.1", "taints.-1", "taints.first", "taints.0.key.more", "nothing.key"} {
		_, err := r.Value(path)
		assert.Error(t, err, path)
	}
}
