package graph

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bastide/components"
	"bastide/environment"
	"bastide/environment/environmenttest"
)

// Of records the whole program for an environment.
func Of(tb testing.TB, settings *environmenttest.Settings) *Graph {
	tb.Helper()
	g, err := Record(Deployment(settings))
	require.NoError(tb, err)
	return g
}

// Deployment is the whole program with the settings of an environment.
func Deployment(settings *environmenttest.Settings) Program {
	config := settings.Config()
	return Program{
		Run: components.Deploy, Project: environment.Namespace, Stack: settings.Environment,
		Config: config, Secrets: settings.Secrets,
		GoogleProject: config["gcp:project"], Region: config["gcp:region"],
	}
}
