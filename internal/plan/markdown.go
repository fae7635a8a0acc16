package plan

import (
	"fmt"
	"strings"
)

// Limit is how long a comment may be, in bytes: GitHub accepts 65,536 characters, and the
// workflow that posts it may add some.
const Limit = 60_000

// Markdown prints the comparison for a comment on a pull request. The most dangerous
// changes come first, so that cutting the comment at limit bytes drops the least important.
func (c *Comparison) Markdown(limit int) string {
	var d document
	c.head(&d)
	d.changes(Replaced, c.Changes)
	c.refusals(&d)
	d.list("The preview failed", c.Messages)
	d.list("New violations", c.Appeared)
	if !c.New {
		d.list("Policies that evaluated something before and no longer do", only(c.Evaluated[0], c.Evaluated[1]))
	}
	d.changes(Removed, c.Changes)
	d.properties("Settings", c.Settings)
	d.changes(Changed, c.Changes)
	d.changes(Added, c.Changes)
	d.list("Resolved violations", c.Vanished)
	if !c.New {
		d.list("Policies that evaluate something now and did not before", only(c.Evaluated[1], c.Evaluated[0]))
	}
	if len(c.Placeholders) > 0 {
		d.line("")
		d.line("Placeholders replace the encrypted settings (%s); nothing was decrypted.", code(strings.Join(c.Placeholders, ", ")))
	}
	return d.cut(limit, fmt.Sprintf("bastide plan %s --against REF", c.Environment))
}

// head writes the summary above the lists.
func (c *Comparison) head(d *document) {
	d.line("### Plan for `%s`, compared with %s", c.Environment, code(c.Against))
	d.line("")
	failed := ""
	if c.Failed {
		failed = " **The preview failed**, so an `up` would fail, too."
	}
	d.line("**%s**; %d stay as they are.%s %s", c.summary(), c.Same, failed, c.policySummary())
	if c.Cost != "" {
		d.line("")
		d.line("Cost: %s", c.Cost)
	}
	if c.New {
		d.line("")
		d.line("%s has no environment `%s`, so everything is new.", code(c.Against), c.Environment)
	}
	if c.Uncommitted {
		d.line("")
		d.line("Uncommitted changes of the working tree are included.")
	}
}

// refusals lists the protected resources that would be replaced or removed, with the causes and the remedy.
func (c *Comparison) refusals(d *document) {
	titled := false
	for _, change := range c.Changes {
		if !change.Refused {
			continue
		}
		if !titled {
			d.heading("Refused")
			titled = true
		}
		verb := "replaced"
		if change.Kind == Removed {
			verb = "removed"
		}
		d.line("- %s is protected (`bastide:deletionProtection`) and would be %s%s. %s", code(change.Name), verb, change.because(), change.remedy(c.Environment))
	}
}

// remedy says what to do about a change that is refused.
func (c Change) remedy(environment string) string {
	unlock := fmt.Sprintf("if you do want the change, first follow `docs/runbooks/destroy.md` as far as `bastide:deletionProtection false`, with an `up` of `%s`", environment)
	switch {
	case len(c.Causes) == 1 && c.Causes[0] != theProgram:
		return fmt.Sprintf("Leave %s as it was; %s.", code(c.Causes[0]), unlock)
	default:
		return "Undo the change; " + unlock + "."
	}
}

// summary counts the changes by kind.
func (c *Comparison) summary() string {
	counts := map[Kind]int{}
	for _, change := range c.Changes {
		counts[change.Kind]++
	}
	return fmt.Sprintf("%d added, %d changed, %d REPLACED, %d removed", counts[Added], counts[Changed], counts[Replaced], counts[Removed])
}

// policySummary counts the policies and violations.
func (c *Comparison) policySummary() string {
	if len(c.Evaluated[1]) == 0 {
		return "No policy evaluated it."
	}
	return fmt.Sprintf("%d policies evaluated it: %d new violations, %d resolved.", len(c.Evaluated[1]), len(c.Appeared), len(c.Vanished))
}

// document is Markdown that can be cut after any line.
type document struct{ lines []string }

func (d *document) line(format string, args ...any) {
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

func (d *document) heading(title string) {
	d.line("")
	d.line("#### %s", title)
}

func (d *document) list(title string, items []string) {
	if len(items) == 0 {
		return
	}
	d.heading(title)
	for _, item := range items {
		d.line("- %s", code(strings.Join(strings.Fields(item), " ")))
	}
}

func (d *document) properties(title string, list []Property) {
	if len(list) == 0 {
		return
	}
	d.heading(title)
	for _, p := range list {
		d.line("- %s", p.markdown())
	}
}

func (p Property) markdown() string {
	text := fmt.Sprintf("%s: %s → %s", code(p.Path), code(p.Old), code(p.New))
	if p.Forces {
		text += " **forces the replacement**"
	}
	return text
}

// changes lists the changes of one kind. Each replacement says what forces it.
func (d *document) changes(kind Kind, all []Change) {
	titled := false
	var perhaps []string
	for _, change := range all {
		if change.Kind != kind {
			continue
		}
		if kind == Changed && len(change.Properties) == 0 {
			perhaps = append(perhaps, code(change.Name))
			continue
		}
		if !titled {
			d.heading(strings.ToUpper(string(kind[:1])) + string(kind[1:]))
			titled = true
		}
		line := code(change.Type) + " " + code(change.Name)
		if kind == Replaced {
			line = "**REPLACED** " + line + change.reason()
		}
		d.line("- %s", line)
		for _, property := range change.Properties {
			d.line("  - %s", property.markdown())
		}
	}
	if len(perhaps) > 0 {
		d.heading("May change")
		d.line("These depend on values that are known only after `up`, so they may or may not change:")
		for _, name := range perhaps {
			d.line("- %s", name)
		}
	}
}

// reason says why a resource is replaced.
func (c Change) reason() string {
	var forcing []string
	for _, property := range c.Properties {
		if property.Forces {
			forcing = append(forcing, code(property.Path))
		}
	}
	reason := ", because something that it depends on is replaced"
	if len(forcing) > 0 {
		reason = ", because of " + strings.Join(forcing, ", ")
	}
	if len(c.Causes) > 0 {
		reason += ", which comes from " + c.causes()
	}
	if c.Refused {
		reason += ": **refused**, since it is protected"
	}
	return reason
}

// because names the causes, if they are known.
func (c Change) because() string {
	if len(c.Causes) == 0 {
		return ""
	}
	return " because of " + c.causes()
}

func (c Change) causes() string {
	var all []string
	for _, cause := range c.Causes {
		if cause != theProgram {
			cause = code(cause)
		}
		all = append(all, cause)
	}
	return strings.Join(all, " and of ")
}

// cut joins as many lines as fit, and says how many are left out.
func (d *document) cut(limit int, whole string) string {
	const room = 200 // for the last line
	text := strings.Join(d.lines, "\n") + "\n"
	if len(text) <= limit {
		return text
	}
	var b strings.Builder
	for i, line := range d.lines {
		if b.Len()+len(line)+1 > limit-room {
			fmt.Fprintf(&b, "\n**%d more lines do not fit here;** %s writes all of them to a file.\n", len(d.lines)-i, code(whole))
			break
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// code puts a text into a code span, in which nobody is mentioned and nothing becomes a
// link or a tag. Its delimiter is longer than any run of backticks in the text.
func code(text string) string {
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if text == "" || len(fence) > 1 {
		text = " " + text + " "
	}
	return fence + text + fence
}
