package environment

import (
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/idna"
	"k8s.io/apimachinery/pkg/util/validation"
)

// OpenBao holds the settings of the secrets store.
type OpenBao struct {
	// Replicas is the number of servers: 1, 3 or 5.
	Replicas int
	// Image is OpenBao's image, for servers, snapshots and clients.
	Image Image
	// UploadImage is the image of the Google Cloud CLI, which copies snapshots to the
	// bucket.
	UploadImage Image
	// Bootstrap lets the first server initialize itself.
	Bootstrap bool
	// Expose adds a load balancer for the admin ranges.
	Expose bool
	// AlertEmail receives an alert when a snapshot is missing; empty for no alert.
	AlertEmail string
}

// Image is a container image that is pinned to a digest.
type Image struct {
	// Repository is a registry's host and a path.
	Repository string
	// Version is the tag.
	Version string
	// Digest is "sha256:" and 64 hexadecimal digits: that of the multi-platform index.
	Digest string
}

// String is the reference that pods use. It has the digest and no tag, so that Binary
// Authorization and the admission rules have to allow one spelling only.
func (i Image) String() string { return i.Repository + "@" + i.Digest }

// OwnImages is the pattern of all images in the environment's own registry, which are
// allowed in every namespace.
func (e *Environment) OwnImages() string { return ImagesOf(e.Registry()) }

// Images are the patterns of the images that are allowed besides OwnImages, except in
// the namespaces of build jobs and their runners: those of the settings and of the
// platform itself.
func (e *Environment) Images() []string {
	return slices.Concat([]string{e.OpenBao.Image.String(), e.OpenBao.UploadImage.String()}, e.TrustedImages)
}

// AllImages are the patterns of all images that are allowed in any namespace: Binary
// Authorization's policy does not distinguish namespaces.
func (e *Environment) AllImages() []string {
	return append([]string{e.OwnImages()}, e.OtherImages()...)
}

// OtherImages are AllImages without OwnImages.
func (e *Environment) OtherImages() []string {
	return slices.Concat(e.Images(), e.CI.RunnerImages(), e.CI.JobImages())
}

// MostReplicas is the maximum number of servers. More would only slow down writes, each
// of which waits for a majority.
const MostReplicas = 5

var imageForm = regexp.MustCompile(`^([a-z0-9.-]+\.[a-z]+(?::[0-9]+)?(?:/[a-z0-9._-]+)+):([A-Za-z0-9._-]+)@(sha256:[0-9a-f]{64})$`)

func readOpenBao(r *reader) OpenBao {
	return OpenBao{
		Replicas:    readReplicas(r),
		Image:       readImage(r, "openbaoImage"),
		UploadImage: readImage(r, "snapshotImage"),
		Bootstrap:   r.boolean("openbaoBootstrap"),
		Expose:      r.boolean("openbaoExpose"),
		AlertEmail:  readEmail(r, "alertEmail"),
	}
}

func readReplicas(r *reader) int {
	const key = "openbaoReplicas"
	replicas := r.integer(key, "3")
	if replicas < 1 || replicas > MostReplicas || replicas%2 == 0 {
		r.report(key, r.setting(key, "3"), "%d servers is not 1, 3 or 5: an even number tolerates no more failures than the odd number below it", replicas)
	}
	return replicas
}

func readImage(r *reader, key string) Image {
	var image Image
	if err := image.UnmarshalText([]byte(r.text(key))); err != nil {
		r.report(key, Command("make", "images", "ENV="+r.source.Stack()), "%s; `make images` prints the digests of tags", err)
	}
	return image
}

// UnmarshalText parses HOST/PATH:TAG@sha256:DIGEST.
func (i *Image) UnmarshalText(text []byte) error {
	parts := imageForm.FindStringSubmatch(string(text))
	if parts == nil {
		return fmt.Errorf("%q is not HOST/PATH:TAG@sha256:DIGEST; a tag without a digest can be moved to another image", text)
	}
	i.Repository, i.Version, i.Digest = parts[1], parts[2], parts[3]
	return nil
}

func readEmail(r *reader, key string) string {
	email := strings.TrimSpace(r.text(key))
	if email != "" && !isEmail(email) {
		r.report(key, r.setting(key, "platform@YOUR.DOMAIN"), "%q is not an email address, NAME@DOMAIN", email)
	}
	return email
}

// isEmail reports whether a string is a bare email address, without a display name. Its
// domain may be internationalized.
func isEmail(text string) bool {
	address, err := mail.ParseAddress(text)
	if err != nil || address.Address != text {
		return false
	}
	domain, err := idna.Lookup.ToASCII(text[strings.LastIndex(text, "@")+1:])
	return err == nil && strings.Contains(domain, ".") && len(validation.IsDNS1123Subdomain(domain)) == 0
}
