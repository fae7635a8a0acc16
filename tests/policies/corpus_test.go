package policies_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"bastide/environment"
	"bastide/environment/environmenttest"
	"bastide/internal/rehearsal/corpus"
	"bastide/policies/rule"
)

// tests/admission checks the cluster's decisions on the same manifests.
func TestPackAndClusterAgreeOnTheCorpus(t *testing.T) {
	settings := environmenttest.Small(t).Set("bastide:warnOnly", []any{"image-digest"})
	e := settings.Load(t)
	manifests, err := corpus.Load(filepath.Join(environmenttest.Root(t), "tests", "admission"), corpus.Settings{
		Registry: e.Registry(), Admin: e.Admin.CIDRs[0].String(), TaintKey: e.BuildTaint.Key, TaintValue: e.BuildTaint.Value,
		Jobs: e.CI.JobNames()[0], Sandbox: true,
	})
	require.NoError(t, err)
	same, later := 0, 0
	for _, asked := range manifests.Rules {
		policy := named(t, rulesOf(t, e), asked.ID)
		for _, group := range []struct {
			cases  []corpus.Case
			refuse bool
		}{{asked.Pass, false}, {asked.Refuse, true}} {
			for _, test := range group.cases {
				object, err := manifests.Declared(asked, test)
				require.NoError(t, err)
				if object == nil {
					later++ // it changes an object that no program declares
					continue
				}
				// The cluster may set defaults; a program has to set the fields itself.
				refuse := group.refuse || test.NeedsDefaults
				assert.Equal(t, refuse, len(policy.On(declared(object, e))) > 0, "%s, %q: refused by the cluster, and by the pack", asked.ID, test.Name)
				same++
			}
		}
	}
	t.Logf("%d manifests, 0 differences; %d more change objects that only a cluster has", same, later)
	assert.Greater(t, same, 180)
}

func named(t *testing.T, all []rule.Rule, name string) rule.Rule {
	t.Helper()
	for _, r := range all {
		if r.Name == name {
			return r
		}
	}
	require.Fail(t, "there is no rule "+name)
	return rule.Rule{}
}

// declared converts a Kubernetes object to a resource of a Pulumi program. It gets the
// namespace in which the cluster gets manifests without one.
func declared(object *unstructured.Unstructured, e *environment.Environment) *rule.Resource {
	kind := object.GetKind()
	if object.GetNamespace() == "" && !strings.HasPrefix(kind, "Cluster") && kind != "Namespace" {
		object.SetNamespace(corpus.Namespace)
	}
	version := object.GetAPIVersion()
	if !strings.Contains(version, "/") {
		version = "core/" + version
	}
	properties := resource.FromResourcePropertyMap(resource.NewPropertyMapFromMap(object.Object))
	return rule.NewResource("kubernetes:"+version+":"+kind, "corpus", "urn:corpus", properties, e)
}
