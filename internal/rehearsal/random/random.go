// Package random implements the random provider for rehearsals. It generates real
// random values, without a plugin to install.
package random

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"math/big"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"bastide/internal/rehearsal/providerbase"
)

// Provider is the part of the random provider that the program uses.
type Provider struct {
	providerbase.Base
}

// New makes a provider.
func New() *Provider {
	return &Provider{Base: providerbase.Base{Version: "4.21.2"}}
}

const (
	randomString   = "random:index/randomString:RandomString"
	randomPassword = "random:index/randomPassword:RandomPassword" // the same, except that its id is not the secret result
)

// The alphabets of random_string, with the inputs that turn each off.
var alphabets = []struct{ input, letters string }{
	{"lower", "abcdefghijklmnopqrstuvwxyz"},
	{"upper", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
	{"numeric", "0123456789"},
	{"special", "!@#$%&*()-_=+[]{}<>:?"},
}

// Check implements plugin.Provider.
func (p *Provider) Check(_ context.Context, req plugin.CheckRequest) (plugin.CheckResponse, error) {
	if req.Type != randomString && req.Type != randomPassword {
		return plugin.CheckResponse{}, fmt.Errorf("the rehearsal's random provider does not support %s; add it to internal/rehearsal/random/random.go", req.Type)
	}
	response := plugin.CheckResponse{Properties: req.News}
	if length := req.News["length"]; !length.IsComputed() && (!length.IsNumber() || length.NumberValue() < 1) {
		response.Failures = append(response.Failures, plugin.CheckFailure{Property: "length", Reason: "must be at least 1"})
	}
	return response, nil
}

// Diff implements plugin.Provider: every changed input replaces the resource.
func (p *Provider) Diff(_ context.Context, req plugin.DiffRequest) (plugin.DiffResponse, error) {
	return providerbase.Diff(req.OldInputs, req.NewInputs, func(resource.PropertyPath) bool { return true }), nil
}

// Create implements plugin.Provider.
func (p *Provider) Create(_ context.Context, req plugin.CreateRequest) (plugin.CreateResponse, error) {
	outputs := maps.Clone(req.Properties)
	if req.Preview {
		outputs["result"] = resource.MakeComputed(resource.NewProperty(""))
		return plugin.CreateResponse{Properties: outputs}, nil
	}
	result, err := draw(int(req.Properties["length"].NumberValue()), letters(req.Properties))
	outputs["result"] = resource.NewProperty(result)
	id := result
	if req.Type == randomPassword {
		id = "none"
	}
	return plugin.CreateResponse{ID: resource.ID(id), Properties: outputs}, err
}

// letters are all letters of the alphabets that are not turned off.
func letters(inputs resource.PropertyMap) (all string) {
	for _, alphabet := range alphabets {
		if on, given := inputs[resource.PropertyKey(alphabet.input)]; !given || on.IsBool() && on.BoolValue() {
			all += alphabet.letters
		}
	}
	return all
}

func draw(length int, letters string) (string, error) {
	text := make([]byte, length)
	for i := range text {
		index, err := rand.Int(rand.Reader, big.NewInt(int64(len(letters))))
		if err != nil {
			return "", fmt.Errorf("generating random letters: %w", err)
		}
		text[i] = letters[index.Int64()]
	}
	return string(text), nil
}

// Read implements plugin.Provider: it returns the state, as nothing else stores the
// resource.
func (p *Provider) Read(_ context.Context, req plugin.ReadRequest) (plugin.ReadResponse, error) {
	return plugin.ReadResponse{ReadResult: plugin.ReadResult{ID: req.ID, Inputs: req.Inputs, Outputs: req.State}}, nil
}

// Delete implements plugin.Provider.
func (p *Provider) Delete(context.Context, plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	return plugin.DeleteResponse{}, nil
}
