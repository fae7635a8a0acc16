package googlecloud

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// functions are the provider's functions that the program calls. The arguments are the
// call's initial outputs; each function adds its result to them.
var functions = map[tokens.ModuleMember]func(*call) error{
	"gcp:storage/getProjectServiceAccount:getProjectServiceAccount": getStorageAgent,
}

// Invoke implements plugin.Provider. Previews call functions as well, and with the same
// effects.
func (c *Cloud) Invoke(_ context.Context, req plugin.InvokeRequest) (plugin.InvokeResponse, error) {
	function, ok := functions[req.Tok]
	if !ok {
		return plugin.InvokeResponse{}, fmt.Errorf("the simulated cloud does not support the function %s; add it to internal/rehearsal/googlecloud/functions.go", req.Tok)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	call := &call{cloud: c, needs: map[resource.URN]bool{}, object: &object{outputs: req.Args.Copy()}}
	if err := function(call); err != nil {
		return plugin.InvokeResponse{}, err
	}
	return plugin.InvokeResponse{Properties: call.object.outputs}, nil
}
