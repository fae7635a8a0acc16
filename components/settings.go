package components

import (
	"encoding/json"
	"maps"
	"os"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// settings is the stack configuration that the Pulumi engine passes to the program.
type settings struct {
	ctx *pulumi.Context
}

func (s settings) Stack() string                 { return s.ctx.Stack() }
func (s settings) Get(key string) (string, bool) { return s.ctx.GetConfig(key) }
func (s settings) Secret(key string) bool        { return s.ctx.IsConfigSecret(key) }

// Keys lists the keys that are set. The SDK can look up a key but not list all keys, so this
// reads the variable in which the language host passes the configuration.
func (s settings) Keys() []string {
	var config map[string]json.RawMessage
	if err := json.Unmarshal([]byte(os.Getenv(pulumi.EnvConfig)), &config); err != nil {
		return nil // there is no language host, as in tests with mocks
	}
	return slices.Sorted(maps.Keys(config))
}
