package environment

import (
	"strings"

	"al.essio.dev/pkg/shellescape"
)

// Command is a command line that sh, bash and zsh read as these words, whatever is in
// them: what people are told to type goes through here.
func Command(words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = shellescape.Quote(word)
		if strings.HasPrefix(quoted[i], "=") {
			quoted[i] = "'" + word + "'" // zsh takes =WORD for the path of a program
		}
	}
	return strings.Join(quoted, " ")
}
