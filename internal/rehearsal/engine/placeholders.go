package engine

import (
	"context"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"

	"bastide/environment/stackfile"
)

// replaceSecrets returns the settings of a stack in a form that Passphrase opens, with
// stand-ins for what is encrypted and for what is pending. They are encrypted as well,
// so that every output masks them.
func replaceSecrets(file stackfile.File, pending []string) (text []byte, replaced []string, err error) {
	made, err := seal()
	if err != nil {
		return nil, nil, err
	}
	settings, replaced, err := file.WithStandIns(pending, func(text string) (any, error) {
		encrypted, err := made.crypter.EncryptValue(context.Background(), text)
		return map[string]any{"secure": encrypted}, err
	})
	if err != nil {
		return nil, nil, err
	}
	// Without its salt, provider and key: the rehearsal's passphrase takes over.
	stack := stackfile.File{Settings: settings}
	if len(replaced) > 0 {
		stack.Salt = made.salt
	}
	text, err = stack.YAML()
	return text, replaced, err
}

// seal encrypts with Passphrase. It is made once: deriving a key takes a second.
var seal = sync.OnceValues(func() (s struct {
	salt    string
	crypter config.Crypter
}, err error) {
	s.salt, s.crypter, err = NewSalt(Passphrase)
	return s, err
})
