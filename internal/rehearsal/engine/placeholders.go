package engine

import (
	"context"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"

	"bastide/environment/stackfile"
)

// replaceSecrets returns the settings of a stack, with placeholders for the encrypted
// and the pending ones. The placeholders are encrypted with Passphrase, so that every
// output masks them.
func replaceSecrets(file stackfile.File, pending []string) (text []byte, replaced []string, err error) {
	key, err := rehearsalKey()
	if err != nil {
		return nil, nil, err
	}
	settings, replaced, err := file.WithPlaceholders(pending, func(text string) (any, error) {
		encrypted, err := key.crypter.EncryptValue(context.Background(), text)
		return map[string]any{"secure": encrypted}, err
	})
	if err != nil {
		return nil, nil, err
	}
	// The stack's own salt, secrets provider and key are left out: the rehearsal uses
	// its passphrase.
	stack := stackfile.File{Settings: settings}
	if len(replaced) > 0 {
		stack.Salt = key.salt
	}
	text, err = stack.YAML()
	return text, replaced, err
}

// rehearsalKey is a salt for Passphrase, and the crypter for both. It is made once,
// because deriving a key takes a second.
var rehearsalKey = sync.OnceValues(func() (s struct {
	salt    string
	crypter config.Crypter
}, err error) {
	s.salt, s.crypter, err = NewSalt(Passphrase)
	return s, err
})
