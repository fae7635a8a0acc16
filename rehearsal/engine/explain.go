package engine

import (
	"errors"
	"regexp"
	"strings"
)

var markup = regexp.MustCompile(`<\{%[^%]*%\}>`)

// plain takes the engine's colour marks out of a message, and the word in front of it
// that whoever prints an error writes anyway.
func plain(message string) string {
	return strings.TrimPrefix(strings.TrimSpace(markup.ReplaceAllString(message, "")), "error: ")
}

// explain keeps of an Automation API error what a person can use: the CLI's own
// words, without the transcript around them.
func explain(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if _, stderr, found := strings.Cut(text, "\nstderr: "); found && strings.TrimSpace(stderr) != "" {
		return errors.New(strings.TrimSpace(stderr))
	}
	return err
}
