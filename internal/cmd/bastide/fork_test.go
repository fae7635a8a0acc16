package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"bastide/environment/fork"
)

// Example values are replaced before doctor runs, which would block on missing settings.
func TestForkListsRemainingCommandsInOrder(t *testing.T) {
	said := written(&fork.Fork{
		Options: fork.Options{From: "one", To: "two", Salt: "v1:a:b"}, Path: "Pulumi.two.yaml",
		Commands: []string{"set a secret"}, Examples: []string{"set what was an example"}, Notes: []string{"it was one"},
	})
	assert.Contains(t, said, "note: it was one\n")
	_, list, found := strings.Cut(said, "Left to do, in this order:\n\n")
	assert.True(t, found)
	var order []string
	for line := range strings.Lines(list) {
		if command, is := strings.CutPrefix(line, "  "); is {
			order = append(order, strings.TrimSpace(command))
		}
	}
	assert.Equal(t, []string{
		"pulumi stack init two", "set a secret", "set what was an example",
		"make doctor ENV=two", "make preview ENV=two", "make up ENV=two",
		"pulumi config set --stack two bastide:openbaoBootstrap false",
	}, order)
}
