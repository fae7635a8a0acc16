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

// Namespace is the namespace in which only the rules of the corpus can refuse a manifest:
// no Pod Security level applies there.
const Namespace = "rehearsal-corpus"

// Checker checks that a cluster admits or refuses each manifest of a corpus as
// expected. It leaves no objects behind.
type Checker struct {
	corpus   *Corpus
	server   client.Client
	kubelet  client.Client
	warnOnly []string
	defaults bool
}

// NewChecker makes a checker. warnOnly are the rules that are expected to warn instead
// of refusing, and defaults tells whether the cluster is expected to fill in fields
// that a manifest omits.
func NewChecker(c *Corpus, config *rest.Config, warnOnly []string, defaults bool) (*Checker, error) {
	config = rest.CopyConfig(config)
	config.WarningHandlerWithContext = collector{}
	server, err := client.New(config, client.Options{})
	if err != nil {
		return nil, fmt.Errorf("talking to the API server: %w", err)
	}
	// The name of a kubelet with the rights of an administrator, so that only the rules
	// decide what it may do.
	config.Impersonate = rest.ImpersonationConfig{UserName: "system:node:corpus", Groups: []string{"system:nodes", "system:masters"}}
	kubelet, err := client.New(config, client.Options{})
	if err != nil {
		return nil, fmt.Errorf("talking to the API server as a kubelet: %w", err)
	}
	return &Checker{corpus: c, server: server, kubelet: kubelet, warnOnly: warnOnly, defaults: defaults}, nil
}

// Mismatch is a case in which the cluster did not respond as expected.
type Mismatch struct {
	Rule, Case, Namespace string
	// Problem says how the cluster responded.
	Problem string
}

// String implements fmt.Stringer.
func (w Mismatch) String() string {
	return fmt.Sprintf("%s, %q in %s: %s", w.Rule, w.Case, w.Namespace, w.Problem)
}

// CheckAll checks the cases of all rules in a namespace. It returns how many manifests
// it sent, and those that were not admitted or refused as expected.
func (j *Checker) CheckAll(ctx context.Context, namespace string) (shown int, wrong []Mismatch, err error) {
	// The server takes most of the time, and needs several requests at once to use all
	// cores.
	const parallel = 8
	type result struct {
		shown int
		wrong []Mismatch
	}
	results := make([]result, len(j.corpus.Rules))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, rule := range j.corpus.Rules {
		group.Go(func() (err error) {
			results[i].shown, results[i].wrong, err = j.Rule(ctx, rule, namespace)
			return err
		})
	}
	err = group.Wait()
	for _, r := range results {
		shown, wrong = shown+r.shown, append(wrong, r.wrong...)
	}
	return shown, wrong, err
}

// Rule checks the cases of one rule.
func (j *Checker) Rule(ctx context.Context, rule Rule, namespace string) (shown int, wrong []Mismatch, err error) {
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
			refusal, warnings, err := j.request(ctx, rule, test, namespace)
			if err != nil {
				return shown, wrong, fmt.Errorf("%s, %q: %w", rule.ID, test.Name, err)
			}
			shown++
			if problem := j.compare(rule.ID, namespace, message+test.Says, refuse, refusal, warnings); problem != "" {
				wrong = append(wrong, Mismatch{Rule: rule.ID, Case: test.Name, Namespace: namespace, Problem: problem})
			}
		}
	}
	return shown, wrong, nil
}

// CheckIdempotence sends every pod that is admitted a second time, as the server returned it the
// first time. It returns how many there were, and those that the server changed again:
// mutations have to be idempotent.
func (j *Checker) CheckIdempotence(ctx context.Context, namespace string) (shown int, wrong []Mismatch, err error) {
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
				continue // refused
			}
			shown++
			first := object.DeepCopy()
			object.SetResourceVersion("")
			object.SetUID("")
			if err := j.server.Create(ctx, object, client.DryRunAll); err != nil || !reflect.DeepEqual(first.Object["spec"], object.Object["spec"]) {
				wrong = append(wrong, Mismatch{Rule: rule.ID, Case: test.Name, Namespace: namespace, Problem: fmt.Sprintf("changed again: %v", err)})
			}
		}
	}
	return shown, wrong, nil
}

