// Package docs extracts the commands from the documents.
package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Command is a command in a document.
type Command struct {
	// File is the document's path in the project, Line the line where the command begins.
	File string
	Line int
	// Text is the command, on one line and without a comment.
	Text string
	// Cloud says that the document marks the command as one that needs a cloud account, by
	// "(cloud)" in a heading above or in a comment behind it.
	Cloud bool
}

// String is for messages.
func (c Command) String() string { return fmt.Sprintf("%s:%d: %s", c.File, c.Line, c.Text) }

// tools are the first words of commands.
var tools = []string{
	"bao", "bastide", "export", "gcloud", "git", "gh", "go", "gpg", "helm", "kubectl", "make", "npx", "pulumi", "tar", "(umask",
}

// others are the first words of blocks that are not commands: layouts, outputs, code.
var others = []string{"KubeletConfig:", "{ID:", "rehearsal:", "[mandatory]", `{"deletion-protection":`, "Pulumi.*.yaml"}

// Files are README.md and the documents below docs/, except the decisions and the traps:
// these report commands, and do not ask the reader to type them.
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

// Commands are all commands of a document, in blocks and in running text. A block that
// begins with an unknown word is an error, so that no command is overlooked.
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

// reader reads a document line by line.
type reader struct {
	file  string
	found []Command
	// cloud says for each level of headings whether the current one is marked.
	cloud  [7]bool
	fenced bool
	block  bool // in an indented or fenced block
	foreign,
	continued bool
	blank bool
	// paragraph is the running text, and begin the number of its first line.
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

// mark records a heading, and ends the marks of the levels below it.
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
		return fmt.Errorf("%s:%d: %q begins with no tool that tests/docs knows; if it is a command, add its tool to `tools` and its test to `proofs`, else add its first word to `others`", r.file, number, line)
	}
	return nil
}

// comment is a comment behind a command.
var comment = regexp.MustCompile(`\s+# .*$`)

func (r *reader) add(number int, line string) {
	note := comment.FindString(line)
	cloud := slices.Contains(r.cloud[:], true) || strings.Contains(note, "(cloud)")
	r.found = append(r.found, Command{File: r.file, Line: number, Text: strings.TrimSpace(strings.TrimSuffix(line, note)), Cloud: cloud})
}

// inline matches a command in running text: a tool and its arguments.
var inline = regexp.MustCompile("`((?:" + strings.Join(tools[:len(tools)-1], "|") + `) [^` + "`]+)`( \\(cloud\\))?")

// end extracts the commands of a complete paragraph.
func (r *reader) end() {
	for _, match := range inline.FindAllStringSubmatch(r.paragraph.String(), -1) {
		r.add(r.begin, match[1])
		r.found[len(r.found)-1].Cloud = r.found[len(r.found)-1].Cloud || match[2] != ""
	}
	r.paragraph.Reset()
}
