package environment

import (
	"net/url"
	"regexp"
	"strings"
)

// Installation is what the program installs of the systems that send jobs, with
// their own charts. Where it is off, people do, with the same values.
type Installation struct {
	// On installs each of CI.Systems.
	On bool
	// GitLabURL is the address of GitLab.
	GitLabURL string
	// GitLabTokens are authentication tokens of runners, one for each job
	// namespace, in their order.
	GitLabTokens []Secret
	// GitHubURL is the organization or repository that the runners are for.
	GitHubURL string
	// GitHubApp is how they log in there.
	GitHubApp App
	// EstafetteURL is where people and webhooks reach Estafette.
	EstafetteURL string
}

// App is a GitHub App that is installed in an organization.
type App struct {
	// ID and Installation are numbers, as texts.
	ID, Installation string
	// Key is its private key, in PEM.
	Key Secret
}

// Secret is a text that no message shows.
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

// readAddress reads an address as browsers do: the host in lower case, and a slash at
// the end says nothing.
func readAddress(r *reader, key string) string {
	text := strings.TrimRight(strings.TrimSpace(r.text(key)), "/")
	parsed, err := url.Parse(text)
	if err != nil {
		return text // which no form matches
	}
	parsed.Host = strings.ToLower(parsed.Host)
	return parsed.String()
}

// checkAddresses: each system's values name where it is.
func (in Installation) checkAddresses(r *reader, ci *CI) {
	if ci.Sends(GitLab) && !webAddress.MatchString(in.GitLabURL) {
		r.report("gitlabUrl", r.setting("gitlabUrl", "https://gitlab.com"), "%q is not the address of a GitLab, https://HOST", in.GitLabURL)
	}
	if ci.Sends(GitHub) && !githubTarget.MatchString(in.GitHubURL) {
		r.report("githubConfigUrl", r.setting("githubConfigUrl", "https://github.com/OUR-ORGANIZATION"),
			"%q is not the address of an organization or a repository", in.GitHubURL)
	}
	if ci.Sends(Estafette) && !webAddress.MatchString(in.EstafetteURL) {
		r.report("estafetteUrl", r.setting("estafetteUrl", "https://ci.OUR.DOMAIN"), "%q is not an address, https://HOST", in.EstafetteURL)
	}
}

// check refuses an installation that would not come up, or could not log in.
func (in Installation) check(r *reader, ci *CI) {
	switch {
	case len(ci.Systems) == 0:
		r.report("ciInstall", r.element("ciSystems", 0, GitLab), "is on, but ciSystems names nothing to install")
	case ci.Sends(Estafette):
		r.report("ciInstall", r.setting("ciInstall", "false"),
			"is on, but Estafette's chart brings a database and a message queue that the restricted level of %s refuses; install it with the values of the output ciValues, and a database beside the cluster (docs/ci.md)", CISystemNamespace)
	}
	if ci.Sends(GitLab) {
		in.checkGitLab(r, ci)
	}
	if ci.Sends(GitHub) {
		in.checkGitHub(r)
	}
}

// readTokens refuses a registration token even where nothing is installed: it
// should not be lying about.
func readTokens(r *reader) (tokens []Secret) {
	const key = "gitlabTokens"
	for i, token := range r.hiddenList(key) {
		if token != "" && !runnerToken.MatchString(token) {
			wrong := "is no runner authentication token, which begins with glrt-"
			if strings.HasPrefix(token, "GR1348941") || strings.HasPrefix(token, "glrtr-") {
				wrong = "is a registration token: whoever holds it can register runners of their own and be sent jobs, secrets included. Create the runner in GitLab first, and take the authentication token that it shows once, glrt-..."
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
			"has %d of %d runner authentication tokens: each namespace of GitLab's jobs has a runner of its own", missing, wanted)
	}
}

func (in Installation) checkGitHub(r *reader) {
	for _, id := range []struct{ key, value string }{{"githubAppId", in.GitHubApp.ID}, {"githubInstallationId", in.GitHubApp.Installation}} {
		if !number.MatchString(id.value) {
			r.report(id.key, r.setting(id.key, "123456"), "%q is not a number; runners log in as a GitHub App, with its id, its installation's id and its key", id.value)
		}
	}
	if !pemKey.MatchString(string(in.GitHubApp.Key)) {
		r.report("githubAppKey", r.command("set", "", "--secret", qualified("githubAppKey"))+" < KEY.pem",
			"is not the private key of a GitHub App in PEM; personal access tokens are not taken, they are somebody's")
	}
}
