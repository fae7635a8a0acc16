package report

import (
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"
)

// Manifests are the Kubernetes objects of an inventory, as files by name:
// KIND.NAMESPACE.NAME.yaml, or KIND.NAME.yaml for cluster-scoped objects.
func (i Inventory) Manifests() (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, r := range i.Resources {
		if !strings.HasPrefix(r.Type, "kubernetes:") {
			continue
		}
		metadata, _ := r.Inputs["metadata"].(map[string]any)
		var parts []string
		for _, part := range []any{r.Inputs["kind"], metadata["namespace"], metadata["name"]} {
			if part != nil {
				parts = append(parts, fmt.Sprint(part))
			}
		}
		name := strings.Join(parts, ".") + ".yaml"
		if _, taken := files[name]; taken { // a patch of an object that has a file already
			name = r.Name + "." + name
		}
		text, err := yaml.Marshal(r.Inputs)
		if err != nil {
			return nil, fmt.Errorf("writing %s: %w", name, err)
		}
		files[name] = text
	}
	return files, nil
}
