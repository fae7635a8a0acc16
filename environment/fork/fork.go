// Package fork creates a new environment as a copy of an existing one.
package fork

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"bastide/environment"
	"bastide/environment/stackfile"
)

// Options says which environment to create, and from which one.
type Options struct {
	// Root is the folder of the project.
	Root string
	// From is the environment to copy, To the new one.
	From, To string
	// Project is the new environment's Google Cloud project, which no other may use.
	Project string
	// NetworkCIDR is its network block; empty for the next free block of the size that
	// From has.
	NetworkCIDR string
	// Rehearsal creates an environment for rehearsals only.
	Rehearsal bool
	// Salt is its encryptionsalt; if it is empty, `pulumi stack init` writes one.
	Salt string
}

// Fork is a new environment that is complete and valid, but not written yet.
type Fork struct {
	Options
	// Path and Text are the path and the content of its file.
	Path string
	Text []byte
	// Block is its network block.
	Block netip.Prefix
	// Pending are the settings that were not copied because they are secrets, or valid
	// in rehearsals only; Commands set them.
	Pending  []string
	Commands []string
	// Examples are commands that replace the examples in the original. Assumed are the
	// settings that consist of examples only, with these values: validating and planning
	// the new environment needs some value.
	Examples []string
	Assumed  map[string]any
	// Notes say what else was not copied, and why.
	Notes []string

	// from are the settings of the original.
	from map[string]any
}

// Settings that a new environment does not take over.
const (
	projectKey   = "gcp:project"
	networkKey   = environment.Namespace + ":networkCidr"
	bootstrapKey = environment.Namespace + ":openbaoBootstrap"
	rehearsalKey = environment.Namespace + ":rehearsal"
	protectedKey = environment.Namespace + ":deletionProtection"
)

// Settings of admin ranges, which may be stored encrypted.
const (
	publicKey  = environment.Namespace + ":adminCidrs"
	privateKey = environment.Namespace + ":privateAdminCidrs"
)

// Prepare creates a new environment in memory and writes nothing. It returns an error if
// the environment would collide with another one, or if the program would refuse its
// settings.
func Prepare(o Options) (*Fork, error) {
	f := &Fork{Options: o, Path: filepath.Join(o.Root, stackfile.Name(o.To))}
	text, err := f.source()
	if err != nil {
		return nil, err
	}
	from, err := stackfile.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("reading environment %q: %w", o.From, err)
	}
	f.from = from.Settings
	claims, err := stackfile.Claims(o.Root)
	if err != nil {
		return nil, err
	}
	if f.Block, err = f.block(from.Claim(o.From), claims); err != nil {
		return nil, err
	}
	claims = append(claims, environment.Claim{Environment: o.To, Project: o.Project, Block: f.Block})
	if err := collisions(claims); err != nil {
		return nil, err
	}
	if f.Text, err = f.copied(text); err != nil {
		return nil, err
	}
	return f, f.check()
}

// source reads the original, after checking that the new environment's name is valid
// and free.
func (f *Fork) source() ([]byte, error) {
	if !environment.IsName(f.To) {
		return nil, fmt.Errorf("%q can't be the name of an environment: use lower case letters, digits and single hyphens, starting with a letter", f.To)
	}
	if f.Project == "" {
		return nil, errors.New("no Google Cloud project is given, and each environment needs its own; add --project PROJECT")
	}
	if _, err := os.Lstat(f.Path); !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s already exists, and is not overwritten; choose another name, or remove it first", stackfile.Name(f.To))
	}
	return stackfile.Text(f.Root, f.From)
}

// block is the requested network block, or the next free one.
func (f *Fork) block(from environment.Claim, others []environment.Claim) (netip.Prefix, error) {
	if f.NetworkCIDR != "" {
		return environment.ParseBlock(f.NetworkCIDR)
	}
	if !from.Block.IsValid() {
		return netip.Prefix{}, fmt.Errorf("environment %q has no network block from which to take the size; add --network-cidr BLOCK", f.From)
	}
	inUse, err := stackfile.PrivateRanges(f.Root)
	if err != nil {
		return netip.Prefix{}, err
	}
	for _, other := range others {
		inUse = append(inUse, other.Block)
	}
	return environment.FreeBlock(from.Block, inUse)
}

// collisions returns an error if the last claim collides with an earlier one.
func collisions(claims []environment.Claim) error {
	last := claims[len(claims)-1]
	for _, other := range claims[:len(claims)-1] {
		switch {
		case other.Project == last.Project:
			return fmt.Errorf("project %s belongs to environment %q, and Binary Authorization has only one policy per project; choose another with --project", last.Project, other.Environment)
		case other.Block.IsValid() && other.Block.Overlaps(last.Block):
			return fmt.Errorf("the block %s overlaps %s of environment %q; choose another with --network-cidr, or omit the flag to get a free block", last.Block, other.Block, other.Environment)
		}
	}
	return nil
}

