package engine

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Whoever prints an error says that it is one.
func TestTheCLIsOwnWordsAreKeptWithoutTheirFirstOne(t *testing.T) {
	failed := errors.New("exit status 255")
	for said, want := range map[string]string{
		"error: no stack named 'x' found\n":    "no stack named 'x' found",
		"<{%fg 1%}>error: <{%reset%}>odd\n":    "odd",
		"warning: old\nerror: and then that\n": "warning: old\nerror: and then that",
		" \n":                                  "exit status 255",
	} {
		assert.EqualError(t, explain(failed, said), want)
	}
	assert.NoError(t, explain(nil, "warning: it went well"))
}
