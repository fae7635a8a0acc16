package corpus

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Home is the namespace in which nothing but the rules can refuse a manifest.
const Home = "rehearsal-corpus"

// Checker asks a cluster for verdicts. Nothing stays behind.
type Checker struct {
	corpus   *Corpus
	server   client.Client
	kubelet  client.Client
	warnOnly []string
	defaults bool
}

// NewChecker makes one. warnOnly are the rules that are expected to warn, and
// defaults tells whether the cluster is expected to fill in what is absent.
func NewChecker(c *Corpus, config *rest.Config, warnOnly []string, defaults bool) (*Checker, error) {
	config = rest.CopyConfig(config)
	config.WarningHandlerWithContext = collector{}
	server, err := client.New(config, client.Options{})
	if err != nil {
		return nil, fmt.Errorf("talking to the API server: %w", err)
	}
	// As a kubelet is called, with the rights of an administrator: what it may do is
	// asked of the rules alone.
	config.Impersonate = rest.ImpersonationConfig{UserName: "system:node:corpus", Groups: []string{"system:nodes", "system:masters"}}
	kubelet, err := client.New(config, client.Options{})
	if err != nil {
		return nil, fmt.Errorf("talking to the API server as a kubelet: %w", err)
	}
	return &Checker{corpus: c, server: server, kubelet: kubelet, warnOnly: warnOnly, defaults: defaults}, nil
}

// Wrong is a verdict that should have been another.
type Wrong struct {
	Rule, Case, Namespace string
	// Problem tells what was seen instead.
	Problem string
}

// String implements fmt.Stringer.
func (w Wrong) String() string {
	return fmt.Sprintf("%s, %q in %s: %s", w.Rule, w.Case, w.Namespace, w.Problem)
}

// Verdicts asks about all rules, in a namespace. It returns how many manifests
// it showed, and the wrong verdicts.
func (j *Checker) Verdicts(ctx context.Context, namespace string) (shown int, wrong []Wrong, err error) {
	// The server takes most of the time, and uses all cores for several requests only.
	const atOnce = 8
	type verdict struct {
		shown int
		wrong []Wrong
	}
	verdicts := make([]verdict, len(j.corpus.Rules))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, rule := range j.corpus.Rules {
		group.Go(func() (err error) {
			verdicts[i].shown, verdicts[i].wrong, err = j.Rule(ctx, rule, namespace)
			return err
		})
	}
	err = group.Wait()
	for _, v := range verdicts {
		shown, wrong = shown+v.shown, append(wrong, v.wrong...)
	}
	return shown, wrong, err
}

// Rule asks about one rule.
func (j *Checker) Rule(ctx context.Context, rule Rule, namespace string) (shown int, wrong []Wrong, err error) {
	message, err := j.message(ctx, rule.ID)
	if err != nil {
		return 0, nil, err
	}
	for _, group := range []struct {
		cases  []Case
		refuse bool
	}{{rule.Pass, false}, {rule.Refuse, true}} {
		for _, test := range group.cases {
			if test.NeedsDefaults && !j.defaults {
				continue
			}
			refuse := group.refuse && (!test.Defaulted || !j.defaults)
			said, warnings, err := j.ask(ctx, rule, test, namespace)
			if err != nil {
				return shown, wrong, fmt.Errorf("%s, %q: %w", rule.ID, test.Name, err)
			}
			shown++
			if problem := j.compare(rule.ID, namespace, message+test.Says, refuse, said, warnings); problem != "" {
				wrong = append(wrong, Wrong{Rule: rule.ID, Case: test.Name, Namespace: namespace, Problem: problem})
			}
		}
	}
	return shown, wrong, nil
}

// Settles shows every pod that is let pass a second time, as it came back the
// first time. It returns how many there were, and those that changed again.
func (j *Checker) Settles(ctx context.Context, namespace string) (shown int, wrong []Wrong, err error) {
	for _, rule := range j.corpus.Rules {
		for _, test := range slices.Concat(rule.Pass, rule.Refuse) {
			object, err := j.corpus.build(rule, test)
			if err != nil {
				return shown, wrong, err
			}
			if object.GetKind() != "Pod" || test.Namespace != "" {
				continue
			}
			object.SetNamespace(namespace)
			if j.server.Create(ctx, object, client.DryRunAll) != nil {
				continue // refused, which is another question
			}
			shown++
			first := object.DeepCopy()
			object.SetResourceVersion("")
			object.SetUID("")
			if err := j.server.Create(ctx, object, client.DryRunAll); err != nil || !reflect.DeepEqual(first.Object["spec"], object.Object["spec"]) {
				wrong = append(wrong, Wrong{Rule: rule.ID, Case: test.Name, Namespace: namespace, Problem: fmt.Sprintf("changed again: %v", err)})
			}
		}
	}
	return shown, wrong, nil
}

