package environment_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"bastide/environment"
	"bastide/environment/environmenttest"
)

func TestFindExampleFindsReservedNamesAddressesAndPlaceholders(t *testing.T) {
	for value, want := range map[string]struct{ part, instead string }{
		"https://ci.example.com":                {"ci.example.com", "https://ci.YOUR.DOMAIN"},
		"https://example.org/":                  {"example.org", "https://YOUR.DOMAIN/"},
		"https://git.Example.NET:8443/x":        {"git.Example.NET", "https://git.YOUR.DOMAIN:8443/x"},
		"https://ci.acme.test":                  {"ci.acme.test", "https://ci.YOUR.DOMAIN"},
		"https://acme.invalid.":                 {"acme.invalid", "https://YOUR.DOMAIN."},
		"https://gitlab.localhost":              {"gitlab.localhost", "https://YOUR.DOMAIN"},
		"registry.acme.example/app/**":          {"registry.acme.example", "registry.YOUR.DOMAIN/app/**"},
		"platform@example.com":                  {"example.com", "platform@YOUR.DOMAIN"},
		"a@example.com,b@ops.example.net":       {"example.com", "a@YOUR.DOMAIN,b@ops.YOUR.DOMAIN"},
		"example.com,example.org":               {"example.com", "YOUR.DOMAIN,YOUR.DOMAIN"},
		"shop owner=a editors=team@example.com": {"example.com", "shop owner=a editors=team@YOUR.DOMAIN"},
		"example.com:my-project":                {"example.com", "YOUR.DOMAIN:my-project"},

		"https://github.com/example":          {"github.com/example", "https://github.com/YOUR-ORGANIZATION"},
		"https://github.com/Example/app":      {"github.com/Example", "https://github.com/YOUR-ORGANIZATION/app"},
		"https://github.com/ORGANIZATION":     {"github.com/ORGANIZATION", "https://github.com/YOUR-ORGANIZATION"},
		"https://github.com/OUR-ORGANIZATION": {"github.com/OUR-ORGANIZATION", "https://github.com/YOUR-ORGANIZATION"},

		"203.0.113.7/32":             {"203.0.113.7", "YOUR.IP.ADDRESS/32"},
		"https://198.51.100.9:8443":  {"198.51.100.9", "https://YOUR.IP.ADDRESS:8443"},
		"https://192.0.2.1/x":        {"192.0.2.1", "https://YOUR.IP.ADDRESS/x"},
		"https://[2001:DB8::1]:8443": {"2001:db8::1", "https://[YOUR.IP.ADDRESS]:8443"},
		"3fff:fff::1":                {"3fff:fff::1", "YOUR.IP.ADDRESS"},
		"::ffff:203.0.113.7":         {"::ffff:203.0.113.7", "YOUR.IP.ADDRESS"},

		"glrt-stand-in-not-a-token": {"it", ""},
	} {
		found, is := environment.FindExample(value)
		assert.True(t, is, value)
		assert.Equal(t, want.part, found.Part, value)
		assert.Equal(t, want.instead, found.Instead, value)
		assert.NotEmpty(t, found.Kind, value)
		again, is := environment.FindExample(found.Instead)
		assert.False(t, is, "the suggestion %s is an example, too: %v", found.Instead, again)
	}
}

func TestFindExampleIgnoresRealValues(t *testing.T) {
	for _, value := range []string{
		"", "true", "10.64.0.0/20", "8.8.8.8/32", "https://ci.acme.com", "https://examples.com", "https://my-example.com",
		"https://example.com.acme.io", "https://ci.example.acme.io", "https://contest.io", "https://acme.testing",
		"https://github.com/example-inc", "https://github.com/acme/example", "https://gitlab.com", "ops@acme.com",
		"europe-west1-docker.pkg.dev/acme/images/app:1.test", "docker.io/library/golang", "quay.io/a/b/foo.example",
		"quay.io/openbao/openbao:2.6.2@sha256:11fd73a2102cda9c55d5d881a8c3210303146a7ec1e8ac76f526e175c6d24641",
		"shop owner=team-shop size=small", "1.203.0.113.7.nip.io", "1.36", "02:00", "role=privileged:NoSchedule", "2001:4860:4860::8888",
		"203.0.113", "203.0.113.700",
	} {
		found, is := environment.FindExample(value)
		assert.False(t, is, "%s: %v", value, found)
	}
	for key, value := range environmenttest.Defaults(t).Values {
		elements, isList := value.([]any)
		if !isList {
			elements = []any{value}
		}
		for _, element := range elements {
			text, _ := element.(string)
			_, is := environment.FindExample(text)
			assert.False(t, is, "the default of %s is an example", key)
		}
	}
}

func TestExampleCommandSetsARealValue(t *testing.T) {
	found, _ := environment.FindExample("shop owner=a editors=team@example.com")
	assert.Equal(t, "pulumi config set --stack two --path 'bastide:namespaces[0]' 'shop owner=a editors=team@YOUR.DOMAIN'", found.Command("two", "bastide:namespaces[0]"))
	found, _ = environment.FindExample("https://ci.example.com")
	assert.Equal(t, "pulumi config set --stack two bastide:estafetteUrl https://ci.YOUR.DOMAIN", found.Command("two", "bastide:estafetteUrl"))
	token, _ := environment.FindExample("glrt-stand-in-not-a-token")
	assert.Equal(t, "pulumi config set --stack two --secret --path 'bastide:gitlabTokens[0]'", token.Command("two", "bastide:gitlabTokens[0]"))
}

// The suggestion must not contain the example either.
func TestFindExampleFindsReservedHostsInAnyContext(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		host := rapid.StringMatching(`([a-z0-9][a-z0-9-]{0,5}\.){0,3}`).Draw(rt, "host") +
			rapid.SampledFrom([]string{"example.com", "example.net", "example.org", "acme.test", "acme.example", "acme.invalid"}).Draw(rt, "reserved")
		value := rapid.SampledFrom([]string{"", "https://", "ops@", "https://user@", "x owner=y editors=team@", "ssh://git@"}).Draw(rt, "before") + host +
			rapid.SampledFrom([]string{"", "/", ":8443", "/a/b", " size=small", "/**", "."}).Draw(rt, "after")
		found, is := environment.FindExample(value)
		require.True(rt, is, value)
		require.NotContains(rt, found.Instead, host)
		_, is = environment.FindExample(found.Instead)
		require.False(rt, is, found.Instead)
	})
}
