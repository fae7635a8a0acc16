package openbao_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"bastide/internal/secretscan"
)

// certificate reads the certificate and the CA that the servers mount.
func certificate(t *testing.T, e environment) (pair tls.Certificate, authority *x509.CertPool) {
	t.Helper()
	var set appsv1.StatefulSet
	e.get("openbao", &set)
	var secret corev1.Secret
	for _, volume := range set.Spec.Template.Spec.Volumes {
		if volume.Secret != nil {
			e.get(volume.Secret.SecretName, &secret)
		}
	}
	pair, err := tls.X509KeyPair(secret.Data["tls.crt"], secret.Data["tls.key"])
	require.NoError(t, err)
	authority = x509.NewCertPool()
	require.True(t, authority.AppendCertsFromPEM(secret.Data["ca.crt"]))
	return pair, authority
}

func certificateIsValid(t *testing.T, e environment) {
	t.Helper()
	pair, authority := certificate(t, e)
	for _, name := range []string{
		"openbao", "openbao.openbao.svc", "openbao.openbao.svc.cluster.local",
		"openbao-active.openbao.svc", "openbao-active.openbao.svc.cluster.local", "localhost", "127.0.0.1",
		"openbao-0.openbao-internal.openbao.svc.cluster.local", "openbao-4.openbao-internal.openbao.svc.cluster.local",
	} {
		_, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: authority, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
		assert.NoError(t, err, name)
	}
	for _, name := range []string{"openbao.shop.svc", "example.com", "198.51.100.1"} {
		_, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: authority})
		assert.Error(t, err, name)
	}
	assert.False(t, pair.Leaf.IsCA)
	assert.Equal(t, x509.KeyUsageDigitalSignature, pair.Leaf.KeyUsage)
	assert.Equal(t, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, pair.Leaf.ExtKeyUsage)

	// Clients verify with the CA in their own namespace.
	var public corev1.ConfigMap
	require.NoError(t, e.cluster().Get(t.Context(), client.ObjectKey{Namespace: "shop", Name: "openbao-ca"}, &public))
	theirs := x509.NewCertPool()
	require.True(t, theirs.AppendCertsFromPEM([]byte(public.Data["ca.crt"])))
	assert.True(t, authority.Equal(theirs))
	err := e.cluster().Get(t.Context(), client.ObjectKey{Namespace: "billing", Name: "openbao-ca"}, &public)
	assert.True(t, client.IgnoreNotFound(err) == nil && err != nil, "billing is not a client of OpenBao")
}

// keysAreNowhere searches everything that the engine has written (state, logs, plans) for
// the private key. etcd is excluded: the key is in a Secret there, which GKE encrypts.
func keysAreNowhere(t *testing.T, e environment) {
	t.Helper()
	pair, _ := certificate(t, e)
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	require.NoError(t, err)
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	excerpt := strings.Split(text, "\n")[1][10:50]
	state, _, err := e.Export(t.Context())
	require.NoError(t, err)
	secrets := []string{"PRIVATE KEY", excerpt}
	assert.Greater(t, secretscan.AssertAbsent(t, e.Dir, secrets, "kubernetes"), 5)
	for place, content := range map[string]string{"the log": e.Log.String(), "the state": string(state)} {
		for _, secret := range secrets {
			assert.NotContains(t, content, secret, place)
		}
	}
	assert.Contains(t, string(state), "BEGIN CERTIFICATE", "certificates are not secret")
}

// renewed checks that the servers get a new certificate from the same CA, and load it when
// they are restarted.
func renewed(t *testing.T, e environment, today time.Time) {
	t.Helper()
	before := e.servers()
	old, authority := certificate(t, e)
	e.up()
	pair, theirs := certificate(t, e)
	assert.True(t, authority.Equal(theirs), "clients would need a new CA")
	assert.NotEqual(t, old.Leaf.SerialNumber, pair.Leaf.SerialNumber)
	assert.True(t, pair.Leaf.NotAfter.After(today.AddDate(0, 11, 0)))
	same(t, before, e.servers())
	mountable(t, e)
	assert.Equal(t, []string{"openbao-0", "openbao-1", "openbao-2"}, outdated(t, e), "all servers have to be shown as outdated")
}
