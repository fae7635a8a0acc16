package plan

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"bastide/environment"
)

// foreign is what git says of a repository whose files belong to another user.
// Source: git, setup.c, "detected dubious ownership in repository at '%s'".
var foreign = regexp.MustCompile(`(?s)dubious ownership in repository at '(.*?)'\n`)

// unusableRepository says what is wrong if no revision at all can be found here.
func unusableRepository(complaint string) error {
	if found := foreign.FindStringSubmatch(complaint); found != nil {
		return fmt.Errorf("git reads no repository that belongs to another user, so there is no revision to compare with; if you trust whoever it is, type `%s`",
			environment.Command("git", "config", "--global", "--add", "safe.directory", found[1]))
	}
	if strings.Contains(complaint, "not a git repository") {
		return errors.New("this folder is not a git repository, so there is no revision to compare with; leave out --against")
	}
	return nil
}

// missing says how a revision that is not here comes here. "git fetch origin main"
// does not bring it: in a clone of one branch that ends in FETCH_HEAD alone.
func missing(ctx context.Context, root, name string) error {
	// main~2 is a step from main, HEAD^1 one from what is checked out.
	ref := steps.ReplaceAllString(name, "")
	shallow := says(ctx, root, "rev-parse", "--is-shallow-repository") == "true"
	remotes := strings.Fields(says(ctx, root, "remote"))
	wrong := fmt.Sprintf("there is no revision %q here", name)
	remote, ref := whose(ref, remotes)
	switch {
	case len(remotes) == 0:
		return fmt.Errorf("%s, and no remote to fetch it from; `git branch` and `git tag` list what there is", wrong)
	case says(ctx, root, "rev-parse", "--verify", "--end-of-options", "refs/remotes/"+remote+"/"+ref) != "",
		says(ctx, root, "rev-parse", "--verify", "--end-of-options", ref) != "":
		if shallow {
			return fmt.Errorf("%s: this clone holds the last commits only; `%s` brings the others", wrong, environment.Command("git", "fetch", "--unshallow", remote))
		}
		return fmt.Errorf("%s: the history of %s does not go back that far; `git log --oneline` lists it", wrong, ref)
	case commitID.MatchString(ref) && shallow:
		return fmt.Errorf("%s; if it is a commit of this branch, `%s` brings it", wrong, environment.Command("git", "fetch", "--unshallow", remote))
	case says(ctx, root, "check-ref-format", "--allow-onelevel", "--normalize", ref) == "":
		return fmt.Errorf("%s, and none can be called that; name a branch, a tag or a commit, such as main", wrong)
	}
	fetch := []string{"git", "fetch"}
	if shallow && !steps.MatchString(name) { // a step needs its history
		fetch = append(fetch, "--depth=1")
	}
	return fmt.Errorf("%s; `%s` brings the branch and `%s` the tag, if %s has it", wrong,
		environment.Command(append(fetch, remote, ref+":refs/remotes/"+remote+"/"+ref)...),
		environment.Command(append(fetch, remote, "tag", ref)...), remote)
}

var (
	steps    = regexp.MustCompile(`[~^@:].*$`)
	commitID = regexp.MustCompile(`^[0-9a-f]{7,64}$`)
)

// whose takes apart what may be the branch of a remote, which is origin, or else the
// first one, if it names none.
func whose(ref string, remotes []string) (remote, branch string) {
	for _, prefix := range []string{"refs/remotes/", "refs/heads/", "refs/tags/"} {
		ref = strings.TrimPrefix(ref, prefix)
	}
	for _, each := range remotes {
		if branch, found := strings.CutPrefix(ref, each+"/"); found {
			return each, branch
		}
		if remote == "" || each == "origin" {
			remote = each
		}
	}
	return remote, ref
}

// says is what git says, or nothing if it can't.
func says(ctx context.Context, root string, args ...string) string {
	said, _, err := git(ctx, root, args...)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(said)
}
