package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The help of a command explains it to somebody who has never used it.
func TestHelpHasExitStatusAndThreeExamples(t *testing.T) {
	for _, command := range []*cobra.Command{planning(), forking(), examining()} {
		var out bytes.Buffer
		command.SetOut(&out)
		command.SetArgs([]string{"--help"})
		require.NoError(t, command.Execute())
		assert.NotEmpty(t, command.Short)
		assert.Contains(t, out.String(), "Exit status: 0", command.Name())
		assert.GreaterOrEqual(t, strings.Count(command.Example, "bastide "+command.Name()), 3, "three examples of %s", command.Name())
		assert.NotContains(t, out.String(), "\t")
	}
}

func TestWrongArgumentsExitWithStatus2(t *testing.T) {
	for _, c := range []struct {
		command *cobra.Command
		args    []string
		wrong   string
	}{
		{planning(), nil, "name one environment; type `bastide plan staging`"},
		{planning(), []string{""}, "name one environment"},
		{planning(), []string{"a", "b"}, "name one environment"},
		{examining(), nil, "make doctor ENV=staging"},
		{forking(), nil, "bastide fork NAME --from dev --project PROJECT"},
	} {
		c.command.SetArgs(append([]string{}, c.args...))
		c.command.SilenceErrors, c.command.SilenceUsage = true, true
		err := c.command.Execute()
		assert.ErrorContains(t, err, c.wrong)
		assert.Equal(t, statusUnusable, status(err), fmt.Sprint(c.args))
	}
	assert.Equal(t, statusFound, status(errors.New("found")))
	assert.NoError(t, unusable(nil))
}
