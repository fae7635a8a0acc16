package graph_test

import (
	"testing"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/tests/graph"
)

func ring(name string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		for range 2 {
			if _, err := kms.NewKeyRing(ctx, name, &kms.KeyRingArgs{Location: pulumi.String("europe-west1")}); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestDuplicateNamesAreRefused(t *testing.T) {
	_, err := graph.Record(graph.Program{Run: ring("twin"), Project: "p", Stack: "s", Preview: true, GoogleProject: "test-project", Region: "europe-west1"})
	require.Error(t, err)
	assert.Contains(t, err.Error(), "duplicate resource twin")
}

func TestTheCloudsRulesHold(t *testing.T) {
	_, err := graph.Record(graph.Program{Run: ring("lonely"), Project: "p", Stack: "s", GoogleProject: "test-project", Region: "europe-west1"})
	require.Error(t, err)
	assert.Contains(t, err.Error(), "Cloud Key Management Service (KMS) API has not been used")
}
