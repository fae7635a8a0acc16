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

// question is a gcloud command that reads resources. A test checks that its verb is one of
// those that only read.
type question struct {
	// args are the arguments of gcloud, without project and format.
	args []string
	// types are the Pulumi types of the resources in the answer.
	types []string
	// read converts the answer to resources.
	read func(answer any) []controls.Resource
}

// maxProcesses is how many gcloud processes run at a time.
const maxProcesses = 4

// readCloud reads the resources in Google Cloud. It returns an error if it could read none.
func readCloud(ctx context.Context, options Options, s *seen) error {
	err := reachable(options)
	if err == nil && ask(ctx, options, questions(options.Environment), s) == 0 {
		err = errors.New("gcloud answered none of the commands; type `gcloud auth login`")
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
		s.miss(t, "Google Cloud was not queried: "+err.Error())
	}
	return err
}

func reachable(options Options) error {
	if options.Rehearsed {
		return errors.New("the environment is only ever rehearsed, so there is nothing of it in Google Cloud")
	}
	if _, err := exec.LookPath("gcloud"); err != nil {
		return errors.New("gcloud is not on PATH; install it: https://cloud.google.com/sdk/docs/install")
	}
	return nil
}

// ask runs the commands of all questions and returns the number of answers.
func ask(ctx context.Context, options Options, all []question, s *seen) (answered int) {
	var wait sync.WaitGroup
	var mu sync.Mutex
	free := make(chan struct{}, maxProcesses)
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

// verb is the part of a command before the names of resources and the flags.
func verb(args []string) (words []string) {
	for _, arg := range args {
		if strings.HasPrefix(arg, "-") || strings.ContainsAny(arg, "/@:.") {
			break
		}
		words = append(words, arg)
	}
	return words
}

// gcloud runs one command. The answer is nil if the resource does not exist.
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
	// YAML includes JSON. `binauthz policy export` writes YAML whatever the format flag is.
	if err := yaml.Unmarshal(text, &answer); err != nil {
		return nil, fmt.Errorf("its answer is neither JSON nor YAML: %w", err)
	}
	return answer, nil
}

// isMissing reports whether gcloud's error is that a resource does not exist.
func isMissing(said string) bool {
	for _, words := range []string{"NOT_FOUND", "code=404", "was not found", "HTTPError 404", "notFound"} {
		if strings.Contains(said, words) {
			return true
		}
	}
	return false
}

// complaint is the error message among the lines that gcloud printed.
func complaint(said string, err error) string {
	for line := range strings.Lines(said) {
		if rest, found := strings.CutPrefix(strings.TrimSpace(line), "ERROR: "); found {
			return rest
		}
	}
	return err.Error()
}
