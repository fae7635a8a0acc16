package live

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"

	"sigs.k8s.io/yaml"

	"bastide/policies/controls"
)

// question is something that Google Cloud is asked. Each of its commands reads: a
// test holds their verbs against a list.
type question struct {
	// args are those of gcloud, without project and format.
	args []string
	// types are the Pulumi types that the answer is about.
	types []string
	// read makes resources of the answer.
	read func(answer any) []controls.Resource
}

// atOnce is how many gcloud processes run at a time.
const atOnce = 4

// readCloud asks Google Cloud. The error says why nothing was answered.
func readCloud(ctx context.Context, options Options, s *seen) error {
	err := reachable(options)
	if err == nil && ask(ctx, options, questions(options.Environment), s) == 0 {
		err = errors.New("gcloud answered nothing; type `gcloud auth login`")
	}
	if err == nil {
		askAboutKeys(ctx, options, s)
		askAboutBuckets(ctx, options, s)
		return nil
	}
	types := later
	for _, q := range questions(options.Environment) {
		types = append(types[:len(types):len(types)], q.types...)
	}
	for _, t := range types {
		s.miss(t, "Google Cloud was not asked: "+err.Error())
	}
	return err
}

func reachable(options Options) error {
	if options.Rehearsed {
		return errors.New("the environment is only ever rehearsed, so there is nothing of it in Google Cloud")
	}
	if _, err := exec.LookPath("gcloud"); err != nil {
		return errors.New("gcloud is not on PATH; see https://cloud.google.com/sdk/docs/install")
	}
	return nil
}

// ask asks all questions and counts the answers.
func ask(ctx context.Context, options Options, all []question, s *seen) (answered int) {
	var wait sync.WaitGroup
	var mu sync.Mutex
	free := make(chan struct{}, atOnce)
	for _, q := range all {
		wait.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			answer, err := gcloud(ctx, options.Environment.Project, q.args...)
			if err != nil {
				for _, t := range q.types {
					s.miss(t, fmt.Sprintf("gcloud %s: %s", strings.Join(verb(q.args), " "), err))
				}
				return
			}
			found := map[string][]controls.Resource{}
			for _, r := range q.read(answer) {
				r.Inputs = conform(r.Type, r.Inputs)
				found[r.Type] = append(found[r.Type], r)
			}
			for _, t := range q.types {
				s.note(t, found[t]...)
			}
			mu.Lock()
			defer mu.Unlock()
			answered++
		})
	}
	wait.Wait()
	return answered
}

// verb is a command without what it is about.
func verb(args []string) (words []string) {
	for _, arg := range args {
		if strings.HasPrefix(arg, "-") || strings.ContainsAny(arg, "/@:.") {
			break
		}
		words = append(words, arg)
	}
	return words
}

// gcloud asks one question. What is not there is no error, but nothing.
func gcloud(ctx context.Context, project string, args ...string) (answer any, err error) {
	args = append(append([]string{}, args...), "--project="+project, "--format=json", "--quiet")
	cmd := exec.CommandContext(ctx, "gcloud", args...)
	cmd.Env = append(os.Environ(), "CLOUDSDK_CORE_DISABLE_PROMPTS=1")
	var said strings.Builder
	cmd.Stderr = &said
	text, err := cmd.Output()
	if err != nil {
		if isMissing(said.String()) {
			return nil, nil
		}
		return nil, errors.New(complaint(said.String(), err))
	}
	// Which reads JSON as well: `binauthz policy export` writes YAML whatever it is
	// asked for.
	if err := yaml.Unmarshal(text, &answer); err != nil {
		return nil, fmt.Errorf("its answer is no JSON: %w", err)
	}
	return answer, nil
}

// isMissing tells whether gcloud's complaint is that something does not exist.
func isMissing(said string) bool {
	for _, words := range []string{"NOT_FOUND", "code=404", "was not found", "HTTPError 404", "notFound"} {
		if strings.Contains(said, words) {
			return true
		}
	}
	return false
}

// complaint is the line in which gcloud says what is wrong.
func complaint(said string, err error) string {
	for line := range strings.Lines(said) {
		if rest, found := strings.CutPrefix(strings.TrimSpace(line), "ERROR: "); found {
			return rest
		}
	}
	return err.Error()
}
