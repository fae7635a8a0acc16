// Package refusals is what Google's servers refuse, as a table: one file a
// service, one row a refusal, each with where it was read. The simulated cloud
// judges what is made, changed and deleted by it; docs/refusals.md lists it.
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

// Actions that a row may look at.
const (
	Create = "create"
	Update = "update"
	Delete = "delete"
)

// Row is one thing that Google refuses. README.md explains the fields for those
// who write rows.
type Row struct {
	ID      string
	Service string `json:"-"` // the name of the file
	Types   []string
	At      []string // by default create and update
	Refuses string
	Error   string
	// Quoted tells whether the words are Google's as a source has them, or ours
	// around a fact that a source has.
	Quoted  bool
	Sources []string
	// Of names the object that Breaks makes wrong; by default the first of its type.
	Of string
	// With are objects that are there besides, for rows that look at others.
	With []Beside
	// Breaks is a JSON merge patch. Texts that begin with = are CEL, over the object
	// before it was broken.
	Breaks map[string]any

	program program
}

// Beside is an object that a break needs. Its inputs may be CEL, too.
type Beside struct {
	Type   string
	Inputs any
}

// Table is rows, ready to judge.
type Table []*Row

// All is every row, in the order of the files.
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

// Read makes a table of a service's rows.
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

// Without is the table but for one row.
func (t Table) Without(id string) Table {
	return slices.DeleteFunc(slices.Clone(t), func(row *Row) bool { return row.ID == id })
}

// Call is what somebody asks the cloud to do.
type Call struct {
	Action, Kind string
	// Object is what would be, or is to be deleted; Old is what it was before an update.
	Object, Old map[string]any
	// Existing are the other objects by id, each with its type token under "type".
	Existing func() map[string]any
}

// Refusal is a call that Google refuses, in its words.
type Refusal struct {
	Row  *Row
	Text string
}

// Error implements error.
func (r *Refusal) Error() string { return r.Text }

// Judge gives the refusals of a call, in the order of the rows.
func (t Table) Judge(call Call) (refused []*Refusal, err error) {
	for _, row := range t {
		if !slices.Contains(row.Types, call.Kind) || !slices.Contains(row.At, call.Action) {
			continue
		}
		value, hit, err := row.program.judge(call)
		if err != nil {
			return nil, fmt.Errorf("the row %s of the refusals can't judge this %s: %w", row.ID, call.Kind, err)
		}
		if hit {
			refused = append(refused, &Refusal{Row: row, Text: expand(row.Error, value, call.Object)})
		}
	}
	return refused, nil
}
