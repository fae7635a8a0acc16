// Package corpus checks that a running cluster admits or refuses many manifests as
// expected.
package corpus

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// Corpus is the cases of all rules, and the compliant objects that they are changes to.
type Corpus struct {
	Rules []Rule
	bases map[string]any
}

// Rule is the cases that a rule has to admit, and those that it has to refuse.
type Rule struct {
	ID string `json:"rule"`
	// Base is the kind of object that the cases change; Pod if there is none.
	Base   string `json:"base"`
	Pass   []Case `json:"pass"`
	Refuse []Case `json:"refuse"`
}

// Case is one manifest, or one change to an object that exists.
type Case struct {
	Name string `json:"name"`
	// Base overrides the rule's base, Namespace the namespace that is checked.
	Base      string `json:"base"`
	Namespace string `json:"namespace"`
	// Existing names an object that exists already; none is created then.
	Existing string `json:"existing"`
	// Defaulted marks a case to refuse that is admitted where the cluster fills in
	// omitted fields.
	Defaulted bool `json:"defaulted"`
	// Says is the expected end of the rule's message.
	Says string `json:"says"`
	// NeedsDefaults marks a case that is checked only where the cluster fills in
	// omitted fields.
	NeedsDefaults bool `json:"needs-defaults"`
	Change
	// After is a change to the object once it exists.
	After *Change `json:"after"`
	// Kubelet makes that change as a node's kubelet.
	Kubelet bool `json:"kubelet"`
}

// Change is JSON merge patches on parts of an object.
type Change struct {
	Object    map[string]any `json:"object"`
	Metadata  map[string]any `json:"metadata"`
	Pod       map[string]any `json:"pod"`
	Container map[string]any `json:"container"`
	Second    map[string]any `json:"second"`
	Init      map[string]any `json:"init"`
	// Debug is an ephemeral container that is added to a running pod.
	Debug map[string]any `json:"debug"`
}

// Settings are those of the environment that is checked. The manifests refer to them as
// {placeholders}.
type Settings struct {
	// Registry is the environment's own registry, and Admin one of its admin ranges.
	Registry, Admin string
	// TaintKey and TaintValue are those of the node pool for build jobs.
	TaintKey, TaintValue string
	// Jobs is a namespace of build jobs; empty if there is none.
	Jobs string
	// Sandbox tells whether jobs run under gVisor.
	Sandbox bool
}

func (s Settings) values() map[string]string {
	runtime := "null"
	if s.Sandbox {
		runtime = "gvisor"
	}
	return map[string]string{
		"registry": s.Registry, "admin": s.Admin, "taint-key": s.TaintKey, "taint-value": s.TaintValue, "jobs": s.Jobs, "runtime": runtime,
	}
}

// has tells whether an environment has a rule: those about build jobs exist only in
// environments with build jobs.
func (s Settings) has(rule Rule) bool {
	return !strings.HasPrefix(rule.ID, "job-") || s.Jobs != "" && (s.Sandbox || rule.ID != "job-sandbox")
}

// Load reads a folder with bases.yaml and corpus/*.yaml.
func Load(dir string, settings Settings) (*Corpus, error) {
	c, values := &Corpus{}, settings.values()
	if err := read(filepath.Join(dir, "bases.yaml"), values, &c.bases); err != nil {
		return nil, err
	}
	paths, err := filepath.Glob(filepath.Join(dir, "corpus", "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("finding the corpus: %w", err)
	}
	for _, path := range paths {
		var rules []Rule
		if err := read(path, values, &rules); err != nil {
			return nil, err
		}
		for _, rule := range rules {
			if settings.has(rule) {
				c.Rules = append(c.Rules, rule)
			}
		}
	}
	if len(c.Rules) == 0 {
		return nil, fmt.Errorf("found no rules in %s", filepath.Join(dir, "corpus", "*.yaml"))
	}
	return c, nil
}

func read(path string, values map[string]string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("reading the corpus: %w", err)
	}
	filled := string(text)
	for name, value := range values {
		filled = strings.ReplaceAll(filled, "{"+name+"}", value)
	}
	if err := yaml.UnmarshalStrict([]byte(filled), into); err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	return nil
}

