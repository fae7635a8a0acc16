package cluster

import (
	"reflect"
	"testing"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/container"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// plain are values of the input types that both kinds of pools share.
var plain = []any{
	pulumi.String("text"), pulumi.Bool(true), pulumi.Int(7), pulumi.Float64(0.5),
	pulumi.StringArray{pulumi.String("element")}, pulumi.StringMap{"key": pulumi.String("value")},
}

// filled is a value of a type with every field set, recursively.
func filled(t *testing.T, kind reflect.Type) reflect.Value {
	t.Helper()
	switch kind.Kind() {
	case reflect.Struct:
		value := reflect.New(kind).Elem()
		for i := range kind.NumField() {
			value.Field(i).Set(filled(t, kind.Field(i).Type))
		}
		return value
	case reflect.Slice:
		return reflect.Append(reflect.MakeSlice(kind, 0, 1), filled(t, kind.Elem()))
	default:
		for _, input := range plain {
			if reflect.TypeOf(input).AssignableTo(kind) {
				return reflect.ValueOf(input)
			}
		}
		for _, pair := range twins {
			if own := reflect.TypeOf(pair[0]); own.AssignableTo(kind) {
				return filled(t, own)
			}
		}
		require.Fail(t, "nothing is a "+kind.String()+"; a type of the SDK is missing in twins.go")
		return reflect.Value{}
	}
}

// assertConverted compares two values field by field, and counts the fields compared.
func assertConverted(t *testing.T, path string, from, to reflect.Value) (compared int) {
	t.Helper()
	if from.Kind() == reflect.Interface {
		require.False(t, to.IsNil(), "%s was not converted", path)
		from, to = from.Elem(), to.Elem()
	}
	if from.Type() == to.Type() {
		assert.Equal(t, from.Interface(), to.Interface(), path)
		return 1
	}
	require.Equal(t, from.Kind(), to.Kind(), path)
	switch from.Kind() {
	case reflect.Struct:
		require.Equal(t, from.NumField(), to.NumField(), "%s has other fields", path)
		for i := range from.NumField() {
			name := from.Type().Field(i).Name
			field := to.FieldByName(name)
			require.True(t, field.IsValid(), "%s has no %s", path, name)
			compared += assertConverted(t, path+"."+name, from.Field(i), field)
		}
	case reflect.Slice:
		require.Equal(t, from.Len(), to.Len(), path)
		for i := range from.Len() {
			compared += assertConverted(t, path, from.Index(i), to.Index(i))
		}
	default:
		require.Fail(t, path+" is of another type")
	}
	return compared
}

// The nodes of the cluster's default pool are configured like those of node pools.
func TestConvertsEveryFieldForTheDefaultPool(t *testing.T) {
	nodes := filled(t, reflect.TypeOf(container.NodePoolNodeConfigArgs{}))
	args, err := forCluster(nodes.Interface().(container.NodePoolNodeConfigArgs))
	require.NoError(t, err)
	compared := assertConverted(t, "NodeConfig", nodes, reflect.ValueOf(args))
	assert.Greater(t, compared, 50)
}

func TestRefusesToConvertATypeWithoutATwin(t *testing.T) {
	sandbox := container.NodePoolNodeConfigSandboxConfigArgs{SandboxType: pulumi.String("gvisor")}
	_, err := forCluster(container.NodePoolNodeConfigArgs{SandboxConfig: sandbox.ToNodePoolNodeConfigSandboxConfigPtrOutput()})
	assert.ErrorContains(t, err, "SandboxConfig: container.NodePoolNodeConfigSandboxConfigPtrOutput can't be converted to container.ClusterNodeConfigSandboxConfigPtrInput")
}
