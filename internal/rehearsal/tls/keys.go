package tls

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // identifiers are SHA-1 in the provider, and nothing trusts them
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// algorithm is the only one that the rehearsal supports.
const algorithm = "ECDSA"

// curves are the elliptic curves, by the provider's names.
var curves = map[string]elliptic.Curve{"P256": elliptic.P256(), "P384": elliptic.P384()}

func checkAlgorithm(inputs resource.PropertyMap) string {
	if given := text(inputs, "algorithm"); given != algorithm {
		return fmt.Sprintf("the rehearsal's tls provider supports %s keys, not %q; add that to internal/rehearsal/tls/keys.go", algorithm, given)
	}
	return ""
}

func checkCurve(inputs resource.PropertyMap) string {
	given := text(inputs, "ecdsaCurve")
	if _, known := curves[given]; text(inputs, "algorithm") == algorithm && !known {
		return fmt.Sprintf("the rehearsal's tls provider supports the curves %s, not %q; add that to internal/rehearsal/tls/keys.go", names(curves), given)
	}
	return ""
}

func makeKey(inputs resource.PropertyMap, _ time.Time) (resource.PropertyMap, error) {
	key, err := ecdsa.GenerateKey(curves[text(inputs, "ecdsaCurve")], rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generating a private key: %w", err)
	}
	sec1, err1 := x509.MarshalECPrivateKey(key)
	pkcs8, err2 := x509.MarshalPKCS8PrivateKey(key)
	public, err3 := x509.MarshalPKIXPublicKey(&key.PublicKey)
	sha256Print, err4 := fingerprint(&key.PublicKey)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, fmt.Errorf("encoding the keys: %w", err)
	}
	return resource.PropertyMap{
		"id":                         resource.NewProperty(identifier(public)),
		"privateKeyPem":              resource.NewProperty(encode("EC PRIVATE KEY", sec1)),
		"privateKeyPemPkcs8":         resource.NewProperty(encode("PRIVATE KEY", pkcs8)),
		"publicKeyPem":               resource.NewProperty(encode("PUBLIC KEY", public)),
		"publicKeyFingerprintSha256": resource.NewProperty(sha256Print),
	}, nil
}

// identifier is the id of a resource without a serial number.
func identifier(der []byte) string {
	sum := sha1.Sum(der) //nolint:gosec // as in the provider: common.go, hashForState
	return hex.EncodeToString(sum[:])
}

// fingerprint is OpenSSH's fingerprint of a key, in the encoding of RFC 5656, section
// 3.1.
func fingerprint(key *ecdsa.PublicKey) (string, error) {
	point, err := key.Bytes()
	if err != nil {
		return "", err
	}
	curve := "nistp" + strconv.Itoa(key.Params().BitSize)
	var written []byte
	for _, field := range []string{"ecdsa-sha2-" + curve, curve, string(point)} {
		written = binary.BigEndian.AppendUint32(written, uint32(len(field))) //nolint:gosec // fields are short
		written = append(written, field...)
	}
	sum := sha256.Sum256(written)
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:]), nil
}

// privateKey reads a private key in either of the encodings that makeKey writes.
func privateKey(inputs resource.PropertyMap, input resource.PropertyKey) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text(inputs, input)))
	if block == nil {
		return nil, fmt.Errorf("%s: is not PEM", input)
	}
	var key any
	var err error
	switch block.Type {
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	default:
		err = fmt.Errorf("the rehearsal's tls provider does not support private keys in a PEM block %q; add that to internal/rehearsal/tls/keys.go", block.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", input, err)
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s: the rehearsal's tls provider supports %s keys, not a %T; add that to internal/rehearsal/tls/keys.go", input, algorithm, key)
	}
	return ec, nil
}

func encode(preamble string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: preamble, Bytes: der}))
}

// decode decodes the first PEM block, as the provider does.
func decode(inputs resource.PropertyMap, input resource.PropertyKey, preamble string) ([]byte, error) {
	block, _ := pem.Decode([]byte(text(inputs, input)))
	if block == nil || block.Type != preamble {
		return nil, fmt.Errorf("%s: is not a PEM block %q", input, preamble)
	}
	return block.Bytes, nil
}