// compare says how the server's response differs from the expected one; empty if it
// does not. Outside of Namespace, Pod Security admission may be the first to refuse, with a
// message of its own.
func (j *Checker) compare(rule, namespace, message string, refuse bool, refusal error, warnings []string) string {
	warned := slices.ContainsFunc(warnings, func(w string) bool { return strings.Contains(w, message) })
	switch {
	case !refuse && refusal != nil:
		return "was refused: " + refusal.Error()
	case !refuse && warned:
		return "was admitted with a warning"
	case !refuse:
		return ""
	case slices.Contains(j.warnOnly, rule) && refusal != nil && namespace == Namespace:
		return "was refused instead of admitted with a warning: " + refusal.Error()
	case slices.Contains(j.warnOnly, rule) && refusal == nil && !warned:
		return "was admitted without a warning"
	case slices.Contains(j.warnOnly, rule):
		return ""
	case refusal == nil:
		return "was admitted"
	case namespace == Namespace && !strings.Contains(refusal.Error(), message):
		return "was refused with another message: " + refusal.Error()
	}
	return ""
}

// message is the message with which a rule's admission policy refuses.
func (j *Checker) message(ctx context.Context, rule string) (string, error) {
	policy, err := readPolicy(ctx, j.server, rule)
	if err != nil {
		return "", err
	}
	validations, _, err := unstructured.NestedSlice(policy.Object, "spec", "validations")
	if err != nil || len(validations) != 1 {
		return "", fmt.Errorf("the admission policy of rule %s has %d validations instead of one", rule, len(validations))
	}
	message, _ := validations[0].(map[string]any)["message"].(string)
	if !strings.HasPrefix(message, rule+": ") {
		return "", fmt.Errorf("the message of rule %s is %q, which does not begin with the rule's name", rule, message)
	}
	return message, nil
}

// readPolicy reads the ValidatingAdmissionPolicy of a rule.
func readPolicy(ctx context.Context, server client.Client, rule string) (*unstructured.Unstructured, error) {
	policy := &unstructured.Unstructured{}
	policy.SetGroupVersionKind(schema.GroupVersionKind{Group: "admissionregistration.k8s.io", Version: "v1", Kind: "ValidatingAdmissionPolicy"})
	if err := server.Get(ctx, client.ObjectKey{Name: "bastide-" + rule}, policy); err != nil {
		return nil, fmt.Errorf("reading the admission policy of rule %s: %w", rule, err)
	}
	return policy, nil
}

// request makes the request of a case as a dry run. It returns the server's refusal,
// if it refused, and its warnings.
func (j *Checker) request(ctx context.Context, rule Rule, test Case, namespace string) (refusal error, warnings []string, err error) {
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
		refusal = j.server.Create(ctx, object, client.DryRunAll)
		return refusal, heard(), nil
	}
	remove, err := j.establish(ctx, test, object)
	if err != nil {
		return nil, nil, err
	}
	ctx, heard := listen(ctx)
	// The scheduler and kwok write to pods, too.
	refusal = retry.RetryOnConflict(retry.DefaultBackoff, func() error { return j.update(ctx, test, object) })
	return refusal, heard(), remove()
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

// place sets the namespace of an object, if its kind is namespaced.
func (j *Checker) place(object *unstructured.Unstructured, namespace string) error {
	namespaced, err := j.server.IsObjectNamespaced(object)
	if err == nil && namespaced {
		object.SetNamespace(namespace)
	}
	return err
}

// establish creates the object that a case changes, or reads the existing one that it
// names. The object is then as the server returned it.
func (j *Checker) establish(ctx context.Context, test Case, object *unstructured.Unstructured) (remove func() error, err error) {
	if test.Existing != "" {
		return func() error { return nil }, j.server.Get(ctx, client.ObjectKey{Namespace: object.GetNamespace(), Name: test.Existing}, object)
	}
	object.SetName("")
	object.SetGenerateName("corpus-")
	// Parallel requests update the usage of the same quota, and may conflict.
	if err := retry.RetryOnConflict(retry.DefaultBackoff, func() error { return j.server.Create(ctx, object) }); err != nil {
		return nil, fmt.Errorf("creating the object that the case changes: %w", err)
	}
	kept := object.DeepCopy()
	return func() error {
		return client.IgnoreNotFound(j.server.Delete(ctx, kept, client.GracePeriodSeconds(0)))
	}, nil
}

// collector collects the warnings of a request in the request's context.
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
