package guardrails

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"bastide/components/kube"
)

// docs/namespaces.md promises editors that Helm can store its releases in ConfigMaps, and
// explains why it can't in Secrets. Source: helm, pkg/storage/driver, cfgmaps.go, secrets.go.
func TestEditorsCanStoreHelmReleasesOnlyInConfigMaps(t *testing.T) {
	allowed := func(resource, verb string) bool {
		return slices.ContainsFunc(slices.Concat(viewing, editing), func(grant kube.Grant) bool {
			return grant.Group == "" && slices.Contains(grant.Resources, resource) && slices.Contains(grant.Verbs, verb)
		})
	}
	for _, verb := range []string{"get", "list", "create", "update", "delete"} {
		assert.True(t, allowed("configmaps", verb), verb)
	}
	for _, verb := range []string{"get", "list", "watch", "patch", "delete"} {
		assert.False(t, allowed("secrets", verb), verb)
	}
}
