package controls

import "bastide/policies/controls/token"

// imageReader is the only role that is granted on the registry.
var imageReader = on(token.ReaderGrant, "role", "roles/artifactregistry.reader")

// binaryAuthorization is what has GKE ask the image policy before a pod starts.
var binaryAuthorization = on(token.Cluster, "binaryAuthorization.evaluationMode", "PROJECT_SINGLETON_POLICY_ENFORCE")

// images: which of them run.
var images = []Control{
	{ID: "CIS 5.1.1", Title: "Image vulnerability scanning", By: Program, Promises: []Promise{{
		Policy: "image-scanning", Says: "Images are scanned for vulnerabilities", Level: Mandatory,
		Why:  "Artifact Registry scans what is pushed, once the API is on",
		Code: true,
	}}, Evidence: []Check{{Type: token.Service, Name: "containerscanning", Path: "service", Want: "containerscanning.googleapis.com"}}},
	{ID: "CIS 5.1.2", Title: "Few users reach image repositories", By: Program, Promises: []Promise{{
		Policy: "repository-readers", Says: "Nodes read images, and nobody writes them", Level: Mandatory,
		Why:    "Whoever writes images decides what runs. The program lets nodes read",
		Checks: imageReader,
	}}, Note: "no other grant is made on the repository"},
	{ID: "CIS 5.1.3", Title: "The cluster only reads image repositories", By: Program,
		Policies: []string{"repository-readers"}, Evidence: imageReader},
	{ID: "CIS 5.1.4", Title: "Only trusted images", By: Program, Promises: []Promise{{
		Policy: "image-authorization", Says: "Only trusted images run", Level: Mandatory,
		Why: "Binary Authorization refuses what does not come from the environment's own registry or from a pattern that somebody chose to trust",
		Checks: join(binaryAuthorization,
			on(token.ImagePolicy, "defaultAdmissionRule.evaluationMode", "ALWAYS_DENY"),
			on(token.ImagePolicy, "defaultAdmissionRule.enforcementMode", "ENFORCED_BLOCK_AND_AUDIT_LOG"),
			on(token.ImagePolicy, "globalPolicyEvaluationMode", "ENABLE")),
		Code: true,
	}}},
	{ID: "CIS 4.5.1", Title: "Image provenance at admission", By: Program,
		Policies: []string{"image-authorization"}, Evidence: binaryAuthorization,
		Note: "by the place an image comes from; attestations are not required"},
	{ID: "OWN immutable tags", Title: "A tag never changes its image", By: Program, Promises: []Promise{{
		Policy: "immutable-tags", Says: "A tag never changes its image", Level: Mandatory,
		Why:    "What was checked under a tag is what runs under it",
		Checks: on(token.Repository, "dockerConfig.immutableTags", true),
	}}},
}
