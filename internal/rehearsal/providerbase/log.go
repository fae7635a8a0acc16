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

// Log sends messages for the user to the engine. The zero value drops them.
type Log struct {
	mu         sync.Mutex
	connection *grpc.ClientConn
}

// Dial connects to the engine at the address from its handshake. Each operation has an
// engine of its own, and the previous one has ended by then.
func (l *Log) Dial(address string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.connection != nil {
		_ = l.connection.Close() // the previous engine has ended, so an error does not matter
		l.connection = nil
	}
	if address == "" {
		return nil
	}
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return fmt.Errorf("connecting to the engine: %w", err)
	}
	l.connection = connection
	return nil
}

// Warn shows a warning about a resource.
func (l *Log) Warn(ctx context.Context, urn resource.URN, text string) {
	l.mu.Lock()
	connection := l.connection
	l.mu.Unlock()
	if connection == nil {
		return
	}
	// The operation need not fail because a warning can't be delivered.
	_, _ = pulumirpc.NewEngineClient(connection).Log(ctx, &pulumirpc.LogRequest{Severity: pulumirpc.LogSeverity_WARNING, Message: text, Urn: string(urn)})
}
