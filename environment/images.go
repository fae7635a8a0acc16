package environment

import (
	"regexp"
	"strings"
)

// ImageMatches reports whether an image reference, as written in a pod, matches a
// pattern of Binary Authorization. Sources, read in December 2026:
//
//   - Binary Authorization, "Policy YAML reference", admissionWhitelistPatterns: a
//     pattern is a path to a single image, or ends in * or **; * stops at a slash, **
//     does not. PATH, PATH:TAG, PATH:TAG-PREFIX* and PATH@sha256:DIGEST are different
//     patterns. The same applies to references without a registry.
//   - grafeas/kritis 3348562, pkg/kritis/util/allowlist.go, imageNamePatternMatch, which
//     is documented as compatible with it, and its test: PATH does not match PATH:TAG,
//     PATH:* does; * may match the empty string.
//
// Neither normalizes references: nginx, docker.io/library/nginx and
// index.docker.io/library/nginx are three different images (GKE's refusals repeat the
// reference of the pod: "Image nginx denied"), and so are PATH:TAG and
// PATH:TAG@sha256:DIGEST. If Google Cloud matches anything beyond this, the admission
// rules still refuse it.
func ImageMatches(pattern, image string) bool {
	if prefix, deep := strings.CutSuffix(pattern, "**"); deep {
		return strings.HasPrefix(image, prefix)
	}
	if prefix, wild := strings.CutSuffix(pattern, "*"); wild {
		rest, found := strings.CutPrefix(image, prefix)
		return found && !strings.Contains(rest, "/")
	}
	return image == pattern
}

// imagePattern is the form of patterns in settings: a host and a path, and at most one *
// or ** at the end. ** is allowed only after a slash: as the reference warns, PATH** also
// matches PATH-EVIL/IMAGE, which may belong to someone else.
var imagePattern = regexp.MustCompile(`^[a-z0-9.-]+\.[a-z]+(/[a-z0-9._-]+)+(/\*\*?|\*|@(sha256:[0-9a-f]{64}|\*)|:([A-Za-z0-9._-]+|[A-Za-z0-9._-]*\*))?$`)

// readPatterns reads a list of patterns, and returns them as Binary Authorization needs
// them.
func readPatterns(r *reader, key, example string) []string {
	patterns := r.list(key, example)
	for i, pattern := range patterns {
		if !imagePattern.MatchString(pattern) {
			r.report(indexed(key, i), r.element(key, i, example),
				"%q is not an image pattern: write a registry host and a path, optionally a tag or a digest, and at most one * at the end, or ** after a slash", pattern)
		}
	}
	return expand(patterns...)
}

// expand adds the patterns of all tags and digests to an image without either, which
// people use to mean any of them. Binary Authorization would match only a reference
// without a tag and a digest, which hardly any pod has.
func expand(patterns ...string) (all []string) {
	for _, pattern := range patterns {
		all = append(all, pattern)
		name := pattern[strings.LastIndex(pattern, "/")+1:]
		if !strings.ContainsAny(name, ":@") && !strings.HasSuffix(name, "*") {
			all = append(all, pattern+":*", pattern+"@*")
		}
	}
	return all
}
