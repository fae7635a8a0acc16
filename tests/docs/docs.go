// Package docs finds every command that the documents show.
package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Command is one that a document shows.
type Command struct {
	// File is the document's path in the project, Line where the command begins.
	File string
	Line int
	// Text is the command, on one line and without a comment.
	Text string
	// Cloud says that the document marks it as one that needs a cloud account: by
	// "(cloud)" in a heading above, or in its own comment.
	Cloud bool
}

// String is for messages.
func (c Command) String() string { return fmt.Sprintf("%s:%d: %s", c.File, c.Line, c.Text) }

// tools are the words that commands begin with.
var tools = []string{
	"bao", "bastide", "export", "gcloud", "git", "gh", "go", "gpg", "helm", "kubectl", "make", "npx", "pulumi", "tar", "(umask",
}

// others are the first words of blocks that are no commands: layouts, outputs, code.
var others = []string{"KubeletConfig:", "{ID:", "rehearsal:", "[mandatory]", `{"deletion-protection":`, "environment/"}

// Files are the documents: README.md and all below docs/, but for the records of
// decisions and of traps, which tell what was seen and ask nobody to type it.
func Files(root string) (paths []string, err error) {
	paths = []string{"README.md"}
	err = filepath.WalkDir(filepath.Join(root, "docs"), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".md" {
			return err
		}
		relative, err := filepath.Rel(root, path)
		if !strings.HasPrefix(relative, filepath.Join("docs", "adr")) && relative != filepath.Join("docs", "traps.md") {
			paths = append(paths, relative)
		}
		return err
	})
	return paths, err
}

// Commands are all that a document shows, in blocks and in the text. A block that
// begins with no tool that is known is an error, so that nothing goes unnoticed.
func Commands(root, file string) (found []Command, err error) {
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		return nil, fmt.Errorf("reading a document: %w", err)
	}
	r := &reader{file: file}
	for number, line := range strings.Split(string(text), "\n") {
		if err := r.take(number+1, line); err != nil {
			return nil, err
		}
	}
	r.end()
	return r.found, nil
}

// reader goes through a document line by line.
type reader struct {
	file  string
	found []Command
	// cloud tells for each level of headings whether the current one is marked.
	cloud  [7]bool
	fenced bool
	block  bool // in a block of commands, or of something else
	foreign,
	continued bool
	blank bool
	// paragraph is the running text, and begin its first line.
	paragraph strings.Builder
	begin     int
}

var heading = regexp.MustCompile(`^(#{1,6}) (.*)$`)

func (r *reader) take(number int, line string) error {
	trimmed := strings.TrimSpace(line)
	indented := strings.HasPrefix(line, "    ") && (r.blank || r.block)
	switch {
	case strings.HasPrefix(trimmed, "```"):
		r.end()
		r.fenced, r.block, r.foreign = !r.fenced, !r.fenced, false
	case r.fenced || indented && trimmed != "":
		return r.inBlock(number, trimmed)
	case trimmed == "":
		r.end()
		r.blank = true
		return nil
	default:
		r.block, r.foreign = false, false
		if at := heading.FindStringSubmatch(line); at != nil {
			r.end()
			r.mark(len(at[1]), strings.Contains(at[2], "(cloud)"))
			return nil
		}
		if r.paragraph.Len() == 0 {
			r.begin = number
		}
		r.paragraph.WriteString(trimmed + " ")
	}
	r.blank = false
	return nil
}

// mark notes a heading, and ends those below it.
func (r *reader) mark(level int, cloud bool) {
	r.cloud[level] = cloud
	for below := level + 1; below < len(r.cloud); below++ {
		r.cloud[below] = false
	}
}

// assignments are variables before a command.
var assignments = regexp.MustCompile(`^(?:[A-Z0-9_]+=\S+ )+`)

// inBlock reads a line of a block.
func (r *reader) inBlock(number int, line string) error {
	line = assignments.ReplaceAllString(line, "")
	first, _, _ := strings.Cut(line, " ")
	begins := !r.block || r.fenced && !r.foreign
	r.blank = false
	switch {
	case line == "" || r.foreign:
		return nil
	case r.continued:
		last := &r.found[len(r.found)-1]
		r.continued = strings.HasSuffix(line, `\`)
		last.Text += " " + strings.TrimSpace(strings.TrimSuffix(line, `\`))
	case slices.Contains(tools, first):
		r.block = true
		r.continued = strings.HasSuffix(line, `\`)
		r.add(number, strings.TrimSpace(strings.TrimSuffix(line, `\`)))
	case begins && slices.Contains(others, first):
		r.block, r.foreign = true, true
	default:
		return fmt.Errorf("%s:%d: %q begins with no tool that tests/docs knows; if it is a command, name its tool and prove it, else name it among `others`", r.file, number, line)
	}
	return nil
}

// comment is what stands behind a command.
var comment = regexp.MustCompile(`\s+# .*$`)

func (r *reader) add(number int, line string) {
	note := comment.FindString(line)
	cloud := slices.Contains(r.cloud[:], true) || strings.Contains(note, "(cloud)")
	r.found = append(r.found, Command{File: r.file, Line: number, Text: strings.TrimSpace(strings.TrimSuffix(line, note)), Cloud: cloud})
}

// inline are the commands in running text: a tool, and what it is to do.
var inline = regexp.MustCompile("`((?:" + strings.Join(tools[:len(tools)-1], "|") + `) [^` + "`]+)`( \\(cloud\\))?")

// end reads a paragraph that has come to its end.
func (r *reader) end() {
	for _, match := range inline.FindAllStringSubmatch(r.paragraph.String(), -1) {
		r.add(r.begin, match[1])
		r.found[len(r.found)-1].Cloud = r.found[len(r.found)-1].Cloud || match[2] != ""
	}
	r.paragraph.Reset()
}
