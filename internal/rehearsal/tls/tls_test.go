package tls

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"bastide/internal/rehearsal/providerbase"
)

const (
	privateKeyType    tokens.Type = "tls:index/privateKey:PrivateKey"
	certRequest       tokens.Type = "tls:index/certRequest:CertRequest"
	selfSignedCert    tokens.Type = "tls:index/selfSignedCert:SelfSignedCert"
	locallySignedCert tokens.Type = "tls:index/locallySignedCert:LocallySignedCert"
)

var start = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// tlsTest calls the provider as an engine does, over gRPC, so that secrets are marked as
// an engine receives them.
type tlsTest struct {
	*testing.T
	plugin.Provider
	now time.Time
}

func testTLS(t *testing.T) *tlsTest {
	t.Helper()
	test := &tlsTest{T: t, now: start}
	port, stop, err := providerbase.Serve(New(func() time.Time { return test.now }))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, stop()) })
	connection, err := grpc.NewClient(fmt.Sprintf("127.0.0.1:%d", port), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, connection.Close()) })
	test.Provider = plugin.NewProviderWithClient(nil, pulumirpc.NewResourceProviderClient(connection), false)
	_, err = test.Handshake(t.Context(), plugin.ProviderHandshakeRequest{})
	require.NoError(t, err)
	kind := tokens.Type("pulumi:providers:tls")
	_, err = test.Configure(t.Context(), plugin.ConfigureRequest{Type: &kind, Inputs: resource.PropertyMap{}})
	require.NoError(t, err)
	return test
}

func properties(of map[string]any) resource.PropertyMap { return resource.NewPropertyMapFromMap(of) }

func named(kind tokens.Type) resource.URN { return resource.NewURN("test", "test", "", kind, "x") }

func (t *tlsTest) check(kind tokens.Type, inputs map[string]any) plugin.CheckResponse {
	t.Helper()
	checked, err := t.Check(t.Context(), plugin.CheckRequest{URN: named(kind), Type: kind, News: properties(inputs), AllowUnknowns: true})
	require.NoError(t, err)
	return checked
}

func (t *tlsTest) create(kind tokens.Type, inputs map[string]any, preview bool) (plugin.CreateResponse, resource.PropertyMap, error) {
	t.Helper()
	checked := t.check(kind, inputs)
	require.Empty(t, checked.Failures)
	created, err := t.Create(t.Context(), plugin.CreateRequest{URN: named(kind), Type: kind, Properties: checked.Properties, Preview: preview})
	return created, checked.Properties, err
}

// state is a resource as the engine stores it.
type state struct {
	kind            tokens.Type
	id              resource.ID
	inputs, outputs resource.PropertyMap
}

func (s state) text(key resource.PropertyKey) string { return text(inClear(s.outputs), key) }

func (t *tlsTest) make(kind tokens.Type, inputs map[string]any) state {
	t.Helper()
	created, checked, err := t.create(kind, inputs, false)
	require.NoError(t, err)
	return state{kind: kind, id: created.ID, inputs: checked, outputs: created.Properties}
}

func (t *tlsTest) diff(of state, change map[string]any) plugin.DiffResult {
	t.Helper()
	news := maps.Clone(of.inputs)
	maps.Copy(news, properties(change))
	diff, err := t.Diff(t.Context(), plugin.DiffRequest{
		URN: named(of.kind), Type: of.kind, ID: of.id, OldInputs: of.inputs, OldOutputs: of.outputs, NewInputs: news, AllowUnknowns: true,
	})
	require.NoError(t, err)
	return diff
}

func (t *tlsTest) read(of state) resource.PropertyMap {
	t.Helper()
	read, err := t.Read(t.Context(), plugin.ReadRequest{URN: named(of.kind), Type: of.kind, ID: of.id, Inputs: of.inputs, State: of.outputs})
	require.NoError(t, err)
	return read.Outputs
}

func (t *tlsTest) key() string {
	t.Helper()
	return t.make(privateKeyType, map[string]any{"algorithm": "ECDSA", "ecdsaCurve": "P256"}).text("privateKeyPem")
}