// build makes the object of a case.
func (c *Corpus) build(rule Rule, test Case) (*unstructured.Unstructured, error) {
	kind := rule.Base
	if test.Base != "" {
		kind = test.Base
	}
	if kind == "" {
		kind = "Pod"
	}
	base, ok := c.bases[kind].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("bases.yaml has no %s", kind)
	}
	object := (&unstructured.Unstructured{Object: base}).DeepCopy()
	if object.GetKind() == "Pod" {
		container, err := c.container("main", nil)
		if err != nil {
			return nil, err
		}
		if err := unstructured.SetNestedSlice(object.Object, []any{container}, "spec", "containers"); err != nil {
			return nil, err
		}
	}
	return object, c.change(object, test.Change)
}

// Declared is the object of a case as a program would declare it, with all changes
// applied. It is nil for a case that changes an existing object, or as a kubelet.
func (c *Corpus) Declared(rule Rule, test Case) (object *unstructured.Unstructured, err error) {
	if test.Existing != "" || test.Kubelet {
		return nil, nil
	}
	if object, err = c.build(rule, test); err != nil {
		return nil, err
	}
	if test.Namespace != "" {
		object.SetNamespace(test.Namespace)
	}
	if test.Debug != nil {
		return object, c.add(object, "ephemeralContainers", "debug", test.Debug)
	}
	if test.After != nil {
		return object, c.change(object, *test.After)
	}
	return object, nil
}

// change applies a change, except for a debug container, which takes a separate
// request.
func (c *Corpus) change(object *unstructured.Unstructured, change Change) (err error) {
	for field, patch := range map[string]map[string]any{"metadata": change.Metadata, "spec": change.Pod} {
		if patch == nil {
			continue
		}
		if object.Object[field], err = merge(object.Object[field], patch); err != nil {
			return err
		}
	}
	if change.Object != nil {
		merged, err := merge(object.Object, change.Object)
		if err != nil {
			return err
		}
		object.Object = merged.(map[string]any)
	}
	if change.Container != nil {
		if err := c.changeFirst(object, change.Container); err != nil {
			return err
		}
	}
	if change.Second != nil {
		if err := c.add(object, "containers", "second", change.Second); err != nil {
			return err
		}
	}
	if change.Init != nil {
		return c.add(object, "initContainers", "init", change.Init)
	}
	return nil
}

func (c *Corpus) changeFirst(object *unstructured.Unstructured, patch map[string]any) error {
	containers, _, err := unstructured.NestedSlice(object.Object, "spec", "containers")
	if err != nil || len(containers) == 0 {
		return fmt.Errorf("%s has no container to change", object.GetKind())
	}
	if containers[0], err = merge(containers[0], patch); err != nil {
		return err
	}
	return unstructured.SetNestedSlice(object.Object, containers, "spec", "containers")
}

// add adds the compliant container, with a change.
func (c *Corpus) add(object *unstructured.Unstructured, list, name string, patch map[string]any) error {
	containers, _, err := unstructured.NestedSlice(object.Object, "spec", list)
	if err != nil {
		return err
	}
	container, err := c.container(name, patch)
	if err != nil {
		return err
	}
	return unstructured.SetNestedSlice(object.Object, append(containers, container), "spec", list)
}

// container is the compliant container under a name. Only main containers may have
// probes, and debug containers can't have resources.
func (c *Corpus) container(name string, patch map[string]any) (any, error) {
	own := map[string]any{"name": name}
	if name == "init" || name == "debug" {
		own["readinessProbe"] = nil
	}
	if name == "debug" {
		own["resources"] = nil
	}
	container, err := merge(c.bases["container"], own)
	if err != nil || patch == nil {
		return container, err
	}
	return merge(container, patch)
}

// merge is a JSON merge patch: RFC 7396.
func merge(object any, patch map[string]any) (merged any, err error) {
	if object == nil {
		object = map[string]any{}
	}
	before, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	change, err := json.Marshal(patch)
	if err != nil {
		return nil, err
	}
	after, err := jsonpatch.MergePatch(before, change)
	if err != nil {
		return nil, fmt.Errorf("merging: %w", err)
	}
	u := map[string]any{}
	if err := yaml.Unmarshal(after, &u); err != nil {
		return nil, err
	}
	return u, nil
}
