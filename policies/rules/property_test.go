package rules_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	anything "github.com/pulumi/pulumi/sdk/v3/go/property/testing"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"bastide/policies/controls"
	"bastide/policies/rule"
)

// shapes generates property maps in which rules find something: they have the paths of
// the controls table, whole or cut off, with arbitrary values at the end.
func shapes() *rapid.Generator[property.Map] {
	var paths [][]string
	for _, control := range controls.All() {
		for _, check := range control.Checks() {
			if check.Path != "" {
				paths = append(paths, check.Steps())
			}
		}
	}
	return rapid.Custom(func(t *rapid.T) property.Map {
		root := property.New(map[string]property.Value{})
		for range rapid.IntRange(1, 6).Draw(t, "number") {
			path := rapid.SampledFrom(paths).Draw(t, "path")
			path = path[:rapid.IntRange(1, len(path)).Draw(t, "length")]
			root = put(root, path, anything.Value(4).Draw(t, "value"))
		}
		return root.AsMap()
	})
}

// put puts a value at a path, through maps and lists.
func put(at property.Value, path []string, value property.Value) property.Value {
	if len(path) == 0 {
		return value
	}
	if path[0] == "0" {
		return property.New([]property.Value{put(property.Value{}, path[1:], value)})
	}
	fields := map[string]property.Value{}
	if at.IsMap() {
		maps.Copy(fields, at.AsMap().AsMap())
	}
	fields[path[0]] = put(fields[path[0]], path[1:], value)
	return property.New(fields)
}

// kinds are all types that rules check, and some more.
func kinds(list []rule.Rule) (all []string) {
	for _, r := range list {
		all = append(all, r.Types...)
	}
	all = append(all, "gcp:storage/bucketIAMBinding:BucketIAMBinding", "gcp:projects/iAMPolicy:IAMPolicy",
		"kubernetes:core/v1:Service", "kubernetes:core/v1:PersistentVolumeClaim", "kubernetes:apps/v1:DeploymentList",
		"kubernetes:networking.k8s.io/v1:Ingress", "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding", "nonsense", "kubernetes:", ":::")
	slices.Sort(all)
	return slices.Compact(all)
}

// A panic would end the pack, and with it the preview.
func TestNoRulePanics(t *testing.T) {
	list, e := all(t)
	types, evaluated := kinds(list), 0
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(types).Draw(t, "type")
		properties := rapid.OneOf(shapes(), anything.MapOf(anything.Value(4))).Draw(t, "properties")
		resource := rule.NewResource(kind, "any", "urn", properties, e)
		stack := &rule.Stack{Environment: e, Resources: []*rule.Resource{resource}}
		for _, r := range list {
			if r.Inspects(kind) {
				r.On(resource)
				evaluated++
			}
			if r.EvaluateStack != nil {
				r.OnStack(stack)
			}
		}
	})
	assert.Greater(t, evaluated, 200)
}

const canary = "hunter2-canary"

func TestNoMessageShowsAValueMarkedAsSecret(t *testing.T) {
	list, e := all(t)
	messages := 0
	for _, control := range controls.All() {
		for _, check := range control.Checks() {
			if check.Path == "" {
				continue
			}
			for _, secret := range []property.Value{
				property.New(canary).WithSecret(true),
				property.New([]property.Value{property.New(canary).WithSecret(true)}),
				property.New(map[string]property.Value{"a": property.New(canary)}).WithSecret(true),
				property.New([]property.Value{property.New(map[string]property.Value{"cidrBlock": property.New(canary).WithSecret(true), "role": property.New(canary).WithSecret(true)})}),
			} {
				properties := put(property.New(map[string]property.Value{}), check.Steps(), secret).AsMap()
				resource := rule.NewResource(check.Type, "any", "urn", properties, e)
				for _, r := range list {
					if !r.Inspects(check.Type) {
						continue
					}
					for _, finding := range r.On(resource) {
						messages++
						require.NotContains(t, fmt.Sprint(finding), canary, "%s shows %s", r.Name, check.Path)
					}
				}
			}
		}
	}
	assert.Greater(t, messages, 500)
}

// These values are secrets because of where they are, although they are not marked.
func TestNoMessageShowsAnUnmarkedSecret(t *testing.T) {
	list, e := all(t)
	text := property.New("-----BEGIN PRIVATE KEY-----\n" + canary)
	for kind, path := range map[string]string{
		"kubernetes:core/v1:Secret": "stringData.password", "kubernetes:core/v1:ConfigMap": "data.key",
		"tls:index/certRequest:CertRequest": "privateKeyPem",
	} {
		resource := rule.NewResource(kind, "any", "urn", put(property.New(map[string]property.Value{}), strings.Split(path, "."), text).AsMap(), e)
		found := 0
		for _, r := range list {
			if r.Inspects(kind) {
				for _, finding := range r.On(resource) {
					found++
					assert.NotContains(t, finding.Problem, canary)
				}
			}
		}
		assert.Positive(t, found, kind)
	}
}
