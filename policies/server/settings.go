package server

import (
	"maps"
	"slices"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// settings is the stack's configuration. The engine passes the same to the pack and to
// the program.
type settings struct {
	request *pulumirpc.AnalyzerStackConfigureRequest
}

func (s settings) Stack() string { return s.request.GetStack() }

func (s settings) Get(key string) (value string, ok bool) {
	value, ok = s.request.GetConfig()[key]
	return value, ok
}

func (s settings) Secret(key string) bool {
	return slices.Contains(s.request.GetConfigSecretKeys(), key)
}

func (s settings) Keys() []string { return slices.Sorted(maps.Keys(s.request.GetConfig())) }