// compare says what is wrong with a verdict. Away from home, Pod Security
// admission may be the first to refuse, in words of its own.
func (j *Checker) compare(rule, namespace, message string, refuse bool, said error, warnings []string) string {
	warned := slices.ContainsFunc(warnings, func(w string) bool { return strings.Contains(w, message) })
	switch {
	case !refuse && said != nil:
		return "was refused: " + said.Error()
	case !refuse && warned:
		return "was warned of"
	case !refuse:
		return ""
	case slices.Contains(j.warnOnly, rule) && said != nil && namespace == Home:
		return "was refused, not warned of: " + said.Error()
	case slices.Contains(j.warnOnly, rule) && said == nil && !warned:
		return "passed without a warning"
	case slices.Contains(j.warnOnly, rule):
		return ""
	case said == nil:
		return "passed"
	case namespace == Home && !strings.Contains(said.Error(), message):
		return "was refused in other words: " + said.Error()
	}
	return ""
}

// message is what a rule's policy refuses with.
func (j *Checker) message(ctx context.Context, rule string) (string, error) {
	policy, err := readPolicy(ctx, j.server, rule)
	if err != nil {
		return "", err
	}
	validations, _, err := unstructured.NestedSlice(policy.Object, "spec", "validations")
	if err != nil || len(validations) != 1 {
		return "", fmt.Errorf("the policy of %s has %d validations, not one", rule, len(validations))
	}
	message, _ := validations[0].(map[string]any)["message"].(string)
	if !strings.HasPrefix(message, rule+": ") {
		return "", fmt.Errorf("the message of %s is %q, which does not name the rule", rule, message)
	}
	return message, nil
}

// readPolicy reads the policy that a rule has become.
func readPolicy(ctx context.Context, server client.Client, rule string) (*unstructured.Unstructured, error) {
	policy := &unstructured.Unstructured{}
	policy.SetGroupVersionKind(schema.GroupVersionKind{Group: "admissionregistration.k8s.io", Version: "v1", Kind: "ValidatingAdmissionPolicy"})
	if err := server.Get(ctx, client.ObjectKey{Name: "bastide-" + rule}, policy); err != nil {
		return nil, fmt.Errorf("reading the policy of %s: %w", rule, err)
	}
	return policy, nil
}

// ask makes the request of a case, and gives the server's answer.
func (j *Checker) ask(ctx context.Context, rule Rule, test Case, namespace string) (said error, warnings []string, err error) {
	object, err := j.corpus.build(rule, test)
	if err != nil {
		return nil, nil, err
	}
	if test.Namespace != "" {
		namespace = test.Namespace
	}
	if err := j.place(object, namespace); err != nil {
		return nil, nil, err
	}
	if test.After == nil && test.Debug == nil {
		ctx, heard := listen(ctx)
		said = j.server.Create(ctx, object, client.DryRunAll)
		return said, heard(), nil
	}
	remove, err := j.establish(ctx, test, object)
	if err != nil {
		return nil, nil, err
	}
	ctx, heard := listen(ctx)
	// The scheduler and kwok write to pods, too.
	said = retry.RetryOnConflict(retry.DefaultBackoff, func() error { return j.update(ctx, test, object) })
	return said, heard(), remove()
}

// update changes an object as a case says.
func (j *Checker) update(ctx context.Context, test Case, object *unstructured.Unstructured) error {
	if err := j.server.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
		return err
	}
	if test.Debug != nil {
		if err := j.corpus.add(object, "ephemeralContainers", "debug", test.Debug); err != nil {
			return err
		}
		return j.server.SubResource("ephemeralcontainers").Update(ctx, object, client.DryRunAll)
	}
	if err := j.corpus.change(object, *test.After); err != nil {
		return err
	}
	if test.Kubelet {
		return j.kubelet.Update(ctx, object, client.DryRunAll)
	}
	return j.server.Update(ctx, object, client.DryRunAll)
}

// place gives an object a namespace, if its kind has one.
func (j *Checker) place(object *unstructured.Unstructured, namespace string) error {
	namespaced, err := j.server.IsObjectNamespaced(object)
	if err == nil && namespaced {
		object.SetNamespace(namespace)
	}
	return err
}

// establish makes the object that a case changes, or finds the one that it
// names. The object is filled in with what the server knows.
func (j *Checker) establish(ctx context.Context, test Case, object *unstructured.Unstructured) (remove func() error, err error) {
	if test.Existing != "" {
		return func() error { return nil }, j.server.Get(ctx, client.ObjectKey{Namespace: object.GetNamespace(), Name: test.Existing}, object)
	}
	object.SetName("")
	object.SetGenerateName("corpus-")
	// Several at once change the usage of one quota.
	if err := retry.RetryOnConflict(retry.DefaultBackoff, func() error { return j.server.Create(ctx, object) }); err != nil {
		return nil, fmt.Errorf("making the object to be changed: %w", err)
	}
	kept := object.DeepCopy()
	return func() error {
		return client.IgnoreNotFound(j.server.Delete(ctx, kept, client.GracePeriodSeconds(0)))
	}, nil
}

// collector keeps the warnings of a request in its context.
type collector struct{}

type heardKey struct{}

type heard struct {
	mu    sync.Mutex
	texts []string
}

func listen(ctx context.Context) (context.Context, func() []string) {
	h := &heard{}
	return context.WithValue(ctx, heardKey{}, h), func() []string {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.texts
	}
}

// HandleWarningHeaderWithContext implements rest.WarningHandlerWithContext.
func (collector) HandleWarningHeaderWithContext(ctx context.Context, _ int, _, text string) {
	if h, ok := ctx.Value(heardKey{}).(*heard); ok {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.texts = append(h.texts, text)
	}
}
