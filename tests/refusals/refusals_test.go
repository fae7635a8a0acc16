// Package refusals_test holds the table of what Google refuses against the
// program: what it makes is valid, and each row refuses what its break makes of it.
package refusals_test

import (
	"context"
	"errors"
	"fmt"
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
	"bastide/internal/graph"
	"bastide/internal/rehearsal/googlecloud"
	"bastide/internal/rehearsal/googlecloud/refusals"
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
	s := subject{t: t, cloud: world.Cloud, kind: tokens.Type(kind), name: valid.Name, inputs: valid.Bare()}
	s.withBesides(row, func() {
		broken, err := row.Break(s.inputs)
		require.NoError(t, err)
		for _, action := range row.At {
			err := s.ask(action, broken)
			refused := refusalsIn(err)
			require.Len(t, refused, 1, "%s: exactly this row has to refuse it, and the answer was: %v", action, err)
			assert.Equal(t, row.ID, refused[0].Row.ID, "another row refuses it: %v", err)
			assert.Equal(t, err.Error(), refused[0].Text)
			assert.NotRegexp(t, unfilled, refused[0].Text, "a placeholder names nothing")

			s.cloud.Overlook(row.ID)
			without := s.ask(action, broken)
			s.cloud.Overlook("")
			assert.Empty(t, refusalsIn(without))
			if without != nil {
				assert.NotContains(t, without.Error(), refused[0].Text, "something else refuses it with the same words, so the row has no effect")
			}
		}
	})
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

// subject is an object that the cloud has accepted.
type subject struct {
	t      *testing.T
	cloud  *googlecloud.Cloud
	kind   tokens.Type
	name   string
	inputs map[string]any
}

// ask asks the cloud for something in a context that is over, so that what it
// accepts is broken off before it changes anything.
func (s subject) ask(action string, broken map[string]any) error {
	s.t.Helper()
	over, cancel := context.WithCancel(s.t.Context())
	cancel()
	switch action {
	case refusals.Create:
		err := s.create(over, broken)
		if s.cloud.ID(s.urn()) == "" { // nothing refused it, and breaking it off removed what had its id
			require.NoError(s.t, s.create(s.t.Context(), s.inputs))
		}
		return err
	case refusals.Update:
		return s.update(over, broken)
	case refusals.Delete:
		require.NoError(s.t, s.update(s.t.Context(), broken))
		err := s.delete(over)
		require.NoError(s.t, s.update(s.t.Context(), s.inputs))
		return err
	}
	require.Fail(s.t, "unknown action", action)
	return nil
}

func (s subject) create(ctx context.Context, inputs map[string]any) error {
	s.t.Helper()
	_, err := s.cloud.Create(ctx, plugin.CreateRequest{URN: s.urn(), Name: s.name, Type: s.kind, Properties: s.checked(inputs)})
	return err
}

func (s subject) update(ctx context.Context, inputs map[string]any) error {
	s.t.Helper()
	_, err := s.cloud.Update(ctx, plugin.UpdateRequest{
		URN: s.urn(), Name: s.name, Type: s.kind, OldInputs: s.checked(s.inputs), NewInputs: s.checked(inputs),
	})
	return err
}

func (s subject) delete(ctx context.Context) error {
	_, err := s.cloud.Delete(ctx, plugin.DeleteRequest{URN: s.urn(), Name: s.name, Type: s.kind, ID: s.cloud.ID(s.urn())})
	return err
}

func (s subject) urn() resource.URN { return graph.URN(string(s.kind), s.name) }

// checked is what the provider makes of inputs, which it may not refuse: then
// Google would never be asked.
func (s subject) checked(inputs map[string]any) resource.PropertyMap {
	s.t.Helper()
	answer, err := s.cloud.Check(s.t.Context(), plugin.CheckRequest{
		URN: s.urn(), Name: s.name, Type: s.kind, RandomSeed: []byte(s.name), News: resource.NewPropertyMapFromMap(inputs),
	})
	require.NoError(s.t, err)
	require.Empty(s.t, answer.Failures, "the provider would refuse it before Google can")
	return answer.Properties
}

// withBesides makes what a row wants to be there, and takes it away afterwards.
func (s subject) withBesides(row *refusals.Row, do func()) {
	s.t.Helper()
	besides, err := row.Besides(s.inputs)
	require.NoError(s.t, err)
	for i, inputs := range besides {
		beside := subject{
			t: s.t, cloud: s.cloud, kind: tokens.Type(row.With[i].Type), name: fmt.Sprintf("%s-%d", row.ID, i), inputs: inputs,
		}
		s.cloud.Overlook(row.ID) // the row may have something against this one, too
		require.NoError(s.t, beside.create(s.t.Context(), inputs))
		s.cloud.Overlook("")
		defer func() { require.NoError(s.t, beside.delete(context.Background())) }()
	}
	do()
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
		if !slices.Contains(row.At, refusals.Delete) && row.With == nil {
			assert.NotEmpty(t, row.Breaks, row.ID)
		}
	}
}
