package controls

import "bastide/policies/controls/token"

// imageReader checks that only the reader role is granted on the registry.
var imageReader = on(token.ReaderGrant, "role", "roles/artifactregistry.reader")

// binaryAuthorization checks that GKE enforces the project's Binary Authorization policy.
var binaryAuthorization = on(token.Cluster, "binaryAuthorization.evaluationMode", "PROJECT_SINGLETON_POLICY_ENFORCE")

// images is about which images may run.
var images = []Control{
	{ID: "CIS 5.1.1", Title: "Image vulnerability scanning", By: Program, Promises: []Promise{{
		Policy: "image-scanning", Says: "Images are scanned for vulnerabilities", Level: Mandatory,
		Why:  "Artifact Registry scans pushed images once the API is enabled",
		Code: true,
	}}, Evidence: []Check{{Type: token.Service, Name: "containerscanning", Path: "service", Want: "containerscanning.googleapis.com"}}},
	{ID: "CIS 5.1.2", Title: "Few users reach image repositories", By: Program, Promises: []Promise{{
		Policy: "repository-readers", Says: "Nodes may read images, and nobody is granted write access", Level: Mandatory,
		Why:    "Whoever can write images controls what runs",
		Checks: imageReader,
	}}, Note: "no other grant is made on the repository"},
	{ID: "CIS 5.1.3", Title: "The cluster only reads image repositories", By: Program,
		Policies: []string{"repository-readers"}, Evidence: imageReader},
	{ID: "CIS 5.1.4", Title: "Only allowed images run", By: Program, Promises: []Promise{{
		Policy: "image-authorization", Says: "Only allowed images run", Level: Mandatory,
		Why: "Binary Authorization refuses images that are neither in the environment's own registry nor match an allowed pattern",
		Checks: join(binaryAuthorization,
			on(token.ImagePolicy, "defaultAdmissionRule.evaluationMode", "ALWAYS_DENY"),
			on(token.ImagePolicy, "defaultAdmissionRule.enforcementMode", "ENFORCED_BLOCK_AND_AUDIT_LOG"),
			on(token.ImagePolicy, "globalPolicyEvaluationMode", "ENABLE")),
		Code: true,
	}}},
	{ID: "CIS 4.5.1", Title: "Image provenance at admission", By: Program,
		Policies: []string{"image-authorization"}, Evidence: binaryAuthorization,
		Note: "by the registry and path of an image; attestations are not required"},
	{ID: "OWN immutable tags", Title: "A tag never changes its image", By: Program, Promises: []Promise{{
		Policy: "immutable-tags", Says: "A tag never changes its image", Level: Mandatory,
		Why:    "The image that was checked under a tag is the image that runs",
		Checks: on(token.Repository, "dockerConfig.immutableTags", true),
	}}},
}
