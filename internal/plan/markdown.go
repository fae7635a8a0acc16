package plan

import (
	"fmt"
	"strings"
)

// Limit is how long a comment may be, in bytes: GitHub takes 65,536 characters, and
// whoever posts it may add some.
const Limit = 60_000

// Markdown is the comparison for a comment. What is most dangerous comes first, so
// that a comment that is cut short at limit bytes leaves out the least.
func (c *Comparison) Markdown(limit int) string {
	var d document
	c.head(&d)
	d.changes(Replaced, c.Changes)
	c.refusals(&d)
	d.list("The preview failed", c.Messages)
	d.list("Violations that appear", c.Appeared)
	if !c.New {
		d.list("Policies that judged before and no longer do", only(c.Judged[0], c.Judged[1]))
	}
	d.changes(Removed, c.Changes)
	d.properties("Settings", c.Settings)
	d.changes(Changed, c.Changes)
	d.changes(Added, c.Changes)
	d.list("Violations that vanish", c.Vanished)
	if !c.New {
		d.list("Policies that judge and did not before", only(c.Judged[1], c.Judged[0]))
	}
	if len(c.Placeholders) > 0 {
		d.line("")
		d.line("Placeholders stand for what is encrypted (%s): nothing was decrypted.", code(strings.Join(c.Placeholders, ", ")))
	}
	return d.cut(limit, fmt.Sprintf("bastide plan %s --against REF", c.Environment))
}

// head is what stands above the lists.
func (c *Comparison) head(d *document) {
	d.line("### Plan for `%s`, compared with %s", c.Environment, code(c.Against))
	d.line("")
	failed := ""
	if c.Failed {
		failed = " **The preview failed**, so an `up` would, too."
	}
	d.line("**%s**; %d stay as they are.%s %s", c.summary(), c.Same, failed, c.verdict())
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
		d.line("Uncommitted changes of the working tree are part of it.")
	}
}

// refusals say what is protected, because of what it would go, and what to do.
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
		fate := "replaced"
		if change.Kind == Removed {
			fate = "removed"
		}
		d.line("- %s is protected (`bastide:deletionProtection`) and would be %s%s. %s", code(change.Name), fate, change.because(), change.remedy(c.Environment))
	}
}

// remedy is what to do about something that is refused.
func (c Change) remedy(environment string) string {
	unlock := fmt.Sprintf("to mean it, follow `docs/runbooks/destroy.md` as far as `bastide:deletionProtection false`, with an `up` of `%s`, first", environment)
	switch {
	case len(c.Causes) == 1 && c.Causes[0] != theProgram:
		return fmt.Sprintf("Leave %s as it was; %s.", code(c.Causes[0]), unlock)
	default:
		return "Take that back; " + unlock + "."
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

// verdict is what the policy pack says, in short.
func (c *Comparison) verdict() string {
	if len(c.Judged[1]) == 0 {
		return "No policy has judged it."
	}
	return fmt.Sprintf("%d policies judged it: %d violations appear, %d vanish.", len(c.Judged[1]), len(c.Appeared), len(c.Vanished))
}

// document is Markdown whose every line can be the last one.
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

// changes lists those of a kind. Each replacement says what forces it.
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
		d.line("What these depend on is not known before `up`, and neither is whether they change:")
		for _, name := range perhaps {
			d.line("- %s", name)
		}
	}
}

// reason is why a resource is replaced.
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

// cut joins the lines as far as there is room, and says how many are left out.
func (d *document) cut(limit int, whole string) string {
	const room = 200 // for the last line
	text := strings.Join(d.lines, "\n") + "\n"
	if len(text) <= limit {
		return text
	}
	var b strings.Builder
	for i, line := range d.lines {
		if b.Len()+len(line)+1 > limit-room {
			fmt.Fprintf(&b, "\n**%d more lines do not fit in here;** %s writes all of them to a file.\n", len(d.lines)-i, code(whole))
			break
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// code is a text that Markdown leaves alone: in a code span nobody is mentioned, and
// nothing becomes a link or a tag. Its fence is longer than any in the text.
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
