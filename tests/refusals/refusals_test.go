// Package refusals_test holds the table of what Google refuses against the
// program: what it makes is valid, and each row refuses what its break makes of it.
package refusals_test

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment/environmenttest"
	"bastide/rehearsal/googlecloud"
	"bastide/rehearsal/googlecloud/refusals"
	"bastide/tests/graph"
)

func table(t *testing.T) refusals.Table {
	t.Helper()
	rows, err := refusals.All()
	require.NoError(t, err)
	require.NotEmpty(t, rows)
	return rows
}

// Recording the program makes all of it in the simulated cloud, which must refuse
// none of it; then each row's break is tried on an object that was accepted.
func TestEachRowRefusesWhatItsBreakMakesOfAValidObject(t *testing.T) {
	var worlds []*graph.Graph
	for _, settings := range environmenttest.Examples(t) {
		worlds = append(worlds, graph.Of(t, settings))
	}
	for _, row := range table(t) {
		for _, kind := range row.Types {
			t.Run(row.ID+"/"+kind, func(t *testing.T) { breaks(t, worlds, row, kind) })
		}
	}
}

func breaks(t *testing.T, worlds []*graph.Graph, row *refusals.Row, kind string) {
	t.Helper()
	world, valid := find(t, worlds, row, kind)
	broken, err := row.Break(valid.Bare())
	require.NoError(t, err)
	for _, action := range row.At {
		err := ask(t, world.Cloud, action, valid, broken)
		refused := refusalsIn(err)
		require.Len(t, refused, 1, "%s: exactly this row has to refuse it, and the answer was: %v", action, err)
		assert.Equal(t, row.ID, refused[0].Row.ID, "another row refuses it first: %v", err)
		assert.Equal(t, err.Error(), refused[0].Text)
		assert.NotRegexp(t, unfilled, refused[0].Text, "a placeholder names nothing")

		world.Cloud.Overlook(row.ID)
		without := ask(t, world.Cloud, action, valid, broken)
		world.Cloud.Overlook("")
		assert.Empty(t, refusalsIn(without))
		if without != nil {
			assert.NotContains(t, without.Error(), refused[0].Text, "something else refuses it with the same words, so the row has no effect")
		}
	}
}

var unfilled = regexp.MustCompile(`{[A-Za-z][\w.]*}`)

// find gives what the program makes of a type, as the row wants it.
func find(t *testing.T, worlds []*graph.Graph, row *refusals.Row, kind string) (*graph.Graph, graph.Resource) {
	t.Helper()
	for _, world := range worlds {
		for _, made := range world.Of(kind) {
			if strings.Contains(made.Name, row.Of) {
				return world, made
			}
		}
	}
	require.Fail(t, "no such object", "no environment has a %s whose name contains %q", kind, row.Of)
	return nil, graph.Resource{}
}

// ask asks the cloud for something in a context that is over, so that what it
// accepts is broken off before it changes anything.
func ask(t *testing.T, cloud *googlecloud.Cloud, action string, valid graph.Resource, broken map[string]any) error {
	t.Helper()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	urn, kind := graph.URN(valid.Type, valid.Name), tokens.Type(valid.Type)
	checked := func(inputs map[string]any) resource.PropertyMap {
		answer, err := cloud.Check(t.Context(), plugin.CheckRequest{
			URN: urn, Name: valid.Name, Type: kind, RandomSeed: []byte(valid.Name), News: resource.NewPropertyMapFromMap(inputs),
		})
		require.NoError(t, err)
		require.Empty(t, answer.Failures, "the provider would refuse it before Google can")
		return answer.Properties
	}
	before := checked(valid.Bare())
	var err error
	switch action {
	case refusals.Create:
		_, err = cloud.Create(over, plugin.CreateRequest{URN: urn, Name: valid.Name, Type: kind, Properties: checked(broken)})
		if errors.Is(err, context.Canceled) { // nothing refused it, and breaking it off removed it
			_, again := cloud.Create(t.Context(), plugin.CreateRequest{URN: urn, Name: valid.Name, Type: kind, Properties: before})
			require.NoError(t, again)
		}
	case refusals.Update:
		_, err = cloud.Update(over, plugin.UpdateRequest{URN: urn, Name: valid.Name, Type: kind, OldInputs: before, NewInputs: checked(broken)})
	case refusals.Delete:
		_, err = cloud.Delete(over, plugin.DeleteRequest{URN: urn, Name: valid.Name, Type: kind, ID: cloud.ID(urn)})
	default:
		require.Fail(t, "unknown action", action)
	}
	return err
}

func refusalsIn(err error) (all []*refusals.Refusal) {
	var several interface{ Unwrap() []error }
	if !errors.As(err, &several) {
		return nil
	}
	for _, one := range several.Unwrap() {
		var refusal *refusals.Refusal
		if errors.As(one, &refusal) {
			all = append(all, refusal)
		}
	}
	return all
}

// A row without a source would be hearsay, and one of a type that the cloud does
// not know would never be asked.
func TestRowsAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range table(t) {
		assert.NotEmpty(t, row.ID)
		assert.False(t, seen[row.ID], "%s is there twice", row.ID)
		seen[row.ID] = true
		assert.NotEmpty(t, row.Types, row.ID)
		assert.NotEmpty(t, row.Error, row.ID)
		assert.NotEmpty(t, row.Sources, row.ID)
		for _, source := range row.Sources {
			assert.Regexp(t, `^https://`, source, row.ID)
		}
		for _, kind := range row.Types {
			assert.Contains(t, googlecloud.Kinds(), kind, row.ID)
		}
		if !slices.Contains(row.At, refusals.Delete) {
			assert.NotEmpty(t, row.Breaks, row.ID)
		}
	}
}
