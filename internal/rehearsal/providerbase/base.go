// Package providerbase is what the simulated providers share: serving the engine over
// gRPC, cancellation, and comparing inputs.
package providerbase

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// Base implements the calls that are the same for every provider. Embed it, and
// override those that differ.
type Base struct {
	plugin.UnimplementedProvider
	// Version is the version of the plugin that the provider simulates.
	Version string

	mu   sync.Mutex
	stop context.CancelFunc
	life context.Context
}

// Handshake implements plugin.Provider. The response does not accept secrets, so the
// engine sends them in clear, and marks those outputs as secret whose inputs of the
// same name are.
func (b *Base) Handshake(context.Context, plugin.ProviderHandshakeRequest) (*plugin.ProviderHandshakeResponse, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.life, b.stop = context.WithCancel(context.Background())
	return &plugin.ProviderHandshakeResponse{}, nil
}

// Attach implements plugin.GrpcProvider: the engine connects to a running server.
func (b *Base) Attach(string) error { return nil }

// SignalCancellation implements plugin.Provider: it cancels the calls under way.
func (b *Base) SignalCancellation(context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stop != nil {
		b.stop()
	}
	return nil
}

// Life returns a context for a call that also ends when the engine cancels.
func (b *Base) Life(ctx context.Context) (context.Context, context.CancelFunc) {
	b.mu.Lock()
	life := b.life
	b.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	if life == nil {
		return ctx, cancel
	}
	unregister := context.AfterFunc(life, cancel)
	return ctx, func() {
		unregister()
		cancel()
	}
}

// GetPluginInfo implements plugin.Provider.
func (b *Base) GetPluginInfo(context.Context) (plugin.PluginInfo, error) {
	version, err := semver.Parse(b.Version)
	return plugin.PluginInfo{Version: &version}, err
}

// CheckConfig implements plugin.Provider.
func (b *Base) CheckConfig(_ context.Context, req plugin.CheckConfigRequest) (plugin.CheckConfigResponse, error) {
	return plugin.CheckConfigResponse{Properties: req.News}, nil
}

// DiffConfig implements plugin.Provider.
func (b *Base) DiffConfig(_ context.Context, req plugin.DiffConfigRequest) (plugin.DiffConfigResponse, error) {
	return Diff(req.OldInputs, req.NewInputs, nil), nil
}

// Configure implements plugin.Provider.
func (b *Base) Configure(context.Context, plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	return plugin.ConfigureResponse{}, nil
}

// Diff compares inputs property by property. replaces tells whether a change at a path
// replaces the resource; nil means that no change does.
func Diff(olds, news resource.PropertyMap, replaces func(resource.PropertyPath) bool) plugin.DiffResult {
	changes := olds.Diff(news)
	if changes == nil {
		return plugin.DiffResult{Changes: plugin.DiffNone}
	}
	result := plugin.DiffResult{Changes: plugin.DiffSome, DetailedDiff: plugin.NewDetailedDiffFromObjectDiff(changes, true)}
	for text, change := range result.DetailedDiff {
		path, err := resource.ParsePropertyPath(text)
		if err != nil {
			path = resource.PropertyPath{text}
		}
		top := resource.PropertyKey(fmt.Sprint(path[0]))
		result.ChangedKeys = append(result.ChangedKeys, top)
		if replaces != nil && replaces(path) {
			result.DetailedDiff[text] = plugin.PropertyDiff{Kind: change.Kind.AsReplace(), InputDiff: true}
			result.ReplaceKeys = append(result.ReplaceKeys, top)
		}
	}
	for _, keys := range []*[]resource.PropertyKey{&result.ChangedKeys, &result.ReplaceKeys} {
		slices.Sort(*keys)
		*keys = slices.Compact(*keys)
	}
	return result
}

// Serve serves a provider on a loopback port that the kernel chooses, until stop is
// called.
func Serve(p plugin.GrpcProvider) (port int, stop func() error, err error) {
	return ServeWith(func(server *grpc.Server) {
		pulumirpc.RegisterResourceProviderServer(server, plugin.NewProviderServer(p))
	})
}

// ServeWith serves any of Pulumi's services on a loopback port.
func ServeWith(register func(*grpc.Server)) (port int, stop func() error, err error) {
	cancel := make(chan bool)
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(server *grpc.Server) error {
			register(server)
			return nil
		},
	})
	if err != nil {
		return 0, nil, fmt.Errorf("listening on loopback: %w", err)
	}
	return handle.Port, sync.OnceValue(func() error {
		close(cancel)
		return <-handle.Done
	}), nil
}
