package ci

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/ci/values"
	"bastide/components/scope"
)

// release is a Helm release. The SDK's own type is in a package that imports every group of
// the Kubernetes API: 50 packages that nothing else here needs, and that take longer to
// compile than the rest of the program.
type release struct {
	pulumi.CustomResourceState
}

// releaseType is Pulumi's name for the type.
const releaseType = "kubernetes:helm.sh/v3:Release"

// newRelease registers a release of a chart with its values. A failed installation is
// rolled back.
func newRelease(s scope.Scope, document values.Document, extra ...pulumi.ResourceOption) (*release, error) {
	inputs := pulumi.Map{
		"name":      pulumi.String(document.Name),
		"namespace": pulumi.String(document.Namespace),
		"chart":     pulumi.String(document.Chart.Name),
		"version":   pulumi.String(document.Chart.Version),
		"values":    pulumi.ToMap(document.Values),
		"atomic":    pulumi.Bool(true),
		"compat":    pulumi.String("true"), // the SDK sets it, too; the provider identifies the type by it
	}
	if repository := document.Chart.Repository; repository != "" {
		inputs["repositoryOpts"] = pulumi.Map{"repo": pulumi.String(repository)}
	}
	installed := &release{}
	return installed, s.Context().RegisterResource(releaseType, s.Name(document.Name), inputs, installed, s.Child(extra...)...)
}
