// Package server speaks the protocol in which Pulumi's engine asks a policy pack
// for its policyResults. It is Pulumi's own policyx package in what it does, but
// reads the properties of a resource once, not once for each rule, and gives an
// unknown value a level of its own; see docs/adr/0013.
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

	"bastide/policies/controls"
	"bastide/environment"
	"bastide/policies/rule"
)

// Pack is a policy pack.
type Pack struct {
	Name, Version string
	// Rules gives the rules of an environment.
	Rules func(*environment.Environment) ([]rule.Rule, error)
}

// Serve serves a pack on a loopback port, which it writes to standard output, as
// the engine wants it, until the engine goes.
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

// orphaned is closed when whoever started this process has ended. The engine ends its
// packs, but one that was interrupted in the middle of an operation, or killed, doesn't.
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

// New gives the service of a pack.
func New(pack Pack) pulumirpc.AnalyzerServer { return &analyzer{pack: pack} }

// analyzer is a pack that is, or will be, configured for one operation on one
// stack. The engine configures it before it asks anything.
type analyzer struct {
	pulumirpc.UnimplementedAnalyzerServer
	pack        Pack
	environment *environment.Environment
	rules       []rule.Rule
	levels      map[string]pulumirpc.EnforcementLevel
	preview     bool

	mu sync.Mutex
	// judged are the resources that Analyze has seen, by URN.
	judged map[string]*rule.Resource
	// concerns are what the rules have to do with a type of resources.
	concerns map[string]*concern
}

// concern is what the rules have to do with a type of resources.
type concern struct {
	judges []rule.Rule
	none   []*pulumirpc.PolicyNotApplicable
}

// Handshake implements pulumirpc.AnalyzerServer.
func (*analyzer) Handshake(context.Context, *pulumirpc.AnalyzerHandshakeRequest) (*pulumirpc.AnalyzerHandshakeResponse, error) {
	return &pulumirpc.AnalyzerHandshakeResponse{}, nil
}

// GetPluginInfo implements pulumirpc.AnalyzerServer.
func (a *analyzer) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: a.pack.Version}, nil
}

// ConfigureStack reads the settings of the stack that will be judged.
func (a *analyzer) ConfigureStack(_ context.Context, req *pulumirpc.AnalyzerStackConfigureRequest) (*pulumirpc.AnalyzerStackConfigureResponse, error) {
	e, err := environment.Load(settings{req})
	if err != nil {
		return nil, err
	}
	if a.rules, err = a.pack.Rules(e); err != nil {
		return nil, err
	}
	a.environment, a.preview = e, req.GetDryRun()
	a.judged, a.concerns = map[string]*rule.Resource{}, map[string]*concern{}
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

// GetAnalyzerInfo tells what the pack holds.
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

// description is the promise, and which controls it serves.
func description(r rule.Rule) string {
	return r.Promise + " (" + strings.Join(r.Controls, ", ") + ")"
}

// Configure takes the levels that an environment has instead of the rules' own.
func (a *analyzer) Configure(_ context.Context, req *pulumirpc.ConfigureAnalyzerRequest) (*emptypb.Empty, error) {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(req.GetPolicyConfig())) {
		wanted := req.GetPolicyConfig()[name].GetEnforcementLevel()
		_, known := a.levels[name]
		switch {
		case !known:
			errs = append(errs, fmt.Errorf("policies/levels names the policy %q, and there is none; docs/policies.md lists them", name))
		case wanted == pulumirpc.EnforcementLevel_REMEDIATE:
			errs = append(errs, fmt.Errorf("policies/levels has the policy %q remediate, but no policy changes what the program says; write mandatory, advisory or disabled", name))
		default:
			a.levels[name] = wanted
		}
	}
	return &emptypb.Empty{}, errors.Join(errs...)
}

// Remediate changes nothing, ever: what is deployed is what the code says.
func (*analyzer) Remediate(context.Context, *pulumirpc.AnalyzeRequest) (*pulumirpc.RemediateResponse, error) {
	return &pulumirpc.RemediateResponse{}, nil
}

// Cancel implements pulumirpc.AnalyzerServer.
func (*analyzer) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// Analyze judges one resource.
func (a *analyzer) Analyze(_ context.Context, req *pulumirpc.AnalyzeRequest) (*pulumirpc.AnalyzeResponse, error) {
	response := &pulumirpc.AnalyzeResponse{}
	properties, err := read(req.GetProperties(), req.GetUrn())
	if err != nil {
		return nil, err
	}
	r := rule.NewResource(req.GetType(), req.GetName(), req.GetUrn(), properties, a.environment)
	r.Protect, r.IgnoreChanges = req.GetOptions().GetProtect(), req.GetOptions().GetIgnoreChanges()
	concern := a.remember(r)
	for _, each := range concern.judges {
		response.Diagnostics = append(response.Diagnostics, a.diagnostics(each, each.On(r))...)
	}
	response.NotApplicable = concern.none
	return response, nil
}

// remember keeps a resource for AnalyzeStack, and tells which rules look at it.
func (a *analyzer) remember(r *rule.Resource) *concern {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.judged[r.URN] = r
	if known := a.concerns[r.Type]; known != nil {
		return known
	}
	c := &concern{}
	for _, each := range a.rules {
		switch {
		case a.levels[each.Name] == pulumirpc.EnforcementLevel_DISABLED:
		case each.Inspects(r.Type):
			c.judges = append(c.judges, each)
		case each.Evaluate != nil:
			c.none = append(c.none, &pulumirpc.PolicyNotApplicable{PolicyName: each.Name})
		}
	}
	a.concerns[r.Type] = c
	return c
}

// AnalyzeStack judges all resources together, by their inputs as Analyze has
// seen them: the outputs that the engine sends are, in a preview, whatever each
// provider foretells.
func (a *analyzer) AnalyzeStack(_ context.Context, req *pulumirpc.AnalyzeStackRequest) (*pulumirpc.AnalyzeResponse, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	stack := &rule.Stack{Environment: a.environment}
	for _, sent := range req.GetResources() {
		r, seen := a.judged[sent.GetUrn()]
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

// diagnostics tells the engine what a rule found. What a preview can't know is
// advice; in `up` everything is known, and what is not is a violation.
func (a *analyzer) diagnostics(r rule.Rule, findings []rule.Finding) (all []*pulumirpc.AnalyzeDiagnostic) {
	for _, finding := range findings {
		weight, severity := a.levels[r.Name], pulumirpc.PolicySeverity_POLICY_SEVERITY_HIGH
		if finding.Unknown && a.preview {
			weight, severity = pulumirpc.EnforcementLevel_ADVISORY, pulumirpc.PolicySeverity_POLICY_SEVERITY_LOW
		}
		all = append(all, &pulumirpc.AnalyzeDiagnostic{
			PolicyName: r.Name, PolicyPackName: a.pack.Name, PolicyPackVersion: a.pack.Version,
			Description: description(r), Message: description(r) + "\n" + finding.Problem,
			EnforcementLevel: weight, Severity: severity, Urn: finding.URN,
		})
	}
	return all
}

// read gives properties as rules take them, unknown values and marks included.
func read(sent *structpb.Struct, urn string) (property.Map, error) {
	properties, err := plugin.UnmarshalProperties(sent, plugin.MarshalOptions{
		Label: urn, KeepUnknowns: true, KeepSecrets: true, KeepResources: true, KeepOutputValues: true,
	})
	if err != nil {
		return property.Map{}, fmt.Errorf("reading the properties of %s: %w", urn, err)
	}
	return resource.FromResourcePropertyMap(properties), nil
}
