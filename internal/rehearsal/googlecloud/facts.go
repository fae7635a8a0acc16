package googlecloud

import (
	_ "embed"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/contract"
	"sigs.k8s.io/yaml"
)

//go:embed facts.yaml
var factsYAML []byte

// fact is an entry of facts.yaml, whose comment explains the fields.
type fact struct {
	API     string
	ID      string
	Noun    string
	Name    map[string]string
	Auto    int
	Taken   string
	Kept    bool
	Held    string
	Outputs map[string]string
	Seconds struct{ Create, Delete float64 }
}

var facts = func() map[string]*fact {
	facts := map[string]*fact{}
	contract.AssertNoErrorf(yaml.UnmarshalStrict(factsYAML, &facts), "facts.yaml")
	return facts
}()

// Kinds lists the resource types that the simulated cloud supports.
func Kinds() []string { return slices.Sorted(maps.Keys(facts)) }

// autoname generates a name as the real provider does: the resource's name and seven
// characters, which stay the same until the resource is replaced.
func (f *fact) autoname(req plugin.CheckRequest, inputs resource.PropertyMap) error {
	if _, given := inputs["name"]; given || f.Auto == 0 {
		return nil
	}
	if old, ok := req.Olds["name"]; ok {
		inputs["name"] = old
		return nil
	}
	name, err := resource.NewUniqueName(req.RandomSeed, req.Name+"-", 7, f.Auto, nil)
	inputs["name"] = resource.NewProperty(name)
	return err
}

// checkName refuses a name that the cloud would refuse.
func (f *fact) checkName(inputs resource.PropertyMap) []plugin.CheckFailure {
	var failures []plugin.CheckFailure
	for property, pattern := range f.Name {
		value, ok := inputs[resource.PropertyKey(property)]
		if !ok || !value.IsString() {
			continue
		}
		if !regexp.MustCompile("^(?:" + pattern + ")$").MatchString(value.StringValue()) {
			failures = append(failures, plugin.CheckFailure{
				Property: resource.PropertyKey(property),
				Reason:   fmt.Sprintf("%q (%q) doesn't match regexp %q", property, value.StringValue(), "^(?:"+pattern+")$"),
			})
		}
	}
	return failures
}

var placeholder = regexp.MustCompile(`{\w+}`)

// expand fills a template's {placeholders}; unknown ones become "?".
func expand(template string, values map[string]string) string {
	return placeholder.ReplaceAllStringFunc(template, func(match string) string {
		if value, ok := values[strings.Trim(match, "{}")]; ok {
			return value
		}
		return "?"
	})
}

// text reads a string at a path such as "nodeConfig.serviceAccount"; empty if there is
// none.
func text(properties resource.PropertyMap, path string) string {
	if value := lookup(properties, path); value.IsString() {
		return value.StringValue()
	}
	return ""
}

func lookup(properties resource.PropertyMap, path string) resource.PropertyValue {
	parsed, err := resource.ParsePropertyPath(path)
	contract.AssertNoErrorf(err, "path %q", path)
	value, _ := parsed.Get(resource.NewProperty(properties))
	return value
}

// CreationTime is the typical time to create a resource of a type, in seconds.
func CreationTime(kind string) float64 {
	if fact, ok := facts[kind]; ok {
		return fact.Seconds.Create
	}
	return 0
}
