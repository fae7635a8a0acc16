package main

import (
	"bufio"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
)

func build(t *testing.T) (pack string) {
	t.Helper()
	pack = filepath.Join(t.TempDir(), "pack")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", pack).CombinedOutput()
	require.NoError(t, err, string(out))
	return pack
}

// Standard output is at its end when all processes that have it open have exited.
func TestPackExitsWithTheEngineThatStartedIt(t *testing.T) {
	pack := build(t)
	engine := exec.CommandContext(t.Context(), "sh", "-c", `"$0" 127.0.0.1:1 & wait`, pack)
	output, err := engine.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, engine.Start())
	lines := bufio.NewReader(output)
	_, err = lines.ReadString('\n')
	require.NoError(t, err, "it never listened")
	require.NoError(t, engine.Process.Kill())
	ended := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, lines)
		ended <- err
	}()
	select {
	case err := <-ended:
		assert.NoError(t, err)
	case <-time.After(10 * time.Second):
		assert.Fail(t, "the pack is still running")
	}
	_ = engine.Wait()
}

// With `--policy-pack policies`, the CLI reads PulumiPolicy.yaml, Pulumi's language host
// builds the folder and starts it, and the pack prints the port on which it listens.
func TestFolderWorksAsAPolicyPack(t *testing.T) {
	described, err := workspace.LoadPolicyPack("PulumiPolicy.yaml")
	require.NoError(t, err)
	assert.Equal(t, "go", described.Runtime.Name())

	pack := build(t)
	cmd := exec.CommandContext(t.Context(), pack, "127.0.0.1:1") // the engine's address, which the pack does not use
	output, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	defer func() {
		assert.NoError(t, cmd.Process.Kill())
		assert.Error(t, cmd.Wait(), "it was killed")
	}()
	port, err := bufio.NewReader(output).ReadString('\n')
	require.NoError(t, err)
	connection, err := grpc.NewClient("127.0.0.1:"+strings.TrimSpace(port), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer func() { assert.NoError(t, connection.Close()) }()
	info, err := pulumirpc.NewAnalyzerClient(connection).GetPluginInfo(t.Context(), &emptypb.Empty{})
	require.NoError(t, err)
	assert.Equal(t, version, info.GetVersion())
}
