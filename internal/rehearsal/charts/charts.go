// Package charts finds misspelt keys in the values of the CI systems' Helm charts, and
// in the configuration that some values hold as text. Helm itself ignores unknown keys.
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

// Each file of keys names its source. Any key is valid below a path that ends in .*
//
//go:embed keys/*.yaml
var files embed.FS

// inner is the configuration that a chart's values hold as text: its path, its file of
// keys, and its parser.
var inner = map[string]struct {
	path []string
	keys string
	read func(string) (map[string]any, error)
}{
	"estafette-ci":  {[]string{"api", "config", "files", "config.yaml"}, "estafette-config", readYAML},
	"gitlab-runner": {[]string{"runners", "config"}, "gitlab-runner-config", readTOML},
}

// Misspelt lists the keys in values that a chart does not have.
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
		return append(paths, strings.Join(config.path, ".")+" (which has to be a string)"), nil
	}
	parsed, err := config.read(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", strings.Join(config.path, "."), err)
	}
	if keys, err = load(config.keys); err != nil {
		return nil, err
	}
	return append(paths, unknown(keys, "", parsed)...), nil
}

// versionForm finds the chart's version in the first line of a file of keys.
var versionForm = regexp.MustCompile(`^# \S+ (\d+\.\d+\.\d+)\. Source: `)

// Version is the version of a chart from which its file of keys was made.
func Version(chart string) (string, error) {
	name := chart[strings.LastIndex(chart, "/")+1:]
	text, err := files.ReadFile("keys/" + name + ".yaml")
	if err != nil {
		return "", unknownChart(name)
	}
	found := versionForm.FindSubmatch(text)
	if found == nil {
		return "", fmt.Errorf("internal/rehearsal/charts/keys/%s.yaml does not begin with the chart's version; begin it with: # %s 1.2.3. Source: ", name, name)
	}
	return string(found[1]), nil
}

func unknownChart(name string) error {
	return fmt.Errorf("the keys of the chart %q are not known; add internal/rehearsal/charts/keys/%s.yaml", name, name)
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

// unknown lists the paths in value, itself at a path, that are none of the keys.
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

// free tells whether any key is valid below a path.
func free(keys []string, at string) bool { return slices.Contains(keys, at+".*") }

func find(value any, path []string) any {
	for _, step := range path {
		object, _ := value.(map[string]any)
		value = object[step]
	}
	return value
}
