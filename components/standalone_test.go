package components_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/components/arguments"
	"bastide/components/ci"
	"bastide/components/cluster"
	"bastide/components/guardrails"
	"bastide/components/keys"
	"bastide/components/network"
	"bastide/components/openbao"
	"bastide/components/project"
	"bastide/internal/graph"
)

// folders are the directories of the components.
var folders = []string{"ci", "cluster", "guardrails", "keys", "network", "openbao", "project"}

// Each component can be used without an environment and without the other components.
func TestComponentsDependOnNeitherTheEnvironmentNorEachOther(t *testing.T) {
	files := 0
	for _, folder := range folders {
		require.NoError(t, filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			files++
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			require.NoError(t, err)
			for _, spec := range file.Imports {
				imported, err := strconv.Unquote(spec.Path.Value)
				require.NoError(t, err)
				for _, other := range folders {
					assert.NotEqual(t, "bastide/components/"+other, imported, path)
				}
				assert.NotEqual(t, "bastide/components/derive", imported, path)
			}
			ast.Inspect(file, func(node ast.Node) bool {
				if s, ok := node.(*ast.SelectorExpr); ok {
					if of, ok := s.X.(*ast.Ident); ok && of.Name == "environment" {
						assert.NotContains(t, []string{"Environment", "Load"}, s.Sel.Name, path)
					}
				}
				return true
			})
			return nil
		}))
	}
	assert.Greater(t, files, 40)
}

// All problems are reported at once, each with a remedy, and nothing is registered.
func TestArgumentsAreCheckedBeforeAnythingIsRegistered(t *testing.T) {
	for kind, test := range map[string]struct {
		run    func(*pulumi.Context) error
		fields []string
	}{
		project.Type: {
			func(ctx *pulumi.Context) error { _, err := project.New(ctx, "it", project.Args{}); return err },
			[]string{"ID"},
		},
		keys.Type: {
			func(ctx *pulumi.Context) error { _, err := keys.New(ctx, "it", keys.Args{}); return err },
			[]string{"Names", "Location", "Project", "ContainerAgent", "ComputeAgent", "RegistryAgent", "PubSubAgent", "StorageAgent"},
		},
		network.Type: {
			func(ctx *pulumi.Context) error { _, err := network.New(ctx, "it", network.Args{}); return err },
			[]string{"Names", "Region", "Addresses", "Admin", "Project", "DNSProject"},
		},
		cluster.Type: {
			func(ctx *pulumi.Context) error {
				_, err := cluster.New(ctx, "it", cluster.Args{SecurityBulletins: true, Builds: &cluster.Pool{}})
				return err
			},
			[]string{
				"Names", "Location.Region", "Project", "Addresses", "Admin", "Network", "Subnet", "SecretsKey", "BootDiskKey", "RegistryKey", "BulletinKey",
				"Kubernetes.Channel", "Kubernetes.Version", "Kubernetes.Maintenance", "General.MachineType", "General.DiskType", "General.DiskGB", "General.MaxNodes",
				"Builds.MachineType", "Builds.DiskType", "Builds.DiskGB", "Builds.MaxNodes", "Builds.Taint",
			},
		},
		guardrails.Type: {
			func(ctx *pulumi.Context) error {
				_, err := guardrails.New(ctx, "it", guardrails.Args{WarnOnly: []string{"proves"}, Jobs: []guardrails.JobNamespace{{Name: "ci-jobs"}}})
				return err
			},
			[]string{
				"Admission.Version", "Admission.Registry", "Admission.Taint.Key", "VolumeType", "VolumesKey", "Addresses", "WarnOnly",
				"Admission.Bounds", "Admission.Bounds", "Admission.Bounds", "Jobs",
			},
		},
		openbao.Type: {
			func(ctx *pulumi.Context) error {
				_, err := openbao.New(ctx, "it", openbao.Args{Expose: true})
				return err
			},
			[]string{
				"Names", "Location.Region", "Replicas", "Image", "UploadImage", "Admin", "Addresses",
				"Monitoring", "Storage", "ProjectNumber", "WorkloadPool", "UnsealKey", "BackupsKey", "GoogleAPIs",
			},
		},
		ci.Type: {
			func(ctx *pulumi.Context) error { _, err := ci.New(ctx, "it", ci.Args{}); return err },
			[]string{"Values.CI.Mode", "Values.CI.Namespaces", "Values.CI.Pool.Taint", "Values.OwnImages"},
		},
	} {
		g, err := graph.Record(graph.Program{Run: test.run, Project: "test", Stack: "test", GoogleProject: "acme", Region: "europe-west1"})
		var problems arguments.Problems
		require.ErrorAs(t, err, &problems, kind)
		assert.Contains(t, problems.Error(), "in the arguments of "+kind+` "it"; nothing was registered`)
		var fields []string
		for _, problem := range problems.List {
			fields = append(fields, problem.Key)
			assert.True(t, strings.HasPrefix(problem.Remedy, problem.Key+": "), problem.Remedy)
			assert.NotEmpty(t, problem.Wrong)
		}
		assert.Equal(t, test.fields, fields, kind)
		assert.Empty(t, g.Resources, kind)
	}
}

func TestInstallChecksTheClustersArguments(t *testing.T) {
	var problems arguments.Problems
	require.ErrorAs(t, new(openbao.OpenBao).Install(openbao.Cluster{}), &problems)
	var fields []string
	for _, problem := range problems.List {
		fields = append(fields, problem.Key)
	}
	assert.Equal(t, []string{"Provider", "StorageClass", "Namespace"}, fields)
}

// A zero output, such as that of a key missing in a map, would never become known.
func TestZeroOutputsAreReportedAsMissing(t *testing.T) {
	_, err := graph.Record(graph.Program{Project: "test", Stack: "test", GoogleProject: "acme", Region: "europe-west1", Run: func(ctx *pulumi.Context) error {
		_, err := keys.New(ctx, "it", keys.Args{Project: pulumi.StringOutput{}, ContainerAgent: pulumi.String("a")})
		return err
	}})
	var problems arguments.Problems
	require.ErrorAs(t, err, &problems)
	assert.Contains(t, problems.Error(), "\n  Project: is not given")
	assert.NotContains(t, problems.Error(), "ContainerAgent")
}