func TestCheckRejectsInvalidAndUnsupportedInputs(t *testing.T) {
	test := testTLS(t)
	key := map[string]any{"algorithm": "ECDSA", "ecdsaCurve": "P384"}
	for _, bad := range []struct {
		kind     tokens.Type
		inputs   map[string]any
		change   map[string]any
		property resource.PropertyKey
		text     string
	}{
		{privateKeyType, key, map[string]any{"algorithm": "RSA"}, "algorithm", "internal/rehearsal/tls/keys.go"},
		{privateKeyType, key, map[string]any{"ecdsaCurve": "P521"}, "ecdsaCurve", "internal/rehearsal/tls/keys.go"},
		{privateKeyType, map[string]any{"algorithm": "ECDSA"}, nil, "ecdsaCurve", `"P224"`},
		{selfSignedCert, authority("x"), map[string]any{"allowedUses": []any{"certSigning"}}, "allowedUses", `"certSigning"`},
		{selfSignedCert, authority("x"), map[string]any{"validityPeriodHours": -1}, "validityPeriodHours", "0 or more"},
		{selfSignedCert, authority("x"), map[string]any{"earlyRenewalHours": 1.5}, "earlyRenewalHours", "whole number"},
		{selfSignedCert, authority("x"), map[string]any{"privateKeyPem": nil}, "privateKeyPem", "missing"},
		{selfSignedCert, authority("x"), map[string]any{"maxPathLength": 0}, "maxPathLength", "internal/rehearsal/tls/kinds.go"},
	} {
		inputs := maps.Clone(bad.inputs)
		maps.Copy(inputs, bad.change)
		failures := test.check(bad.kind, inputs).Failures
		if assert.Len(t, failures, 1, bad.text) {
			assert.Equal(t, bad.property, failures[0].Property)
			assert.Contains(t, failures[0].Reason, bad.text)
		}
	}
	_, err := New(time.Now).Check(t.Context(), plugin.CheckRequest{Type: "tls:index/x:X"})
	assert.ErrorContains(t, err, "tls:index/x:X")
}

func TestCheckAcceptsUnknownInputs(t *testing.T) {
	test := testTLS(t)
	unknown := resource.MakeComputed(resource.NewProperty(""))
	inputs := authority("x")
	inputs["privateKeyPem"], inputs["allowedUses"], inputs["validityPeriodHours"] = unknown, []any{"cert_signing", unknown}, unknown
	assert.Empty(t, test.check(selfSignedCert, inputs).Failures)
}

func TestCertificateIsReplacedOnceItsEarlyRenewalTimeBegins(t *testing.T) {
	test := testTLS(t)
	caKey := test.key()
	leaf := test.make(locallySignedCert, test.leaf(caKey, test.make(selfSignedCert, authority(caKey)).text("certPem")))

	test.now = start.Add(70*time.Hour - time.Nanosecond)
	assert.Equal(t, plugin.DiffNone, test.diff(leaf, nil).Changes)
	assert.Equal(t, []resource.PropertyKey{"readyForRenewal"}, test.diff(leaf, map[string]any{"earlyRenewalHours": 31}).ReplaceKeys)
	assert.Equal(t, leaf.outputs, test.read(leaf))

	test.now = start.Add(70 * time.Hour)
	due := test.diff(leaf, nil)
	assert.Equal(t, plugin.DiffSome, due.Changes)
	assert.Equal(t, []resource.PropertyKey{"readyForRenewal"}, due.ReplaceKeys)
	assert.True(t, test.read(leaf)["readyForRenewal"].BoolValue())

	later := test.diff(leaf, map[string]any{"earlyRenewalHours": 29})
	assert.Equal(t, []resource.PropertyKey{"earlyRenewalHours"}, later.ChangedKeys)
	assert.Empty(t, later.ReplaceKeys)

	both := test.diff(leaf, map[string]any{"setSubjectKeyId": true})
	assert.ElementsMatch(t, []resource.PropertyKey{"readyForRenewal", "setSubjectKeyId"}, both.ReplaceKeys)
}

func TestCertificateIsReadyForRenewalAtOnceIfEarlyRenewalCoversItsValidity(t *testing.T) {
	test := testTLS(t)
	for early, ready := range map[int]bool{999: false, 1000: true, 1001: true} {
		inputs := authority(test.key())
		inputs["earlyRenewalHours"] = early
		assert.Equal(t, ready, test.make(selfSignedCert, inputs).outputs["readyForRenewal"].BoolValue(), early)
	}
}

