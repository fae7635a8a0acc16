package engine

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"

	"bastide/environment"
	"bastide/environment/stackfile"
)

// Passphrase is the passphrase of the dev environment and of every rehearsal. It
// protects nothing: docs/rehearsal.md publishes it.
const Passphrase = "rehearsal"

// known is the plain text that the CLI encrypts into an encryptionsalt, to check later
// whether a passphrase is right.
const known = "pulumi"

// Unlock returns the crypter for the secrets of a stack, or nil if the passphrase does
// not match the stack's encryptionsalt, "v1:SALT:CHECK". It takes a second, because
// deriving the key is slow by design.
func Unlock(state, passphrase string) config.Crypter {
	parts := strings.SplitN(state, ":", 3)
	if len(parts) != 3 || parts[0] != "v1" {
		return nil
	}
	salt, err := base64.StdEncoding.DecodeString(parts[1])
	if err != nil {
		return nil
	}
	crypter := config.NewSymmetricCrypterFromPassphrase(passphrase, salt)
	if word, err := crypter.DecryptValue(context.Background(), parts[2]); err != nil || word != known {
		return nil
	}
	return crypter
}

// NewSalt makes an encryptionsalt for a passphrase, and the crypter for both.
func NewSalt(passphrase string) (state string, crypter config.Crypter, err error) {
	salt := make([]byte, 8)
	if _, err := rand.Read(salt); err != nil {
		return "", nil, fmt.Errorf("making a salt: %w", err)
	}
	crypter = config.NewSymmetricCrypterFromPassphrase(passphrase, salt)
	check, err := crypter.EncryptValue(context.Background(), known)
	if err != nil {
		return "", nil, fmt.Errorf("making a salt: %w", err)
	}
	return "v1:" + base64.StdEncoding.EncodeToString(salt) + ":" + check, crypter, nil
}

// UsersPassphrase returns the passphrase that the CLI would use without prompting, and
// whether there is one.
func UsersPassphrase() (passphrase string, given bool, err error) {
	const variable, file = "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"
	if passphrase, given = os.LookupEnv(variable); given {
		return passphrase, true, nil
	}
	path := os.Getenv(file)
	if path == "" {
		return "", false, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", false, fmt.Errorf("reading the file that %s names: %w", file, err)
	}
	return strings.TrimSpace(string(text)), true, nil
}

// Load reads and checks an environment's settings as the program would. If the
// passphrase that the CLI would use without prompting matches, encrypted settings are
// decrypted, in memory, and opened holds all settings. Otherwise placeholders replace
// the encrypted ones, and opened is nil.
func Load(root, name string, file stackfile.File) (loaded *environment.Environment, opened map[string]any, err error) {
	passphrase, given, err := UsersPassphrase()
	var crypter config.Crypter
	if err == nil && given && file.Salt != "" {
		crypter = Unlock(file.Salt, passphrase)
	}
	if crypter == nil {
		loaded, err = file.LoadWithPlaceholders(root, name)
		return loaded, nil, err
	}
	opened = file.Decrypted(revealed(crypter))
	loaded, err = file.Load(root, name, opened, file.Encrypted())
	return loaded, opened, err
}

// revealed decrypts values for checks. A value that can't be decrypted becomes a text
// that fails the checks and says so.
func revealed(crypter config.Decrypter) func(string) string {
	return func(ciphertext string) string {
		plain, err := crypter.DecryptValue(context.Background(), ciphertext)
		if err != nil {
			return "something that can't be decrypted"
		}
		return plain
	}
}
