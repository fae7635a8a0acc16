package plan

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// revision is a commit of the project.
type revision struct {
	root, name, commit string
}

// find resolves the name of a revision: as git does, or else as a branch of the remote
// origin, since clones in CI have no other local branches.
func find(ctx context.Context, root, name string) (revision, error) {
	switch {
	case name == "":
		return revision{}, errors.New("the revision to compare with is empty, perhaps from a variable that is not set; name one, such as main, or leave out --against to plan from nothing")
	case strings.HasPrefix(name, "-"):
		return revision{}, fmt.Errorf("%q is an option, not a revision; name a branch, a tag or a commit, such as main", name)
	}
	names := []string{name}
	if ref := steps.ReplaceAllString(name, ""); ref != "" && ref != "HEAD" {
		names = append(names, "origin/"+name)
	}
	for _, called := range names {
		r := revision{root: root, name: called}
		found, complaint, err := git(ctx, root, "rev-parse", "--verify", "--end-of-options", r.name+"^{commit}")
		switch {
		case strings.Contains(complaint, "ambiguous"):
			return r, fmt.Errorf("%q names more than one revision; write refs/heads/%s for the branch, refs/tags/%s for the tag, or more of a commit's id", name, name, name)
		case err == nil:
			r.commit = strings.TrimSpace(found)
			return r, nil
		}
		if unusable := unusableRepository(complaint); unusable != nil {
			return r, unusable
		}
	}
	return revision{}, missing(ctx, root, name)
}

// String is the revision's name and the short id of its commit.
func (r revision) String() string { return fmt.Sprintf("%s (%.10s)", r.name, r.commit) }

// unpack writes the revision's files into a folder. Unlike a git worktree it leaves nothing
// behind in the repository, even if it is killed.
func (r revision) unpack(ctx context.Context, dir string) error {
	cmd := exec.CommandContext(ctx, "git", "-C", r.root, "archive", "--format=tar", r.commit)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	archive, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("reading revision %s: %w", r, err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("reading revision %s: %w", r, err)
	}
	err = extract(archive, dir)
	if waited := cmd.Wait(); waited != nil && err == nil {
		err = fmt.Errorf("%w: %s", waited, strings.TrimSpace(complaint.String()))
	}
	if err != nil {
		return fmt.Errorf("reading revision %s: %w", r, err)
	}
	return nil
}

// extract unpacks folders and files. os.Root keeps the archive's paths inside the folder,
// because the revision may be an untrusted contributor's.
func extract(archive io.Reader, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // it is only used to open files
	reader := tar.NewReader(archive)
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			_, err = io.Copy(io.Discard, archive) // the padding
			return err
		}
		if err != nil {
			return err
		}
		name := filepath.FromSlash(strings.TrimSuffix(header.Name, "/"))
		switch header.Typeflag {
		case tar.TypeDir:
			err = root.MkdirAll(name, 0o700)
		case tar.TypeReg:
			err = file(root, name, reader)
		}
		if err != nil {
			return err
		}
	}
}

func file(root *os.Root, name string, content io.Reader) error {
	if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	out, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, content)
	return errors.Join(err, out.Close())
}

// uncommitted reports whether the working tree differs from its last commit.
func uncommitted(ctx context.Context, root string) (bool, error) {
	said, complaint, err := git(ctx, root, "status", "--porcelain")
	if err != nil {
		return false, fmt.Errorf("looking for uncommitted changes: %w: %s", err, complaint)
	}
	return strings.TrimSpace(said) != "", nil
}

// programOf reports whether a path may be part of the program or of the policy pack:
// whether it is none of the settings, documents and tests listed here.
func programOf(path string) bool {
	for _, pattern := range []string{"Pulumi*.yaml", "*.md", ".gitignore"} {
		if matched, err := filepath.Match(pattern, path); err == nil && matched {
			return false
		}
	}
	for _, dir := range []string{"docs/", ".github/", ".ci/", "examples/", "internal/", "tests/", "tools/", "policies/levels/"} {
		if strings.HasPrefix(path, dir) {
			return false
		}
	}
	return true
}

// sameProgram reports whether the working tree and the revision have the same program, so
// that the revision's need not be built.
func (r revision) sameProgram(ctx context.Context) (bool, error) {
	for _, args := range [][]string{
		{"diff", "--name-only", "--no-renames", "-z", r.commit},
		{"ls-files", "--others", "--exclude-standard", "-z"},
	} {
		said, complaint, err := git(ctx, r.root, args...)
		if err != nil {
			return false, fmt.Errorf("comparing with revision %s: %w: %s", r, err, complaint)
		}
		for path := range strings.SplitSeq(said, "\x00") {
			if path != "" && programOf(path) {
				return false, nil
			}
		}
	}
	return true, nil
}

func git(ctx context.Context, root string, args ...string) (said, complaint string, err error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", root}, args...)...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Env = append(cmd.Environ(), "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0")
	err = cmd.Run()
	return stdout.String(), strings.TrimSpace(stderr.String()), err
}
