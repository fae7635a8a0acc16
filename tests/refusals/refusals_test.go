// Package refusals_test tests the table of Google's refusals with the program: the simulated
// cloud accepts every object that the program creates, and each row refuses an object that
// is broken in the way that the row describes.
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

// Recording the program creates its objects in the simulated cloud, which must accept all of
// them. Then each row has to refuse an accepted object with the row's break applied.
func TestEachRowRefusesItsBrokenObject(t *testing.T) {
	var graphs []*graph.Graph
	for _, settings := range environmenttest.Examples(t) {
		graphs = append(graphs, graph.Of(t, settings))
	}
	for _, row := range table(t) {
		for _, kind := range row.Types {
			t.Run(row.ID+"/"+kind, func(t *testing.T) { breaks(t, graphs, row, kind) })
		}
	}
}

func breaks(t *testing.T, graphs []*graph.Graph, row *refusals.Row, kind string) {
	t.Helper()
	g, valid := find(t, graphs, row, kind)
	s := subject{t: t, cloud: g.Cloud, kind: tokens.Type(kind), name: valid.Name, inputs: valid.Bare()}
	s.withBesides(row, func() {
		broken, err := row.Break(s.inputs)
		require.NoError(t, err)
		for _, action := range row.At {
			err := s.ask(action, broken)
			refused := refusalsIn(err)
			require.Len(t, refused, 1, "%s: exactly this row has to refuse it, and the answer was: %v", action, err)
			assert.Equal(t, row.ID, refused[0].Row.ID, "another row refuses it: %v", err)
			assert.Equal(t, err.Error(), refused[0].Text)
			assert.NotRegexp(t, unfilled, refused[0].Text, "a placeholder was not filled in")

			s.cloud.IgnoreRefusal(row.ID)
			without := s.ask(action, broken)
			s.cloud.IgnoreRefusal("")
			assert.Empty(t, refusalsIn(without))
			if without != nil {
				assert.NotContains(t, without.Error(), refused[0].Text, "something else refuses it with the same words, so the row has no effect")
			}
		}
	})
}

var unfilled = regexp.MustCompile(`{[A-Za-z][\w.]*}`)

// find returns an object of a type that the program creates and that the row applies to.
func find(t *testing.T, graphs []*graph.Graph, row *refusals.Row, kind string) (*graph.Graph, graph.Resource) {
	t.Helper()
	for _, g := range graphs {
		for _, made := range g.Of(kind) {
			if strings.Contains(made.Name, row.Of) {
				return g, made
			}
		}
	}
	require.Fail(t, "no such object", "no environment has a %s whose name contains %q", kind, row.Of)
	return nil, graph.Resource{}
}

// subject is an object that the simulated cloud has accepted.
type subject struct {
	t      *testing.T
	cloud  *googlecloud.Cloud
	kind   tokens.Type
	name   string
	inputs map[string]any
}

// ask sends a request in a cancelled context, so that an accepted request is aborted before
// it changes anything.
func (s subject) ask(action string, broken map[string]any) error {
	s.t.Helper()
	cancelled, cancel := context.WithCancel(s.t.Context())
	cancel()
	switch action {
	case refusals.Create:
		err := s.create(cancelled, broken)
		if s.cloud.ID(s.urn()) == "" { // it was accepted, and aborting it removed the object of that id
			require.NoError(s.t, s.create(s.t.Context(), s.inputs))
		}
		return err
	case refusals.Update:
		return s.update(cancelled, broken)
	case refusals.Delete:
		require.NoError(s.t, s.update(s.t.Context(), broken))
		err := s.delete(cancelled)
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

// checked are the inputs after the provider's Check. The provider must accept them, or the
// request would never reach Google.
func (s subject) checked(inputs map[string]any) resource.PropertyMap {
	s.t.Helper()
	answer, err := s.cloud.Check(s.t.Context(), plugin.CheckRequest{
		URN: s.urn(), Name: s.name, Type: s.kind, RandomSeed: []byte(s.name), News: resource.NewPropertyMapFromMap(inputs),
	})
	require.NoError(s.t, err)
	require.Empty(s.t, answer.Failures, "the provider would refuse it before Google can")
	return answer.Properties
}

// withBesides creates the other objects that a row needs, and deletes them afterwards.
func (s subject) withBesides(row *refusals.Row, do func()) {
	s.t.Helper()
	besides, err := row.Besides(s.inputs)
	require.NoError(s.t, err)
	for i, inputs := range besides {
		beside := subject{
			t: s.t, cloud: s.cloud, kind: tokens.Type(row.With[i].Type), name: fmt.Sprintf("%s-%d", row.ID, i), inputs: inputs,
		}
		s.cloud.IgnoreRefusal(row.ID) // the row may refuse this object, too
		require.NoError(s.t, beside.create(s.t.Context(), inputs))
		s.cloud.IgnoreRefusal("")
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

// Every row has a source, and is about a type that the simulated cloud knows.
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
