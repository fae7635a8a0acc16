// Package fork begins a new environment from one that exists.
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

// Options says what to begin from what.
type Options struct {
	// Root is the folder of the project.
	Root string
	// From is the environment to copy, To the new one.
	From, To string
	// Project is the new environment's Google Cloud project, which no other has.
	Project string
	// NetworkCIDR is its network block; empty for the next one that is free, of the
	// size that From has.
	NetworkCIDR string
	// Rehearsal makes one that is only ever rehearsed.
	Rehearsal bool
	// Salt is its encryptionsalt. Empty, `pulumi stack init` writes one.
	Salt string
}

// Fork is a new environment that is complete and valid, but not written yet.
type Fork struct {
	Options
	// Path and Text are its file.
	Path string
	Text []byte
	// Block is its network block.
	Block netip.Prefix
	// Pending are its settings that were not copied because they are secrets, or
	// good for rehearsals only; Commands set them.
	Pending  []string
	Commands []string
	// Examples are commands that set what the environment that is copied has only an
	// example for. Assumed are those examples, by setting, if nothing else is left of
	// it: something has to be there while the new environment is judged and planned.
	Examples []string
	Assumed  map[string]any
	// Notes say what else was not copied, and why.
	Notes []string

	// from are the settings of the environment that is copied.
	from map[string]any
}

// Settings that a new environment never takes over.
const (
	projectKey   = "gcp:project"
	networkKey   = environment.Namespace + ":networkCidr"
	bootstrapKey = environment.Namespace + ":openbaoBootstrap"
	rehearsalKey = environment.Namespace + ":rehearsal"
	protectedKey = environment.Namespace + ":deletionProtection"
)

// Settings of addresses, which may be stored encrypted.
const (
	publicKey  = environment.Namespace + ":adminCidrs"
	privateKey = environment.Namespace + ":privateAdminCidrs"
)

// Prepare makes a new environment, and changes nothing. All that is wrong with it is
// an error: a collision with others, or settings that the program would refuse.
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

// source reads the environment to copy, once the new one may have its name.
func (f *Fork) source() ([]byte, error) {
	if !environment.IsName(f.To) {
		return nil, fmt.Errorf("%q can't be the name of an environment: lower case letters, digits and single hyphens, a letter first", f.To)
	}
	if f.Project == "" {
		return nil, errors.New("no Google Cloud project is named, and each environment has one of its own; add --project PROJECT")
	}
	if _, err := os.Lstat(f.Path); !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s is there already, and nothing is written over it; choose another name, or remove it first", stackfile.Name(f.To))
	}
	return stackfile.Text(f.Root, f.From)
}

// block is the network block that was asked for, or the next one that is free.
func (f *Fork) block(from environment.Claim, others []environment.Claim) (netip.Prefix, error) {
	if f.NetworkCIDR != "" {
		return environment.ParseBlock(f.NetworkCIDR)
	}
	if !from.Block.IsValid() {
		return netip.Prefix{}, fmt.Errorf("environment %q has no network block whose size could be taken; add --network-cidr BLOCK", f.From)
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

// collisions is an error if the last of the claims collides with an earlier one.
func collisions(claims []environment.Claim) error {
	last := claims[len(claims)-1]
	for _, other := range claims[:len(claims)-1] {
		switch {
		case other.Project == last.Project:
			return fmt.Errorf("project %s is that of environment %q, and Binary Authorization has one policy for each project; name another with --project", last.Project, other.Environment)
		case other.Block.IsValid() && other.Block.Overlaps(last.Block):
			return fmt.Errorf("the block %s overlaps %s of environment %q; name another with --network-cidr, or leave it out and get one that is free", last.Block, other.Block, other.Environment)
		}
	}
	return nil
}

// check holds the new environment against the program's own rules, with a public
// address where a secret is still to be set.
func (f *Fork) check() error {
	file, err := stackfile.Parse(f.Text)
	if err != nil {
		return fmt.Errorf("reading what was made: %w", err)
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
		default: // there is no such stack yet; what is wrong was copied
			problems.List[i].Remedy = strings.ReplaceAll(problem.Remedy, "--stack "+f.To+" ", "--stack "+f.From+" ")
		}
	}
	return fmt.Errorf("a copy of %q would not be valid, so none was made: %w", f.From, problems)
}

// assumed is a value that the program's rules are asked about in place of one that is
// still to be set. It goes nowhere else, so an address may be anybody's.
func (f *Fork) assumed(key string, settings map[string]any) any {
	standIn := environment.StandIns(settings)[key]
	if _, isList := standIn.([]any); !isList {
		return standIn
	}
	kept, _ := settings[key].([]any)
	for i := range f.pendingOf(key) {
		switch {
		case key == publicKey:
			kept = append(kept, fmt.Sprintf("8.8.8.%d/32", i+1))
		case key == privateKey && f.Block.Overlaps(netip.MustParsePrefix("192.168.250.0/24")):
			kept = append(kept, fmt.Sprintf("10.250.0.%d/32", i+1)) // no block is in both
		case key == privateKey:
			kept = append(kept, fmt.Sprintf("192.168.250.%d/32", i+1))
		default:
			kept = append(kept, standIn.([]any)[0])
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

// Write writes the file, whole or not at all, and never over another one.
func (f *Fork) Write() error {
	temporary, err := os.CreateTemp(f.Root, ".fork-*")
	if err != nil {
		return fmt.Errorf("writing the new environment: %w", err)
	}
	_, err = temporary.Write(f.Text)
	err = errors.Join(err, temporary.Sync(), temporary.Close())
	if err == nil {
		err = os.Chmod(temporary.Name(), 0o644) //nolint:gosec // as git keeps it; it holds nothing secret
	}
	if err == nil {
		err = os.Link(temporary.Name(), f.Path) // which fails if there is one
	}
	if err = errors.Join(err, os.Remove(temporary.Name())); err != nil {
		return fmt.Errorf("writing the new environment: %w", err)
	}
	return nil
}

// pend notes that elements of a list, from an index on, are still to be set.
func (f *Fork) pend(key string, from, to int) {
	f.note(key)
	for i := from; i < to; i++ {
		f.Commands = append(f.Commands, environment.Command("pulumi", "config", "set", "--secret", "--path", fmt.Sprintf("%s[%d]", key, i), "--stack", f.To))
	}
}

// pendWhole notes that a setting is still to be set.
func (f *Fork) pendWhole(key string) {
	f.note(key)
	f.Commands = append(f.Commands, environment.Command("pulumi", "config", "set", "--secret", "--stack", f.To, key))
}

// replace notes that something of one's own is to be set in place of an example.
func (f *Fork) replace(key, place string, node *yaml.Node) {
	example, _ := f.example(node)
	f.Notes = append(f.Notes, fmt.Sprintf("%s: %q of %s is an example and was not copied: %s %s", key, node.Value, f.From, example.Part, example.Kind))
	f.Examples = append(f.Examples, example.Command(f.To, place))
}

// assume notes that nothing is left of a setting but examples.
func (f *Fork) assume(key string) {
	if f.Assumed == nil {
		f.Assumed = map[string]any{}
	}
	f.Assumed[key] = f.from[key]
}

func (f *Fork) note(key string) {
	if !slices.Contains(f.Pending, key) {
		f.Pending = append(f.Pending, key)
	}
}
