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

// explain makes an error of a failed command what a person can use: the CLI's own
// words, where it had any.
func explain(err error, stderr string) error {
	if said := plain(stderr); err != nil && said != "" {
		return errors.New(said)
	}
	return err
}
