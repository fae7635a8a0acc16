package tls

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPrivateKeyOutputsAgreeForEachCurve(t *testing.T) {
	test := testTLS(t)
	for curve, bits := range map[string]int{"P256": 256, "P384": 384} {
		made := test.make(privateKeyType, map[string]any{"algorithm": "ECDSA", "ecdsaCurve": curve})
		sec1, err := privateKey(inClear(made.outputs), "privateKeyPem")
		require.NoError(t, err)
		pkcs8, err := privateKey(inClear(made.outputs), "privateKeyPemPkcs8")
		require.NoError(t, err)
		assert.True(t, sec1.Equal(pkcs8))
		assert.Equal(t, bits, sec1.Params().BitSize)
		assert.Equal(t, sec1.Public(), public(t, made.text("publicKeyPem")))
		assert.Regexp(t, `^[0-9a-f]{40}$`, made.id.String())
		want, err := fingerprint(&sec1.PublicKey)
		require.NoError(t, err)
		assert.Equal(t, want, made.text("publicKeyFingerprintSha256"))
	}
}

func public(t *testing.T, text string) *ecdsa.PublicKey {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	require.NotNil(t, block)
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	require.NoError(t, err)
	return key.(*ecdsa.PublicKey)
}

// The fingerprints are those that ssh-keygen printed for two keys that it generated.
func TestFingerprintsMatchOpenSSH(t *testing.T) {
	for text, want := range map[string]string{
		`-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE/xIyt0OEIXb4zirSc5es3ZvLONNK
PmBztyxkjp9nPJAbNXnFJiV+F6ivGRQqRoDAhi3K2i2AY/ag5SrXchtd+w==
-----END PUBLIC KEY-----
`: "SHA256:FpEmva3h9u8SDIgTNTdZdy+SImKnIOHZbUs36LOtMLQ",
		`-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE0tozj5RradaVh5/eoxGhExNlvmsLEzHX
xG3eNISYlBuzpSrJlfSVMRMj3Rv74oq72Y9MEmeqT4G7hUZFOorzBz/qetswo9Oh
/DuUavv2vdmd8CBWrmESx0qPcwnYF011
-----END PUBLIC KEY-----
`: "SHA256:kgPzm28RxEqqBnOoAvn8Q+8ErIjOuEyYqatcuBf4cWo",
	} {
		got, err := fingerprint(public(t, text))
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
}
