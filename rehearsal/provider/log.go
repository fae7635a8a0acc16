package provider

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// Log is where a provider tells the engine something that people should read.
// The zero value says nothing.
type Log struct {
	engine pulumirpc.EngineClient
}

// DialLog reaches the engine at the address that its handshake gives.
func DialLog(address string) (Log, error) {
	if address == "" {
		return Log{}, nil
	}
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return Log{}, fmt.Errorf("reaching the engine: %w", err)
	}
	return Log{engine: pulumirpc.NewEngineClient(connection)}, nil
}

// Warn shows a warning beside a resource.
func (l Log) Warn(ctx context.Context, urn resource.URN, text string) {
	if l.engine == nil {
		return
	}
	// A warning that can't be delivered is no reason to fail.
	_, _ = l.engine.Log(ctx, &pulumirpc.LogRequest{Severity: pulumirpc.LogSeverity_WARNING, Message: text, Urn: string(urn)})
}
