// Package server implements the protocol with which Pulumi's engine queries a policy
// pack. It does what Pulumi's own policyx package does, but decodes the properties of a
// resource once instead of once for each rule, and has an enforcement level of its own
// for findings about unknown values; see docs/adr/0013.
package server

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"bastide/environment"
	"bastide/policies/controls"
	"bastide/policies/rule"
)

// Pack is a policy pack.
type Pack struct {
	Name, Version string
	// Rules returns the rules of an environment.
	Rules func(*environment.Environment) ([]rule.Rule, error)
}

// Serve serves a pack on a loopback port until the engine exits. It prints the port to
// standard output, where the engine expects it.
func Serve(pack Pack) error {
	stop, orphaned := make(chan bool), orphaned()
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{Cancel: stop, Init: func(server *grpc.Server) error {
		pulumirpc.RegisterAnalyzerServer(server, New(pack))
		return nil
	}})
	if err != nil {
		return fmt.Errorf("listening on loopback: %w", err)
	}
	fmt.Fprintln(os.Stdout, handle.Port)
	select {
	case <-orphaned:
		close(stop)
		return nil
	case err := <-handle.Done:
		return err
	}
}

// orphaned returns a channel that is closed when the parent process has exited. The
// engine stops its policy packs, unless it is killed or interrupted during an operation.
func orphaned() <-chan struct{} {
	parent, gone := os.Getppid(), make(chan struct{})
	go func() {
		defer close(gone)
		for range time.Tick(time.Second) {
			if os.Getppid() != parent {
				return
			}
		}
	}()
	return gone
}

// New returns the gRPC service of a pack.
func New(pack Pack) pulumirpc.AnalyzerServer { return &analyzer{pack: pack} }

// analyzer is a pack for one operation on one stack. The engine configures it before it
// sends any other request.
type analyzer struct {
	pulumirpc.UnimplementedAnalyzerServer
	pack        Pack
	environment *environment.Environment
	rules       []rule.Rule
	levels      map[string]pulumirpc.EnforcementLevel
	preview     bool

	mu sync.Mutex
	// analyzed are the resources that Analyze has seen, by URN.
	analyzed map[string]*rule.Resource
	// applicable caches which rules apply to a type of resources.
	applicable map[string]*applicability
}

// applicability says which rules apply to a type of resources.
type applicability struct {
	rules         []rule.Rule
	notApplicable []*pulumirpc.PolicyNotApplicable
}

// Handshake implements pulumirpc.AnalyzerServer.
func (*analyzer) Handshake(context.Context, *pulumirpc.AnalyzerHandshakeRequest) (*pulumirpc.AnalyzerHandshakeResponse, error) {
	return &pulumirpc.AnalyzerHandshakeResponse{}, nil
}

// GetPluginInfo implements pulumirpc.AnalyzerServer.
func (a *analyzer) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: a.pack.Version}, nil
}

// ConfigureStack reads the settings of the stack.
func (a *analyzer) ConfigureStack(_ context.Context, req *pulumirpc.AnalyzerStackConfigureRequest) (*pulumirpc.AnalyzerStackConfigureResponse, error) {
	e, err := environment.Load(settings{req})
	if err != nil {
		return nil, err
	}
	if a.rules, err = a.pack.Rules(e); err != nil {
		return nil, err
	}
	a.environment, a.preview = e, req.GetDryRun()
	a.analyzed, a.applicable = map[string]*rule.Resource{}, map[string]*applicability{}
	a.levels = map[string]pulumirpc.EnforcementLevel{}
	for _, r := range a.rules {
		a.levels[r.Name] = level(r.Level)
	}
	return &pulumirpc.AnalyzerStackConfigureResponse{}, nil
}

func level(l controls.Level) pulumirpc.EnforcementLevel {
	if l == controls.Mandatory {
		return pulumirpc.EnforcementLevel_MANDATORY
	}
	return pulumirpc.EnforcementLevel_ADVISORY
}

// GetAnalyzerInfo lists the policies of the pack.
func (a *analyzer) GetAnalyzerInfo(context.Context, *emptypb.Empty) (*pulumirpc.AnalyzerInfo, error) {
	info := &pulumirpc.AnalyzerInfo{Name: a.pack.Name, Version: a.pack.Version, SupportsConfig: true}
	for _, r := range a.rules {
		kind := pulumirpc.PolicyType_POLICY_TYPE_RESOURCE
		if r.Evaluate == nil {
			kind = pulumirpc.PolicyType_POLICY_TYPE_STACK
		}
		info.Policies = append(info.Policies, &pulumirpc.PolicyInfo{
			Name: r.Name, Description: description(r), EnforcementLevel: level(r.Level), PolicyType: kind, Tags: r.Controls,
		})
	}
	return info, nil
}

// description is the promise, and the controls that it serves.
func description(r rule.Rule) string {
	return r.Promise + " (" + strings.Join(r.Controls, ", ") + ")"
}

