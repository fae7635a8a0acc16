// Package tls implements the tls provider for rehearsals. It makes real keys and
// certificates, without a plugin to install.
package tls

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"bastide/internal/rehearsal/providerbase"
)

// Provider is the part of the tls provider that the program uses. Its keys and
// certificates are real, so that verification works; only the time is injected.
//
// Sources: pulumi/pulumi-tls v5.2.0, and the Terraform provider that it bridges,
// hashicorp/terraform-provider-tls at eefba144 (4.1.0), internal/provider.
type Provider struct {
	providerbase.Base
	now func() time.Time
}

// New makes a provider that takes the time from now.
func New(now func() time.Time) *Provider {
	return &Provider{Base: providerbase.Base{Version: "5.2.0"}, now: now}
}

// Check implements plugin.Provider.
func (p *Provider) Check(_ context.Context, req plugin.CheckRequest) (plugin.CheckResponse, error) {
	kind, err := kindOf(req.Type)
	if err != nil {
		return plugin.CheckResponse{}, err
	}
	return plugin.CheckResponse{Properties: marked(req.News), Failures: kind.failures(inClear(req.News))}, nil
}

// Diff implements plugin.Provider: a change to anything but the early renewal time
// replaces the resource, and so does a renewal that is due.
func (p *Provider) Diff(_ context.Context, req plugin.DiffRequest) (plugin.DiffResponse, error) {
	kind, err := kindOf(req.Type)
	if err != nil {
		return plugin.DiffResponse{}, err
	}
	news := kind.withDefaults(req.NewInputs)
	diff := providerbase.Diff(kind.withDefaults(req.OldInputs), news, func(path resource.PropertyPath) bool {
		return path[0] != "earlyRenewalHours"
	})
	due, err := p.due(req.OldOutputs, news)
	if due {
		renew(&diff)
	}
	return diff, err
}

// due tells whether a certificate ends in earlyRenewalHours or less, which the caller
// takes from the program or from the state. A resource without an end is never due.
// Source: common_cert.go, modifyPlanIfCertificateReadyForRenewal.
func (p *Provider) due(state, hours resource.PropertyMap) (bool, error) {
	written := text(state, "validityEndTime")
	if written == "" {
		return false, nil
	}
	end, err := time.Parse(time.RFC3339, written)
	if err != nil {
		return false, fmt.Errorf("validityEndTime: %w", err)
	}
	return !p.now().Before(end.Add(-period(hours, "earlyRenewalHours"))), nil
}

// renew adds the replacement of a certificate that is due to a diff.
func renew(diff *plugin.DiffResult) {
	const because = "readyForRenewal"
	diff.Changes = plugin.DiffSome
	if diff.DetailedDiff == nil {
		diff.DetailedDiff = map[string]plugin.PropertyDiff{}
	}
	diff.DetailedDiff[because] = plugin.PropertyDiff{Kind: plugin.DiffUpdateReplace}
	for _, keys := range []*[]resource.PropertyKey{&diff.ChangedKeys, &diff.ReplaceKeys} {
		*keys = append(*keys, because)
		slices.Sort(*keys)
	}
}

// Create implements plugin.Provider.
func (p *Provider) Create(_ context.Context, req plugin.CreateRequest) (plugin.CreateResponse, error) {
	kind, err := kindOf(req.Type)
	if err != nil {
		return plugin.CreateResponse{}, err
	}
	outputs := kind.planned(req.Properties)
	if req.Preview {
		for _, key := range kind.made {
			outputs[key] = resource.MakeComputed(resource.NewProperty(""))
		}
		return plugin.CreateResponse{Properties: marked(outputs)}, nil
	}
	made, err := kind.make(outputs, p.now())
	if err != nil {
		return plugin.CreateResponse{}, err
	}
	maps.Copy(outputs, made)
	return plugin.CreateResponse{ID: resource.ID(text(made, "id")), Properties: marked(outputs)}, nil
}

// Update implements plugin.Provider. Only the early renewal time of a certificate can
// change without replacing it.
func (p *Provider) Update(_ context.Context, req plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	kind, err := kindOf(req.Type)
	if err != nil {
		return plugin.UpdateResponse{}, err
	}
	outputs := inClear(req.OldOutputs)
	maps.Copy(outputs, kind.planned(req.NewInputs))
	return plugin.UpdateResponse{Properties: marked(outputs)}, nil
}

// Read implements plugin.Provider: it returns the state, with readyForRenewal updated.
func (p *Provider) Read(_ context.Context, req plugin.ReadRequest) (plugin.ReadResponse, error) {
	state := inClear(req.State)
	due, err := p.due(state, state)
	if due {
		state["readyForRenewal"] = resource.NewProperty(true)
	}
	return plugin.ReadResponse{ReadResult: plugin.ReadResult{ID: req.ID, Inputs: marked(req.Inputs), Outputs: marked(state)}}, err
}

// Delete implements plugin.Provider.
func (p *Provider) Delete(context.Context, plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	return plugin.DeleteResponse{}, nil
}
