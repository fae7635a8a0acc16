// Package doctor checks, before an `up`, for problems that would make it fail or lock
// its administrator out. It inspects this machine, an environment's settings and state,
// and Google Cloud through the user's own tools, and changes nothing.
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

// Finding is a problem, described so that it can be fixed without looking anything up.
type Finding struct {
	// What says what is wrong, Why says why it matters.
	What, Why string
	// Remedy is what to type.
	Remedy string
	// Blocks is true if an `up` would fail or lock somebody out. Other findings are
	// warnings.
	Blocks bool
}

// Report is the result of one check.
type Report struct {
	// Check is the check's name.
	Check string
	// Seen says what was checked, if there are no findings.
	Seen string
	// Skipped says why the check was not run.
	Skipped  string
	Findings []Finding
}

// Options says what to examine, and how.
type Options struct {
	// Root is the project's folder, Environment the environment to examine.
	Root, Environment string
	// Address is the administrator's own public address. If it is empty, AddressFrom is
	// asked for it: a URL that answers with the caller's address as text. If both are
	// empty the check is skipped.
	Address, AddressFrom string
	// Now returns the current time; nil for the clock's.
	Now func() time.Time
	// Resources is the URL of the Resource Manager API; empty for Google Cloud's.
	Resources string
}

// examination is what the checks work on.
type examination struct {
	Options
	tools tools
	file  stackfile.File
	// settings is the environment; nil if its settings have problems. It includes the
	// encrypted settings only if the passphrase is set.
	settings *environment.Environment
	problems error
	// values are the settings as written in the file, decrypted if the passphrase is set.
	values map[string]any
	// unlocked is true if the passphrase that is set is the right one, decrypted if the
	// values of all settings are known.
	unlocked, decrypted bool
	state               state
}

// check is one named check.
type check struct {
	name string
	run  func(context.Context, *examination) Report
}

// checks are all checks, in the order in which their findings are best fixed.
var checks = []check{
	{"settings", checkSettings},
	{"examples", checkExamples},
	{"other environments", checkOthers},
	{"go", checkGo},
	{"pulumi", checkPulumi},
	{"gcloud", checkGcloud},
	{"gke-gcloud-auth-plugin", checkPlugin},
	{"backend", checkBackend},
	{"stack", checkStack},
	{"passphrase", checkPassphrase},
	{"login", checkLogin},
	{"APIs", checkAPIs},
	{"permissions", checkPermissions},
	{"quotas", checkQuotas},
	{"own address", checkAddress},
	{"certificates", checkCertificates},
	{"Kubernetes version", checkVersion},
	{"namespaces", checkNamespaces},
	{"first up", checkBootstrap},
}

// Examine runs all checks. It returns an error if the environment can't be examined at all.
func Examine(ctx context.Context, o Options) ([]Report, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	file, err := stackfile.Read(o.Root, o.Environment)
	if err != nil {
		return nil, err
	}
	x := &examination{Options: o, tools: tools{dir: o.Root}, file: file}
	if err := x.load(); err != nil {
		return nil, err
	}
	x.state = readState(ctx, x)
	var reports []Report
	for _, check := range checks {
		report := check.run(ctx, x)
		report.Check = check.name
		reports = append(reports, report)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return reports, nil
}

// Blocks reports whether any finding blocks an `up`.
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

// Write prints the reports as text, and counts them at the end.
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
			label := "warning"
			found++
			if f.Blocks {
				label = "BLOCKS"
				blocking++
			}
			fmt.Fprintf(out, "%-12s %-24s %s\n", label, r.Check, indented(f.What))
			fmt.Fprintf(out, "%-12s   why:  %s\n", "", indented(f.Why))
			fmt.Fprintf(out, "%-12s   type: %s\n", "", indented(f.Remedy))
		}
	}
	fmt.Fprintf(out, "\ndoctor: %d checks: %d fine, %d not checked, %d findings, %d of which block\n", len(reports), fine, skipped, found, blocking)
}

// indented aligns the further lines of a text with its first one.
func indented(text string) string {
	return strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n                 ")
}