// Configure applies the enforcement levels with which an environment overrides those of
// the rules.
func (a *analyzer) Configure(_ context.Context, req *pulumirpc.ConfigureAnalyzerRequest) (*emptypb.Empty, error) {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(req.GetPolicyConfig())) {
		wanted := req.GetPolicyConfig()[name].GetEnforcementLevel()
		_, known := a.levels[name]
		switch {
		case !known:
			errs = append(errs, fmt.Errorf("policies/levels names the policy %q, which does not exist; docs/policies.md lists all policies", name))
		case wanted == pulumirpc.EnforcementLevel_REMEDIATE:
			errs = append(errs, fmt.Errorf("policies/levels sets the policy %q to remediate, but no policy of this pack changes resources; write mandatory, advisory or disabled", name))
		default:
			a.levels[name] = wanted
		}
	}
	return &emptypb.Empty{}, errors.Join(errs...)
}

// Remediate never changes anything: what is deployed is what the program declares.
func (*analyzer) Remediate(context.Context, *pulumirpc.AnalyzeRequest) (*pulumirpc.RemediateResponse, error) {
	return &pulumirpc.RemediateResponse{}, nil
}

// Cancel implements pulumirpc.AnalyzerServer.
func (*analyzer) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// Analyze evaluates one resource.
func (a *analyzer) Analyze(_ context.Context, req *pulumirpc.AnalyzeRequest) (*pulumirpc.AnalyzeResponse, error) {
	response := &pulumirpc.AnalyzeResponse{}
	properties, err := read(req.GetProperties(), req.GetUrn())
	if err != nil {
		return nil, err
	}
	r := rule.NewResource(req.GetType(), req.GetName(), req.GetUrn(), properties, a.environment)
	r.Protect, r.IgnoreChanges = req.GetOptions().GetProtect(), req.GetOptions().GetIgnoreChanges()
	applicable := a.remember(r)
	for _, each := range applicable.rules {
		response.Diagnostics = append(response.Diagnostics, a.diagnostics(each, each.On(r))...)
	}
	response.NotApplicable = applicable.notApplicable
	return response, nil
}

// remember keeps a resource for AnalyzeStack, and returns which rules apply to it.
func (a *analyzer) remember(r *rule.Resource) *applicability {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.analyzed[r.URN] = r
	if known := a.applicable[r.Type]; known != nil {
		return known
	}
	result := &applicability{}
	for _, each := range a.rules {
		switch {
		case a.levels[each.Name] == pulumirpc.EnforcementLevel_DISABLED:
		case each.Inspects(r.Type):
			result.rules = append(result.rules, each)
		case each.Evaluate != nil:
			result.notApplicable = append(result.notApplicable, &pulumirpc.PolicyNotApplicable{PolicyName: each.Name})
		}
	}
	a.applicable[r.Type] = result
	return result
}

// AnalyzeStack evaluates all resources together. It uses the inputs that Analyze has
// received: in a preview, the outputs that the engine sends here are only what each
// provider predicts.
func (a *analyzer) AnalyzeStack(_ context.Context, req *pulumirpc.AnalyzeStackRequest) (*pulumirpc.AnalyzeResponse, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	stack := &rule.Stack{Environment: a.environment}
	for _, sent := range req.GetResources() {
		r, seen := a.analyzed[sent.GetUrn()]
		if !seen {
			continue // not part of this operation, as with --target
		}
		r.Sources = map[string][]string{}
		for property, sources := range sent.GetPropertyDependencies() {
			r.Sources[property] = sources.GetUrns()
		}
		stack.Resources = append(stack.Resources, r)
	}
	response := &pulumirpc.AnalyzeResponse{}
	for _, each := range a.rules {
		if each.EvaluateStack != nil && a.levels[each.Name] != pulumirpc.EnforcementLevel_DISABLED {
			response.Diagnostics = append(response.Diagnostics, a.diagnostics(each, each.OnStack(stack))...)
		}
	}
	return response, nil
}

// diagnostics converts a rule's findings for the engine. In a preview, findings about
// unknown values are advisory; in `up` all values are known, so an unknown value is a
// violation.
func (a *analyzer) diagnostics(r rule.Rule, findings []rule.Finding) (all []*pulumirpc.AnalyzeDiagnostic) {
	for _, finding := range findings {
		enforcement, severity := a.levels[r.Name], pulumirpc.PolicySeverity_POLICY_SEVERITY_HIGH
		if finding.Unknown && a.preview {
			enforcement, severity = pulumirpc.EnforcementLevel_ADVISORY, pulumirpc.PolicySeverity_POLICY_SEVERITY_LOW
		}
		all = append(all, &pulumirpc.AnalyzeDiagnostic{
			PolicyName: r.Name, PolicyPackName: a.pack.Name, PolicyPackVersion: a.pack.Version,
			Description: description(r), Message: description(r) + "\n" + finding.Problem,
			EnforcementLevel: enforcement, Severity: severity, Urn: finding.URN,
		})
	}
	return all
}

// read decodes properties for rules, with unknown values and secrets marked.
func read(sent *structpb.Struct, urn string) (property.Map, error) {
	properties, err := plugin.UnmarshalProperties(sent, plugin.MarshalOptions{
		Label: urn, KeepUnknowns: true, KeepSecrets: true, KeepResources: true, KeepOutputValues: true,
	})
	if err != nil {
		return property.Map{}, fmt.Errorf("reading the properties of %s: %w", urn, err)
	}
	return resource.FromResourcePropertyMap(properties), nil
}
