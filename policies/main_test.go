package main

import (
	"bufio"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
)

// `--policy-pack policies`: the CLI reads the description, Pulumi's language host
// builds the folder, and what it started says where it listens.
func TestTheFolderIsAPolicyPack(t *testing.T) {
	described, err := workspace.LoadPolicyPack("PulumiPolicy.yaml")
	require.NoError(t, err)
	assert.Equal(t, "go", described.Runtime.Name())

	pack := filepath.Join(t.TempDir(), "pack")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", pack).CombinedOutput()
	require.NoError(t, err, string(out))
	cmd := exec.CommandContext(t.Context(), pack, "127.0.0.1:1") // where an engine would be
	said, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	defer func() {
		assert.NoError(t, cmd.Process.Kill())
		assert.Error(t, cmd.Wait(), "it was killed")
	}()
	port, err := bufio.NewReader(said).ReadString('\n')
	require.NoError(t, err)
	connection, err := grpc.NewClient("127.0.0.1:"+strings.TrimSpace(port), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer func() { assert.NoError(t, connection.Close()) }()
	info, err := pulumirpc.NewAnalyzerClient(connection).GetPluginInfo(t.Context(), &emptypb.Empty{})
	require.NoError(t, err)
	assert.Equal(t, version, info.GetVersion())
}
