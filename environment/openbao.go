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

// OpenBao is the settings of the secrets store.
type OpenBao struct {
	// Replicas is the number of servers: 1, 3 or 5.
	Replicas int
	// Image is OpenBao's, for servers, snapshots and clients.
	Image Image
	// UploadImage is Google Cloud's CLI, which takes snapshots to the bucket.
	UploadImage Image
	// Bootstrap lets the first server initialise itself.
	Bootstrap bool
	// Expose opens a load balancer to the admin ranges.
	Expose bool
	// AlertEmail is where a missing snapshot is told; empty for nowhere.
	AlertEmail string
}

// Image is a container image, named so that it can't change.
type Image struct {
	// Repository is a registry's host and a path.
	Repository string
	// Version is the tag that people know it by.
	Version string
	// Digest is "sha256:" and 64 digits, of the index for all architectures.
	Digest string
}

// String is how pods name the image: by digest alone, so that there is one
// spelling for Binary Authorization and the admission rules to trust.
func (i Image) String() string { return i.Repository + "@" + i.Digest }

// OwnImages is the pattern of everything in the environment's own registry, which runs
// everywhere.
func (e *Environment) OwnImages() string { return ImagesOf(e.Registry()) }

// Images are patterns of what may run besides OwnImages, jobs and their runners apart:
// what the settings trust, and what the platform itself runs.
func (e *Environment) Images() []string {
	return slices.Concat([]string{e.OpenBao.Image.String(), e.OpenBao.UploadImage.String()}, e.TrustedImages)
}

// AllImages are patterns of what may run anywhere: Binary Authorization's policy
// knows no namespaces.
func (e *Environment) AllImages() []string {
	return append([]string{e.OwnImages()}, e.OtherImages()...)
}

// OtherImages are AllImages without OwnImages.
func (e *Environment) OtherImages() []string {
	return slices.Concat(e.Images(), e.CI.RunnerImages(), e.CI.JobImages())
}

// MostReplicas is how many servers there can be. More would only slow writes
// down: each waits for a majority.
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
		r.report(key, r.setting(key, "3"), "%d servers is not 1, 3 or 5: an even number survives no more than the odd one below it", replicas)
	}
	return replicas
}

func readImage(r *reader, key string) Image {
	var image Image
	if err := image.UnmarshalText([]byte(r.text(key))); err != nil {
		r.report(key, Command("make", "images", "ENV="+r.source.Stack()), "%s. `make images` tells the digests of tags", err)
	}
	return image
}

// UnmarshalText reads an image that is written as HOST/PATH:TAG@sha256:DIGEST.
func (i *Image) UnmarshalText(text []byte) error {
	parts := imageForm.FindStringSubmatch(string(text))
	if parts == nil {
		return fmt.Errorf("%q is not HOST/PATH:TAG@sha256:DIGEST; a tag alone may mean another image tomorrow", text)
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

// isEmail tells whether a text is an address and nothing beside it, in a domain that
// may be international.
func isEmail(text string) bool {
	address, err := mail.ParseAddress(text)
	if err != nil || address.Address != text {
		return false
	}
	domain, err := idna.Lookup.ToASCII(text[strings.LastIndex(text, "@")+1:])
	return err == nil && strings.Contains(domain, ".") && len(validation.IsDNS1123Subdomain(domain)) == 0
}
