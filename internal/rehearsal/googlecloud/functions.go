package googlecloud

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// functions are those of the provider that the program calls. Each turns the
// arguments, which are the call's outputs at first, into what it answers.
var functions = map[tokens.ModuleMember]func(*call) error{
	"gcp:storage/getProjectServiceAccount:getProjectServiceAccount": askStorageAgent,
}

// Invoke implements plugin.Provider. Previews call functions as everybody does,
// and what a function does it does then, too.
func (c *Cloud) Invoke(_ context.Context, req plugin.InvokeRequest) (plugin.InvokeResponse, error) {
	function, ok := functions[req.Tok]
	if !ok {
		return plugin.InvokeResponse{}, fmt.Errorf("the simulated cloud knows nothing of the function %s; add it to internal/rehearsal/googlecloud/functions.go", req.Tok)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	call := &call{cloud: c, needs: map[resource.URN]bool{}, object: &object{outputs: req.Args.Copy()}}
	if err := function(call); err != nil {
		return plugin.InvokeResponse{}, err
	}
	return plugin.InvokeResponse{Properties: call.object.outputs}, nil
}
