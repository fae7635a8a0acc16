package project

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReadsTheProjectNumberFromAServiceAgent(t *testing.T) {
	number, err := numberOf("serviceAccount:service-123456789012@container-engine-robot.iam.gserviceaccount.com")
	require.NoError(t, err)
	assert.Equal(t, "123456789012", number)

	for _, member := range []string{"", "serviceAccount:123@cloudservices.gserviceaccount.com", "serviceAccount:service-@x", "serviceAccount:service-12x@y", "serviceAccount:service-12"} {
		_, err := numberOf(member)
		assert.ErrorContains(t, err, "does not have the form", member)
	}
}