func TestDiffReplacesACertificateWhoseInputsChange(t *testing.T) {
	test := testTLS(t)
	ca := test.make(selfSignedCert, authority(test.key()))
	assert.Equal(t, plugin.DiffNone, test.diff(ca, map[string]any{"setSubjectKeyId": false}).Changes, "the same as the default")
	assert.Equal(t, plugin.DiffNone, test.diff(ca, map[string]any{"earlyRenewalHours": nil, "uris": nil}).Changes, "not given")
	for key, value := range map[string]any{
		"validityPeriodHours": 999, "dnsNames": []any{"a.test"}, "subject": nil,
		"privateKeyPem": resource.MakeComputed(resource.NewProperty("")), "setSubjectKeyId": true,
	} {
		assert.Equal(t, []resource.PropertyKey{resource.PropertyKey(key)}, test.diff(ca, map[string]any{key: value}).ReplaceKeys)
	}
}

func TestEarlyRenewalHoursAreUpdatedInPlace(t *testing.T) {
	test := testTLS(t)
	ca := test.make(selfSignedCert, authority(test.key()))
	news := maps.Clone(ca.inputs)
	news["earlyRenewalHours"] = resource.NewProperty(5.0)
	updated, err := test.Update(t.Context(), plugin.UpdateRequest{
		URN: named(ca.kind), Type: ca.kind, ID: ca.id, OldInputs: ca.inputs, OldOutputs: ca.outputs, NewInputs: news,
	})
	require.NoError(t, err)
	want := maps.Clone(ca.outputs)
	want["earlyRenewalHours"] = resource.NewProperty(5.0)
	assert.Equal(t, want, updated.Properties)
}

func TestPrivateKeysAreMarkedSecretInInputsAndOutputs(t *testing.T) {
	test := testTLS(t)
	caKey := test.key()
	key := test.make(privateKeyType, map[string]any{"algorithm": "ECDSA", "ecdsaCurve": "P256"})
	ca := test.make(selfSignedCert, authority(caKey))
	asked := test.make(certRequest, map[string]any{"privateKeyPem": caKey})
	leaf := test.make(locallySignedCert, test.leaf(caKey, ca.text("certPem")))
	for _, one := range []struct {
		of              state
		inputs, outputs []resource.PropertyKey
	}{
		{key, nil, []resource.PropertyKey{"privateKeyPem", "privateKeyPemPkcs8"}},
		{asked, []resource.PropertyKey{"privateKeyPem"}, []resource.PropertyKey{"privateKeyPem"}},
		{ca, []resource.PropertyKey{"privateKeyPem"}, []resource.PropertyKey{"privateKeyPem"}},
		{leaf, []resource.PropertyKey{"caPrivateKeyPem"}, []resource.PropertyKey{"caPrivateKeyPem"}},
	} {
		assert.Equal(t, one.inputs, secrets(t, one.of.inputs), one.of.kind)
		assert.Equal(t, one.outputs, secrets(t, one.of.outputs), one.of.kind)
		assert.Equal(t, one.outputs, secrets(t, test.read(one.of)), one.of.kind)
	}
}

// secrets lists the marked properties, and asserts that no other holds a private key.
func secrets(t *testing.T, properties resource.PropertyMap) (marked []resource.PropertyKey) {
	t.Helper()
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		if properties[key].ContainsSecrets() {
			marked = append(marked, key)
		} else {
			assert.NotContains(t, fmt.Sprint(properties[key].V), "PRIVATE KEY", key)
		}
	}
	return marked
}

func TestPreviewLeavesGeneratedOutputsUnknown(t *testing.T) {
	test := testTLS(t)
	unknown := resource.MakeComputed(resource.NewProperty(""))
	ca := authority("x")
	ca["privateKeyPem"] = unknown
	for kind, inputs := range map[tokens.Type]map[string]any{
		privateKeyType: {"algorithm": "ECDSA", "ecdsaCurve": "P256"},
		certRequest:    {"privateKeyPem": unknown},
		selfSignedCert: ca,
		locallySignedCert: {
			"certRequestPem": unknown, "caPrivateKeyPem": unknown, "caCertPem": unknown,
			"allowedUses": []any{"server_auth"}, "validityPeriodHours": 1,
		},
	} {
		planned, checked, err := test.create(kind, inputs, true)
		require.NoError(t, err)
		for _, key := range kinds[kind].made {
			assert.True(t, planned.Properties[key].ContainsUnknowns(), "%s %s", kind, key)
		}
		for key, value := range checked {
			assert.Equal(t, value, planned.Properties[key], "%s %s", kind, key)
		}
	}
}
