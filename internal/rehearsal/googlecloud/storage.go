package googlecloud

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

const storageAPI = "storage.googleapis.com"

// checkBucketMember requires the bucket and the member. The message for a missing bucket
// is quoted in SygniaLabs/ScallOps issue 23.
func checkBucketMember(c *call) error {
	bucket := fmt.Sprintf("storage bucket %q", "b/"+c.text("bucket"))
	if c.find(c.text("bucket")) == nil {
		return fmt.Errorf("Error retrieving IAM policy for %s: googleapi: Error 404: The specified bucket does not exist., notFound", bucket)
	}
	return c.principal(fmt.Sprintf("Error applying IAM policy for %s: Error setting IAM policy for %s", bucket, bucket))
}

// getStorageAgent returns Cloud Storage's service agent, which also creates it: it is
// "automatically activated the first time it's accessed" (Google, quoted in
// terraform-provider-google issue 9730). Sources of the messages: the provider's data
// source google_storage_project_service_account; for another project, the
// troubleshooting guide of terraform-example-foundation.
func getStorageAgent(c *call) error {
	const frame = "Error when reading or editing GCS service account not found: %w"
	if err := c.enabled(storageAPI); err != nil {
		return fmt.Errorf(frame, err)
	}
	if project := c.text("project"); project != "" && project != c.cloud.project {
		return fmt.Errorf(frame, fmt.Errorf("googleapi: Error 400: Unknown project id: %s, invalid", project))
	}
	c.cloud.asked[storageAPI] = true
	email := agentEmail(storageAPI)
	for property, value := range map[string]string{
		"id": email, "emailAddress": email, "member": "serviceAccount:" + email, "project": c.cloud.project,
	} {
		c.set(property, resource.NewProperty(value))
	}
	return nil
}
