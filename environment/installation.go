package environment

import (
	"net/url"
	"regexp"
	"strings"
)

// Installation configures the Helm charts of CI systems that the program installs. If it
// is off, people install the charts themselves, with the same values.
type Installation struct {
	// On installs each of CI.Systems.
	On bool
	// GitLabURL is the address of GitLab.
	GitLabURL string
	// GitLabTokens are runner authentication tokens, one for each job namespace, in
	// the order of the namespaces.
	GitLabTokens []Secret
	// GitHubURL is the organization or repository that the runners are for.
	GitHubURL string
	// GitHubApp is the app as which they authenticate.
	GitHubApp App
	// EstafetteURL is the address of Estafette for people and webhooks.
	EstafetteURL string
}

// App is a GitHub App that is installed in an organization.
type App struct {
	// ID and Installation are numeric IDs.
	ID, Installation string
	// Key is its private key, in PEM.
	Key Secret
}

// Secret is a string that formatting and printing mask.
type Secret string

// String implements fmt.Stringer.
func (Secret) String() string { return "[secret]" }

// GoString implements fmt.GoStringer.
func (Secret) GoString() string { return "[secret]" }

// Sources: GitLab, "Runner authentication tokens" and "Migrating to the new runner
// registration workflow"; GitHub, "Authenticating ARC to the GitHub API".
var (
	runnerToken  = regexp.MustCompile(`^glrt-[A-Za-z0-9_.-]{20,}$`)
	webAddress   = regexp.MustCompile(`^https://[a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]+)?$`)
	githubTarget = regexp.MustCompile(`^https://[a-z0-9.-]+(:[0-9]+)?/[A-Za-z0-9-]+(/[A-Za-z0-9._-]+)?$`)
	number       = regexp.MustCompile(`^[1-9][0-9]*$`)
	pemKey       = regexp.MustCompile(`^-----BEGIN (RSA )?PRIVATE KEY-----\s`)
)

func readInstallation(r *reader, ci *CI) Installation {
	in := Installation{
		On:           r.boolean("ciInstall"),
		GitLabURL:    readAddress(r, "gitlabUrl"),
		GitLabTokens: readTokens(r),
		GitHubURL:    readAddress(r, "githubConfigUrl"),
		GitHubApp:    App{ID: r.text("githubAppId"), Installation: r.text("githubInstallationId"), Key: r.hidden("githubAppKey")},
		EstafetteURL: readAddress(r, "estafetteUrl"),
	}
	if ci.Mode == Off {
		return in
	}
	in.checkAddresses(r, ci)
	if in.On {
		in.check(r, ci)
	}
	return in
}

// readAddress reads a URL as browsers do: the host is case-insensitive, and a trailing
// slash makes no difference.
func readAddress(r *reader, key string) string {
	text := strings.TrimRight(strings.TrimSpace(r.text(key)), "/")
	parsed, err := url.Parse(text)
	if err != nil {
		return text // the caller's pattern refuses it
	}
	parsed.Host = strings.ToLower(parsed.Host)
	return parsed.String()
}

// checkAddresses refuses a system without its URL, which its chart's values contain.
func (in Installation) checkAddresses(r *reader, ci *CI) {
	if ci.Sends(GitLab) && !webAddress.MatchString(in.GitLabURL) {
		r.report("gitlabUrl", r.setting("gitlabUrl", "https://gitlab.com"), "%q is not the address of a GitLab server, https://HOST", in.GitLabURL)
	}
	if ci.Sends(GitHub) && !githubTarget.MatchString(in.GitHubURL) {
		r.report("githubConfigUrl", r.setting("githubConfigUrl", "https://github.com/OUR-ORGANIZATION"),
			"%q is not the address of an organization or a repository, https://HOST/ORGANIZATION", in.GitHubURL)
	}
	if ci.Sends(Estafette) && !webAddress.MatchString(in.EstafetteURL) {
		r.report("estafetteUrl", r.setting("estafetteUrl", "https://ci.OUR.DOMAIN"), "%q is not an address, https://HOST", in.EstafetteURL)
	}
}

// check refuses an installation that could not start or could not authenticate.
func (in Installation) check(r *reader, ci *CI) {
	switch {
	case len(ci.Systems) == 0:
		r.report("ciInstall", r.element("ciSystems", 0, GitLab), "is on, but ciSystems names nothing to install")
	case ci.Sends(Estafette):
		r.report("ciInstall", r.setting("ciInstall", "false"),
			"is on, but Estafette's chart includes a database and a message queue that the restricted Pod Security Standard of %s refuses; install it yourself with the values of the output ciValues, and with a database outside the cluster (docs/ci.md)", CISystemNamespace)
	}
	if ci.Sends(GitLab) {
		in.checkGitLab(r, ci)
	}
	if ci.Sends(GitHub) {
		in.checkGitHub(r)
	}
}

// readTokens refuses a registration token even if nothing is installed, because the
// token itself is a risk.
func readTokens(r *reader) (tokens []Secret) {
	const key = "gitlabTokens"
	for i, token := range r.hiddenList(key) {
		if token != "" && !runnerToken.MatchString(token) {
			wrong := "is not a runner authentication token, which begins with glrt-"
			if strings.HasPrefix(token, "GR1348941") || strings.HasPrefix(token, "glrtr-") {
				wrong = "is a registration token: anyone who has it can register runners and receive jobs, secrets included; create the runner in GitLab first, and use the authentication token (glrt-...) that GitLab shows once"
			}
			r.report(indexed(key, i), r.hiddenCommand(indexed(key, i)), "%s", wrong)
		}
		tokens = append(tokens, Secret(token))
	}
	return tokens
}

func (in Installation) checkGitLab(r *reader, ci *CI) {
	const key = "gitlabTokens"
	for i, token := range in.GitLabTokens {
		if token == "" {
			r.report(indexed(key, i), r.hiddenCommand(indexed(key, i)), "is empty")
		}
	}
	if missing, wanted := len(in.GitLabTokens), len(ci.NamespacesOf(GitLab)); missing < wanted {
		r.report(key, r.hiddenCommand(indexed(key, missing)),
			"has %d of %d runner authentication tokens: each namespace for GitLab jobs has its own runner", missing, wanted)
	}
}

func (in Installation) checkGitHub(r *reader) {
	for _, id := range []struct{ key, value string }{{"githubAppId", in.GitHubApp.ID}, {"githubInstallationId", in.GitHubApp.Installation}} {
		if !number.MatchString(id.value) {
			r.report(id.key, r.setting(id.key, "123456"), "%q is not a number; runners authenticate as a GitHub App, with its id, its installation's id and its key", id.value)
		}
	}
	if !pemKey.MatchString(string(in.GitHubApp.Key)) {
		r.report("githubAppKey", r.command("set", "", "--secret", qualified("githubAppKey"))+" < KEY.pem",
			"is not the private key of a GitHub App in PEM format; personal access tokens are not accepted, because they belong to a person")
	}
}
