package components

import (
	"encoding/json"
	"maps"
	"os"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// settings is the configuration that the Pulumi engine passes to the program.
type settings struct {
	ctx *pulumi.Context
}

func (s settings) Stack() string                 { return s.ctx.Stack() }
func (s settings) Get(key string) (string, bool) { return s.ctx.GetConfig(key) }
func (s settings) Secret(key string) bool        { return s.ctx.IsConfigSecret(key) }

// Keys lists what is set. The SDK tells a program the value of a key but not
// which keys there are, so this reads what the language host hands it all in.
func (s settings) Keys() []string {
	var config map[string]json.RawMessage
	if err := json.Unmarshal([]byte(os.Getenv(pulumi.EnvConfig)), &config); err != nil {
		return nil // no language host, as in tests on mocks
	}
	return slices.Sorted(maps.Keys(config))
}
