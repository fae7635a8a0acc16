package project_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/components/project"
	"bastide/internal/graph"
)

func record(t *testing.T) *graph.Graph {
	t.Helper()
	g, err := graph.Record(graph.Program{Project: "test", Stack: "test", GoogleProject: "acme-project", Region: "europe-west1",
		Run: func(ctx *pulumi.Context) error {
			projectServices, err := project.New(ctx, "project", project.Args{ID: "acme-project"})
			if err != nil {
				return err
			}
			_, err = serviceaccount.NewAccount(ctx, "user", &serviceaccount.AccountArgs{
				Project: projectServices.With(project.Compute, project.IAM, project.KMS), AccountId: pulumi.String("somebody"),
			})
			return err
		},
	})
	require.NoError(t, err)
	return g
}

func TestUsersOfTheProjectDependOnTheAPIsTheyNeed(t *testing.T) {
	user := record(t).Find("user")
	require.NotNil(t, user)
	assert.Len(t, user.Dependencies, 3)
	for _, api := range []string{"::project-compute", "::project-iam", "::project-cloudkms"} {
		assert.Contains(t, strings.Join(user.Dependencies, " ")+" ", api+" ")
	}
}

// Others in the project may use the APIs.
func TestAPIsStayEnabledOnDestroy(t *testing.T) {
	services := record(t).Of("gcp:projects/service:Service")
	require.NotEmpty(t, services)
	for _, r := range services {
		assert.Equal(t, false, r.Plain()["disableOnDestroy"], r.Name)
	}
}

func TestReadsAndWritesOfClusterAndKeyAPIsAreAudited(t *testing.T) {
	var audited []any
	for _, r := range record(t).Of("gcp:projects/iAMAuditConfig:IAMAuditConfig") {
		inputs := r.Plain()
		audited = append(audited, inputs["service"])
		assert.Equal(t, []any{
			map[string]any{"logType": "ADMIN_READ"}, map[string]any{"logType": "DATA_READ"}, map[string]any{"logType": "DATA_WRITE"},
		}, inputs["auditLogConfigs"], r.Name)
	}
	assert.ElementsMatch(t, []any{"container.googleapis.com", "cloudkms.googleapis.com"}, audited)
}
