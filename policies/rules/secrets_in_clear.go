package rules

import (
	"regexp"
	"slices"

	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

// key is the beginning of a private key in PEM.
var key = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----`)

// secretName matches names of variables that hold a secret. Source: the names that
// gitleaks' generic rule looks for.
var secretName = regexp.MustCompile(`(?i)(password|passwd|secret|api_?key|private_?key|credential|token)s?$`)

var secretsInClear = rule.Rule{
	Types: slices.Concat([]string{token.Secret, token.ConfigMap, token.Authority, token.Certificate, token.CertificateRequest}, podTypes),
	Evaluate: func(r *rule.Resource) {
		switch r.Type {
		case token.Secret:
			for _, field := range []string{"data", "stringData"} {
				marked(r.At(field))
			}
		case token.Authority, token.CertificateRequest:
			secret(r.At("privateKeyPem"))
		case token.Certificate:
			secret(r.At("caPrivateKeyPem"))
		case token.ConfigMap:
			for _, name := range r.At("data").Keys() {
				noKey(r.At("data").At("[" + name + "]"))
			}
		default:
			for _, container := range containers(podSpec(r)) {
				noSecrets(container.At("env"))
			}
		}
	},
}

// marked demands that every entry of a map is marked as secret.
func marked(entries rule.Value) {
	for _, name := range entries.Keys() {
		secret(entries.At("[" + name + "]"))
	}
}

// secret demands that a value is marked as secret.
func secret(value rule.Value) {
	if !value.Secret() && !value.ReportUnknown() {
		value.WrongSecret("mark it with pulumi.ToSecret")
	}
}

// noKey refuses a private key where none belongs.
func noKey(value rule.Value) {
	if text, known := value.Text(); known && key.MatchString(text) {
		value.WrongSecret("put the key into a Secret, and mark it with pulumi.ToSecret")
	}
}

// noSecrets refuses variables whose names say that they hold a secret, unless the value
// is a path, as in TOKEN=/var/run/secrets/token.
func noSecrets(variables rule.Value) {
	for _, variable := range variables.Items() {
		name, _ := variable.At("name").Text()
		value := variable.At("value")
		text, known := value.Text()
		if known && (key.MatchString(text) || secretName.MatchString(name) && text != "" && !isPath(text)) {
			value.WrongSecret("mount it as a file, from a Secret")
		}
	}
}

func isPath(text string) bool { return text[0] == '/' }
