package environment

import (
	"regexp"
	"strings"
)

// ImageMatches tells whether Binary Authorization holds an image, as a pod names
// it, to be one of a pattern. Sources, read in December 2026:
//
//   - Binary Authorization, "Policy YAML reference", admissionWhitelistPatterns: a
//     path to a single image, or one that ends in * or **; * stops at a slash, ** does
//     not; PATH, PATH:TAG, PATH:TAG-PREFIX* and PATH@sha256:DIGEST are different
//     patterns, and the same goes for references without a registry.
//   - grafeas/kritis 3348562, pkg/kritis/util/allowlist.go, imageNamePatternMatch, which
//     calls itself compatible with it, and its test: PATH is no pattern of PATH:TAG,
//     PATH:* is; a * may stand for nothing.
//
// Neither names an image otherwise than the pod does: nginx, docker.io/library/nginx and
// index.docker.io/library/nginx are three (what GKE refuses it names as the pod
// wrote it, "Image nginx denied"), and so are PATH:TAG and PATH:TAG@sha256:DIGEST.
// Whatever else Google may do, what is not of a pattern by this is refused here.
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

// imagePattern is how the settings write a pattern: a host and a path, and at most one
// * or ** at the end. A ** may follow a slash only: PATH** would also be the pattern of
// somebody else's PATH-EVIL/IMAGE, as the reference warns.
var imagePattern = regexp.MustCompile(`^[a-z0-9.-]+\.[a-z]+(/[a-z0-9._-]+)+(/\*\*?|\*|@(sha256:[0-9a-f]{64}|\*)|:([A-Za-z0-9._-]+|[A-Za-z0-9._-]*\*))?$`)

// readPatterns gives a setting's patterns as Binary Authorization takes them.
func readPatterns(r *reader, key, example string) []string {
	patterns := r.list(key, example)
	for i, pattern := range patterns {
		if !imagePattern.MatchString(pattern) {
			r.report(indexed(key, i), r.element(key, i, example),
				"%q is not an image pattern: a registry host, a path, a tag or a digest if you like, and at most one * at the end, or ** after a slash", pattern)
		}
	}
	return expand(patterns...)
}

// expand writes out what people mean by an image without tag and digest: any of
// them. To Binary Authorization it would be just the image that a pod names so, which is
// none that anybody runs.
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
