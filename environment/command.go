package environment

import (
	"strings"

	"al.essio.dev/pkg/shellescape"
)

// Command quotes words for sh, bash and zsh. Every command in a message is made with it.
func Command(words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = shellescape.Quote(word)
		if strings.HasPrefix(quoted[i], "=") {
			quoted[i] = "'" + word + "'" // zsh expands =WORD to the path of a program
		}
	}
	return strings.Join(quoted, " ")
}
