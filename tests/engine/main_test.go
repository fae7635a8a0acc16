// Package engine_test runs the whole program on the real engine.
package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/require"

	"bastide/rehearsal/engine"
	"bastide/rehearsal/googlecloud"
	"bastide/rehearsal/kubernetes"
	"bastide/rehearsal/toolchain"
	"bastide/rehearsal/utility"
)

// Made once, by TestMain.
var (
	root, cli, binaries, program string
	goEnv                        map[string]string
)

// fast is a clock on which an hour passes in two seconds: these tests ask what
// happens, not when.
const fast = 2000

func TestMain(m *testing.M) {
	if err := prepare(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func prepare() (err error) {
	ctx := context.Background()
	if root, err = filepath.Abs(filepath.Join("..", "..")); err != nil {
		return err
	}
	if cli, err = toolchain.Pulumi(ctx, root, os.Stderr); err != nil {
		return err
	}
	if binaries, err = toolchain.Kubernetes(ctx, root, os.Stderr); err != nil {
		return err
	}
	if program, err = engine.Build(ctx, root, os.Stderr); err != nil {
		return err
	}
	text, err := exec.CommandContext(ctx, "go", "env", "-json").Output()
	if err != nil {
		return fmt.Errorf("go env: %w", err)
	}
	return json.Unmarshal(text, &goEnv)
}

// stage is an engine with its cloud.
type stage struct {
	*engine.Engine
	cluster *kubernetes.Host
	cloud   *googlecloud.Cloud
	dir     string
	log     *bytes.Buffer
}

// open prepares an environment; change may alter its options.
func open(t *testing.T, stack, settings string, change ...func(*engine.Options)) (*stage, error) {
	t.Helper()
	project, err := os.ReadFile(filepath.Join(root, "Pulumi.yaml"))
	require.NoError(t, err)
	s := &stage{dir: t.TempDir(), log: &bytes.Buffer{}}
	s.cluster = kubernetes.NewHost(binaries, filepath.Join(s.dir, "kubernetes"))
	s.cloud = googlecloud.New(googlecloud.NewClock(fast), s.cluster)
	options := engine.Options{
		Dir: s.dir, CLI: cli, Program: program, Stack: stack,
		Files:      engine.Files{Project: project, Stack: []byte(settings)},
		Passphrase: engine.Passphrase,
		Providers:  map[string]plugin.GrpcProvider{"gcp": s.cloud, "kubernetes": kubernetes.New(s.cluster), "random": utility.NewRandom()},
		Progress:   s.log,
	}
	for _, f := range change {
		f(&options)
	}
	s.Engine, err = engine.Open(t.Context(), options)
	t.Cleanup(func() {
		if s.Engine != nil {
			require.NoError(t, s.Close())
		}
		require.NoError(t, s.cluster.StopCluster())
	})
	return s, err
}

// mustOpen is open, for what has to work.
func mustOpen(t *testing.T, stack, settings string) *stage {
	t.Helper()
	s, err := open(t, stack, settings)
	require.NoError(t, err)
	return s
}

// file reads an example's settings.
func file(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{root}, path...)...))
	require.NoError(t, err)
	return string(text)
}

// small is an environment without anything encrypted, that may vanish.
const small = `config:
  gcp:project: bastide-small
  gcp:region: europe-west1
  bastide:rehearsal: true
  bastide:adminCidrs: [203.0.113.7/32]
  bastide:networkCidr: 10.64.0.0/20
  bastide:deletionProtection: false
`
