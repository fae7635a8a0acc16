// Package doctor looks, before an `up`, for what would stop it or lock its
// administrator out. It reads this machine, an environment's settings and state, and
// Google Cloud as the user's own tools see it, and changes nothing.
package doctor

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"bastide/environment"
	"bastide/environment/stackfile"
)

// Finding is something wrong, told so that it can be mended without looking
// anything up.
type Finding struct {
	// What is wrong, and Why it matters.
	What, Why string
	// Remedy is what to type.
	Remedy string
	// Blocks tells that an `up` would fail, or lock somebody out; other findings are
	// worth a look.
	Blocks bool
}

// Report is what one check says.
type Report struct {
	// Check is its name.
	Check string
	// Seen is what was looked at, if nothing is wrong with it.
	Seen string
	// Skipped says why nothing was looked at.
	Skipped  string
	Findings []Finding
}

// Options says what to examine, with what.
type Options struct {
	// Root is the folder of the project, Environment what to examine.
	Root, Environment string
	// Address is the administrator's own public address. Empty, AddressFrom is asked
	// for it, a URL that answers with the caller's address as text. With neither the
	// check is skipped.
	Address, AddressFrom string
	// Now is the time; nil for the clock's.
	Now func() time.Time
	// Resources is the API that tells of permissions; empty for Google Cloud's.
	Resources string
}

// patient is what the checks look at.
type patient struct {
	Options
	tools tools
	file  stackfile.File
	// settings is the environment; nil if its settings have problems. What is
	// encrypted is in it only if the passphrase is at hand.
	settings *environment.Environment
	problems error
	// values are the settings as they stand in the file, decrypted if the passphrase is
	// at hand.
	values map[string]any
	// unlocked tells that the passphrase at hand is the right one, decrypted that all
	// settings are known.
	unlocked, decrypted bool
	state               state
}

// check is one thing to look at.
type check struct {
	name string
	look func(context.Context, *patient) Report
}

// checks are all of them, in the order in which one would mend what they find.
var checks = []check{
	{"settings", lookAtSettings},
	{"examples", lookAtExamples},
	{"other environments", lookAtOthers},
	{"go", lookAtGo},
	{"pulumi", lookAtPulumi},
	{"gcloud", lookAtGcloud},
	{"gke-gcloud-auth-plugin", lookAtPlugin},
	{"backend", lookAtBackend},
	{"stack", lookAtStack},
	{"passphrase", lookAtPassphrase},
	{"login", lookAtLogin},
	{"APIs", lookAtAPIs},
	{"permissions", lookAtPermissions},
	{"quotas", lookAtQuotas},
	{"own address", lookAtAddress},
	{"certificates", lookAtCertificates},
	{"Kubernetes version", lookAtVersion},
	{"namespaces", lookAtNamespaces},
	{"first up", lookAtBootstrap},
}

// Examine runs all checks. An error is that of an environment that can't be looked at.
func Examine(ctx context.Context, o Options) ([]Report, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	file, err := stackfile.Read(o.Root, o.Environment)
	if err != nil {
		return nil, err
	}
	p := &patient{Options: o, tools: tools{dir: o.Root}, file: file}
	if err := p.load(); err != nil {
		return nil, err
	}
	p.state = readState(ctx, p)
	var reports []Report
	for _, check := range checks {
		report := check.look(ctx, p)
		report.Check = check.name
		reports = append(reports, report)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return reports, nil
}

// Blocks tells whether anything that was found stops an `up`.
func Blocks(reports []Report) bool {
	for _, report := range reports {
		for _, finding := range report.Findings {
			if finding.Blocks {
				return true
			}
		}
	}
	return false
}

// Write tells people.
func Write(out io.Writer, reports []Report) {
	var fine, skipped, found, blocking int
	for _, r := range reports {
		switch {
		case r.Skipped != "":
			skipped++
			fmt.Fprintf(out, "%-12s %-24s because %s\n", "not checked", r.Check, r.Skipped)
		case len(r.Findings) == 0:
			fine++
			fmt.Fprintf(out, "%-12s %-24s %s\n", "fine", r.Check, r.Seen)
		}
		for _, f := range r.Findings {
			word := "look"
			found++
			if f.Blocks {
				word = "BLOCKS"
				blocking++
			}
			fmt.Fprintf(out, "%-12s %-24s %s\n", word, r.Check, indented(f.What))
			fmt.Fprintf(out, "%-12s   why:  %s\n", "", indented(f.Why))
			fmt.Fprintf(out, "%-12s   type: %s\n", "", indented(f.Remedy))
		}
	}
	fmt.Fprintf(out, "\ndoctor: %d checks: %d fine, %d not checked, %d findings, %d of which block\n", len(reports), fine, skipped, found, blocking)
}

// indented keeps what has several lines under its first one.
func indented(text string) string {
	return strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n                 ")
}
