// Package refusals is a table of what Google's servers refuse: one file for each service,
// one row for each refusal, each with its sources. The simulated cloud checks every
// create, update and delete against it; docs/refusals.md lists it.
package refusals

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

//go:embed *.yaml
var files embed.FS

// The actions to which a row may apply.
const (
	Create = "create"
	Update = "update"
	Delete = "delete"
)

// Row is one refusal. README.md explains the fields for authors of rows.
type Row struct {
	ID      string
	Service string `json:"-"` // the name of the file
	Types   []string
	At      []string // by default create and update
	Refuses string
	Error   string
	// Quoted tells whether the message is Google's, as a source quotes it; otherwise the
	// source has the fact, and the message is ours.
	Quoted  bool
	Sources []string
	// Of is part of the name of the object that Breaks is applied to; by default the
	// first of its type.
	Of string
	// With are other objects that have to exist for the row to refuse.
	With []Beside
	// Breaks is a JSON merge patch that makes an object one that the row refuses.
	// Strings that begin with = are CEL, over the object before the patch.
	Breaks map[string]any

	program program
}

// Beside is another object that has to exist. Its inputs may be CEL, too.
type Beside struct {
	Type   string
	Inputs any
}

// Table is compiled rows.
type Table []*Row

// All reads every row, in the order of the files.
func All() (Table, error) {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, fmt.Errorf("listing the refusals: %w", err)
	}
	var all Table
	for _, entry := range entries {
		content, err := files.ReadFile(entry.Name())
		if err != nil {
			return nil, fmt.Errorf("reading the refusals: %w", err)
		}
		rows, err := Read(strings.TrimSuffix(entry.Name(), ".yaml"), content)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

// Read reads and compiles the rows of a service.
func Read(service string, content []byte) (rows Table, err error) {
	if err := yaml.UnmarshalStrict(content, &rows); err != nil {
		return nil, fmt.Errorf("%s.yaml: %w", service, err)
	}
	for _, row := range rows {
		row.Service = service
		if len(row.At) == 0 {
			row.At = []string{Create, Update}
		}
		if row.program, err = compile(row.Refuses); err != nil {
			return nil, fmt.Errorf("%s.yaml, %s: %w", service, row.ID, err)
		}
	}
	return rows, nil
}

// Without is the table without one row.
func (t Table) Without(id string) Table {
	return slices.DeleteFunc(slices.Clone(t), func(row *Row) bool { return row.ID == id })
}

// Call is a create, update or delete.
type Call struct {
	Action, Kind string
	// Object is the object as it would be, or the one to be deleted; Old is the object
	// before an update.
	Object, Old map[string]any
	// Existing are the other objects by id, each with its type token under "type".
	Existing func() map[string]any
}

// Refusal is the error for a call that a row refuses.
type Refusal struct {
	Row  *Row
	Text string
}

// Error implements error.
func (r *Refusal) Error() string { return r.Text }

// Check returns the refusals of a call, in the order of the rows.
func (t Table) Check(call Call) (refused []*Refusal, err error) {
	for _, row := range t {
		if !slices.Contains(row.Types, call.Kind) || !slices.Contains(row.At, call.Action) {
			continue
		}
		value, hit, err := row.program.evaluate(call)
		if err != nil {
			return nil, fmt.Errorf("evaluating the row %s of the refusals for a %s: %w", row.ID, call.Kind, err)
		}
		if hit {
			refused = append(refused, &Refusal{Row: row, Text: expand(row.Error, value, call.Object)})
		}
	}
	return refused, nil
}
