package cluster

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/artifactregistry"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/binaryauthorization"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/scope"
	"bastide/environment"
)

// createRegistry creates the environment's own image registry.
func (c *Cluster) createRegistry(s scope.Scope) error {
	registry, err := artifactregistry.NewRepository(s.Context(), s.Name("registry"), &artifactregistry.RepositoryArgs{
		Project:      c.args.Projects.ArtifactRegistry.ToStringOutput(),
		Location:     pulumi.String(c.args.Location.Region),
		RepositoryId: c.name(environment.Registry),
		Format:       pulumi.String("DOCKER"),
		KmsKeyName:   c.args.RegistryKey.ToStringOutput(),
		DockerConfig: artifactregistry.RepositoryDockerConfigArgs{
			ImmutableTags: pulumi.Bool(true), // so that the scanned image is the one that runs
		},
		Labels: c.labels(),
	}, s.Child(pulumi.Protect(c.args.Protected))...)
	if err != nil {
		return err
	}
	c.registry = registry
	c.Registry = pulumi.Sprintf("%s-docker.pkg.dev/%s/%s", c.args.Location.Region, registry.Project, registry.RepositoryId)
	return nil
}

// allowImages limits which images run: CIS GKE 5.1.4. A project has only one such policy,
// so each environment needs a project of its own.
func (c *Cluster) allowImages(s scope.Scope) error {
	own := environment.ImagesOf(environment.RegistryAddress(c.args.Location.Region, c.args.Project, c.args.Names))
	patterns := binaryauthorization.PolicyAdmissionWhitelistPatternArray{}
	for _, image := range append([]string{own}, c.args.Images...) {
		patterns = append(patterns, binaryauthorization.PolicyAdmissionWhitelistPatternArgs{NamePattern: pulumi.String(image)})
	}
	policy, err := binaryauthorization.NewPolicy(s.Context(), s.Name("image-policy"), &binaryauthorization.PolicyArgs{
		Project:                    c.args.Projects.BinaryAuthorization.ToStringOutput(),
		Description:                pulumi.String("Only images of the environment's registry and its trusted images run."),
		GlobalPolicyEvaluationMode: pulumi.String("ENABLE"), // allows Google's system images
		AdmissionWhitelistPatterns: patterns,
		DefaultAdmissionRule: binaryauthorization.PolicyDefaultAdmissionRuleArgs{
			EvaluationMode:  pulumi.String("ALWAYS_DENY"),
			EnforcementMode: pulumi.String("ENFORCED_BLOCK_AND_AUDIT_LOG"),
		},
	}, s.Child()...)
	c.policy = policy
	return err
}
