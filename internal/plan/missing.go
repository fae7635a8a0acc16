package plan

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"bastide/environment"
)

// foreign matches git's message about a repository whose files belong to another user.
// Source: git, setup.c, "detected dubious ownership in repository at '%s'".
var foreign = regexp.MustCompile(`(?s)dubious ownership in repository at '(.*?)'\n`)

// unusableRepository returns an error if git's message means that no revision can be read here.
func unusableRepository(complaint string) error {
	if found := foreign.FindStringSubmatch(complaint); found != nil {
		return fmt.Errorf("git refuses to read a repository that belongs to another user, so there is no revision to compare with; if you trust that user, type `%s`",
			environment.Command("git", "config", "--global", "--add", "safe.directory", found[1]))
	}
	if strings.Contains(complaint, "not a git repository") {
		return errors.New("this folder is not a git repository, so there is no revision to compare with; leave out --against")
	}
	return nil
}

// missing returns an error that says how to fetch a revision. "git fetch origin main" is
// not enough: in a clone of a single branch it only sets FETCH_HEAD.
func missing(ctx context.Context, root, name string) error {
	// main~2 and HEAD^1 are steps from main and from HEAD.
	ref := steps.ReplaceAllString(name, "")
	shallow := says(ctx, root, "rev-parse", "--is-shallow-repository") == "true"
	remotes := strings.Fields(says(ctx, root, "remote"))
	wrong := fmt.Sprintf("there is no revision %q here", name)
	remote, ref := splitRemote(ref, remotes)
	switch {
	case len(remotes) == 0:
		return fmt.Errorf("%s, and no remote to fetch it from; type `git branch` and `git tag` to list what there is", wrong)
	case says(ctx, root, "rev-parse", "--verify", "--end-of-options", "refs/remotes/"+remote+"/"+ref) != "",
		says(ctx, root, "rev-parse", "--verify", "--end-of-options", ref) != "":
		if shallow {
			return fmt.Errorf("%s: this clone holds the last commits only; type `%s` to fetch the others", wrong, environment.Command("git", "fetch", "--unshallow", remote))
		}
		return fmt.Errorf("%s: the history of %s does not go back that far; type `git log --oneline` to list it", wrong, ref)
	case commitID.MatchString(ref) && shallow:
		return fmt.Errorf("%s; if it is a commit of this branch, type `%s` to fetch it", wrong, environment.Command("git", "fetch", "--unshallow", remote))
	case says(ctx, root, "check-ref-format", "--allow-onelevel", "--normalize", ref) == "":
		return fmt.Errorf("%s, and that is not a valid name; name a branch, a tag or a commit, such as main", wrong)
	}
	fetch := []string{"git", "fetch"}
	if shallow && !steps.MatchString(name) { // a step needs its history
		fetch = append(fetch, "--depth=1")
	}
	return fmt.Errorf("%s; type `%s` to fetch the branch or `%s` to fetch the tag, if %s has it", wrong,
		environment.Command(append(fetch, remote, ref+":refs/remotes/"+remote+"/"+ref)...),
		environment.Command(append(fetch, remote, "tag", ref)...), remote)
}

var (
	steps    = regexp.MustCompile(`[~^@:].*$`)
	commitID = regexp.MustCompile(`^[0-9a-f]{7,64}$`)
)

// splitRemote splits a ref into a remote and a branch. If the ref names no remote, the
// remote is origin or, without an origin, the first one.
func splitRemote(ref string, remotes []string) (remote, branch string) {
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

// says returns git's output, or nothing if git fails.
func says(ctx context.Context, root string, args ...string) string {
	said, _, err := git(ctx, root, args...)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(said)
}
