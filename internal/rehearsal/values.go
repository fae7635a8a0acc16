package rehearsal

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// writeValues writes each document of the stack's output ciValues to a file.
func (r *run) writeValues(deployment *apitype.DeploymentV3) error {
	for _, state := range deployment.Resources {
		if state.Type != resource.RootStackType {
			continue
		}
		documents, _ := state.Outputs["ciValues"].(map[string]any)
		if len(documents) == 0 {
			return nil
		}
		dir := filepath.Join(r.Dir, valuesDir)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("writing the values: %w", err)
		}
		for name, text := range documents {
			if err := os.WriteFile(filepath.Join(dir, name+".yaml"), []byte(fmt.Sprint(text)), 0o600); err != nil {
				return fmt.Errorf("writing the values: %w", err)
			}
		}
		fmt.Fprintf(r.Out, "values: %d files with chart values in %s\n", len(documents), dir)
	}
	return nil
}
