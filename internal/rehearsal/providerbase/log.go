package providerbase

import (
	"context"
	"fmt"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// Log is where a provider tells the engine something that people should read.
// The zero value says nothing.
type Log struct {
	mu         sync.Mutex
	connection *grpc.ClientConn
}

// Dial reaches the engine at the address that its handshake gives. Each engine
// has its own, and the one before is gone by then.
func (l *Log) Dial(address string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.connection != nil {
		_ = l.connection.Close() // nobody is there
		l.connection = nil
	}
	if address == "" {
		return nil
	}
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return fmt.Errorf("reaching the engine: %w", err)
	}
	l.connection = connection
	return nil
}

// Warn shows a warning beside a resource.
func (l *Log) Warn(ctx context.Context, urn resource.URN, text string) {
	l.mu.Lock()
	connection := l.connection
	l.mu.Unlock()
	if connection == nil {
		return
	}
	// A warning that can't be delivered is no reason to fail.
	_, _ = pulumirpc.NewEngineClient(connection).Log(ctx, &pulumirpc.LogRequest{Severity: pulumirpc.LogSeverity_WARNING, Message: text, Urn: string(urn)})
}
