package engine

import (
	"errors"
	"regexp"
	"strings"
)

var markup = regexp.MustCompile(`<\{%[^%]*%\}>`)

// plain removes the engine's colour markup from a message, and the leading "error: ",
// which the code that prints the error adds itself.
func plain(message string) string {
	return strings.TrimPrefix(strings.TrimSpace(markup.ReplaceAllString(message, "")), "error: ")
}

// explain replaces the error of a failed command ("exit status 1") by the CLI's own
// message, if it printed one.
func explain(err error, stderr string) error {
	if message := plain(stderr); err != nil && message != "" {
		return errors.New(message)
	}
	return err
}