// check validates the new environment, with assumed values for the settings that are
// still to be set.
func (f *Fork) check() error {
	file, err := stackfile.Parse(f.Text)
	if err != nil {
		return fmt.Errorf("reading the new environment: %w", err)
	}
	maps.Copy(file.Settings, f.Assumed)
	for _, key := range f.Pending {
		file.Settings[key] = f.assumed(key, file.Settings)
	}
	_, err = file.Load(f.Root, f.To, file.Settings, f.Pending)
	var problems environment.Problems
	if !errors.As(err, &problems) {
		return err
	}
	for i, problem := range problems.List {
		switch problem.Key {
		case projectKey:
			problems.List[i].Remedy = "--project PROJECT"
		case networkKey:
			problems.List[i].Remedy = "--network-cidr BLOCK"
		default: // copied from the original: fix it there, since the new stack does not exist yet
			problems.List[i].Remedy = strings.ReplaceAll(problem.Remedy, "--stack "+f.To+" ", "--stack "+f.From+" ")
		}
	}
	return fmt.Errorf("a copy of %q would not be valid, so none was created: %w", f.From, problems)
}

// assumed is the value that check uses for a setting that is still to be set. It is not
// written anywhere, so an address may be any valid one.
func (f *Fork) assumed(key string, settings map[string]any) any {
	placeholder := environment.Placeholders(settings)[key]
	if _, isList := placeholder.([]any); !isList {
		return placeholder
	}
	kept, _ := settings[key].([]any)
	for i := range f.pendingOf(key) {
		switch {
		case key == publicKey:
			kept = append(kept, fmt.Sprintf("8.8.8.%d/32", i+1))
		case key == privateKey && f.Block.Overlaps(netip.MustParsePrefix("192.168.250.0/24")):
			kept = append(kept, fmt.Sprintf("10.250.0.%d/32", i+1)) // no block overlaps both
		case key == privateKey:
			kept = append(kept, fmt.Sprintf("192.168.250.%d/32", i+1))
		default:
			kept = append(kept, placeholder.([]any)[0])
		}
	}
	return kept
}

// pendingOf counts the commands that set elements of a key.
func (f *Fork) pendingOf(key string) (n int) {
	for _, command := range f.Commands {
		if strings.Contains(command, "'"+key+"[") {
			n++
		}
	}
	return n
}

// Write writes the file atomically, and never overwrites one.
func (f *Fork) Write() error {
	temporary, err := os.CreateTemp(f.Root, ".fork-*")
	if err != nil {
		return fmt.Errorf("writing the new environment: %w", err)
	}
	_, err = temporary.Write(f.Text)
	err = errors.Join(err, temporary.Sync(), temporary.Close())
	if err == nil {
		err = os.Chmod(temporary.Name(), 0o644) //nolint:gosec // the mode that git uses; the file contains no secret
	}
	if err == nil {
		err = os.Link(temporary.Name(), f.Path) // fails if the file exists
	}
	if err = errors.Join(err, os.Remove(temporary.Name())); err != nil {
		return fmt.Errorf("writing the new environment: %w", err)
	}
	return nil
}

// pend records that the elements [from, to) of a list are still to be set.
func (f *Fork) pend(key string, from, to int) {
	f.note(key)
	for i := from; i < to; i++ {
		f.Commands = append(f.Commands, environment.Command("pulumi", "config", "set", "--secret", "--path", fmt.Sprintf("%s[%d]", key, i), "--stack", f.To))
	}
}

// pendWhole records that a setting is still to be set.
func (f *Fork) pendWhole(key string) {
	f.note(key)
	f.Commands = append(f.Commands, environment.Command("pulumi", "config", "set", "--secret", "--stack", f.To, key))
}

// replace records that an example has to be replaced by a real value.
func (f *Fork) replace(key, place string, node *yaml.Node) {
	example, _ := f.example(node)
	f.Notes = append(f.Notes, fmt.Sprintf("%s: %q of %s is an example and was not copied: %s %s", key, node.Value, f.From, example.Part, example.Kind))
	f.Examples = append(f.Examples, example.Command(f.To, place))
}

// assume records that a setting consists of examples only.
func (f *Fork) assume(key string) {
	if f.Assumed == nil {
		f.Assumed = map[string]any{}
	}
	f.Assumed[key] = f.from[key]
}

// note adds a key to Pending, once.
func (f *Fork) note(key string) {
	if !slices.Contains(f.Pending, key) {
		f.Pending = append(f.Pending, key)
	}
}
