// Package charts knows which keys the charts that send build jobs here have in
// their values, and in the configuration that is a text in them. Helm takes a
// misspelt key without a word; nothing here does.
package charts

import (
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"sigs.k8s.io/yaml"
)

// Each file of keys tells where it was read. A path that ends in .* has whatever
// people like below it.
//
//go:embed keys/*.yaml
var files embed.FS

// inner is the configuration that is a text among a chart's values: where it is,
// and what reads it.
var inner = map[string]struct {
	path []string
	keys string
	read func(string) (map[string]any, error)
}{
	"estafette-ci":  {[]string{"api", "config", "files", "config.yaml"}, "estafette-config", readYAML},
	"gitlab-runner": {[]string{"runners", "config"}, "gitlab-runner-config", readTOML},
}

// Misspelt lists the keys of some values that a chart does not have.
func Misspelt(chart string, values map[string]any) (paths []string, err error) {
	chart = chart[strings.LastIndex(chart, "/")+1:]
	keys, err := load(chart)
	if err != nil {
		return nil, err
	}
	paths = unknown(keys, "", values)
	config, has := inner[chart]
	if !has {
		return paths, nil
	}
	text, isText := find(values, config.path).(string)
	if !isText {
		return append(paths, strings.Join(config.path, ".")+" (which has to be a text)"), nil
	}
	inside, err := config.read(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", strings.Join(config.path, "."), err)
	}
	if keys, err = load(config.keys); err != nil {
		return nil, err
	}
	return append(paths, unknown(keys, "", inside)...), nil
}

// versionForm finds the version in the first words of a file of keys.
var versionForm = regexp.MustCompile(`^# \S+ (\d+\.\d+\.\d+)\. Source: `)

// Version is the one of a chart whose keys are known here.
func Version(chart string) (string, error) {
	name := chart[strings.LastIndex(chart, "/")+1:]
	text, err := files.ReadFile("keys/" + name + ".yaml")
	if err != nil {
		return "", unknownChart(name)
	}
	found := versionForm.FindSubmatch(text)
	if found == nil {
		return "", fmt.Errorf("the keys of %q don't begin with their version: # %s 1.2.3. Source: ", name, name)
	}
	return string(found[1]), nil
}

func unknownChart(name string) error {
	return fmt.Errorf("the keys of %q are not known here: internal/rehearsal/charts/keys lists those that are", name)
}

func readYAML(text string) (values map[string]any, err error) {
	return values, yaml.Unmarshal([]byte(text), &values)
}

func readTOML(text string) (values map[string]any, err error) {
	_, err = toml.Decode(text, &values)
	return values, err
}

func load(name string) (keys []string, err error) {
	text, err := files.ReadFile("keys/" + name + ".yaml")
	if err != nil {
		return nil, unknownChart(name)
	}
	if err := yaml.UnmarshalStrict(text, &keys); err != nil {
		return nil, fmt.Errorf("reading the keys of %s: %w", name, err)
	}
	return keys, nil
}

// unknown lists the paths below one that no key stands for.
func unknown(keys []string, at string, value any) (paths []string) {
	if at != "" && free(keys, at) {
		return nil
	}
	switch value := value.(type) {
	case map[string]any:
		for key, below := range value {
			path := strings.TrimPrefix(at+"."+key, ".")
			if !slices.ContainsFunc(keys, func(k string) bool { return k == path || strings.HasPrefix(k, path+".") }) {
				paths = append(paths, path)
				continue
			}
			paths = append(paths, unknown(keys, path, below)...)
		}
	case []any:
		for _, element := range value {
			paths = append(paths, unknown(keys, at, element)...)
		}
	case []map[string]any: // TOML's lists of tables
		for _, element := range value {
			paths = append(paths, unknown(keys, at, element)...)
		}
	}
	slices.Sort(paths)
	return paths
}

// free tells whether anything may stand at a path.
func free(keys []string, at string) bool { return slices.Contains(keys, at+".*") }

func find(value any, path []string) any {
	for _, step := range path {
		inside, _ := value.(map[string]any)
		value = inside[step]
	}
	return value
}
