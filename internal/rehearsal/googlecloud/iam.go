package googlecloud

import (
	"fmt"
	"regexp"
	"strings"
)

// principal refuses a grant to a service account, a service agent or a workload that does
// not exist.
func (c *call) principal(frame string) error {
	if _, workload, ok := strings.Cut(c.text("member"), "://iam.googleapis.com/projects/"); ok {
		return c.workload(frame, "projects/"+workload)
	}
	email, isAccount := strings.CutPrefix(c.text("member"), "serviceAccount:")
	if !isAccount || c.find("projects/"+c.cloud.project+"/serviceAccounts/"+email) != nil {
		return nil
	}
	for api := range services {
		if email == agentEmail(api) && c.agentExists(api) {
			return nil
		}
	}
	return fmt.Errorf("%s: googleapi: Error 400: Service account %s does not exist., badRequest", frame, email)
}

// poolOf parses the name of a workload: its pool, the pool's project and its id.
var poolOf = regexp.MustCompile(`^(projects/([^/]+)/locations/global/workloadIdentityPools/([^/]+))/.*[^*]$`)

// workload refuses a grant to a workload of GKE's identity pool before a cluster with
// that pool is up, because GKE creates the pool with the first cluster. The message is
// quoted in konstructio/kubefirst issue 1760. That the message has the pool's full name
// if the member does, and that GKE's pools accept no "/*" at the end, is in public notes,
// "Grant access to Secret Manager via Workload Identity Federation for GKE". For another
// project's number, and for a name without a pool, the message is an approximation.
func (c *call) workload(frame, name string) error {
	if parts := poolOf.FindStringSubmatch(name); parts != nil {
		if parts[2] == projectNumber && c.poolExists(parts[3]) {
			return nil
		}
		name = parts[1]
	}
	return fmt.Errorf("%s: googleapi: Error 400: Identity Pool does not exist (%s). Please check that you specified a valid resource name "+
		"as returned in the `name` attribute in the configuration API., badRequest", frame, name)
}

// poolExists tells whether a cluster with a pool is up.
func (c *call) poolExists(pool string) bool {
	for _, cluster := range c.cloud.sorted() {
		if cluster.kind == "gcp:container/cluster:Cluster" && text(cluster.outputs, "workloadIdentityConfig.workloadPool") == pool &&
			c.find(cluster.id) != nil {
			return true
		}
	}
	return false
}

func checkProjectMember(c *call) error {
	project := c.text("project")
	return c.principal(fmt.Sprintf("Request `Create IAM Members %s %s for project %q` returned error: "+
		"Error applying IAM policy for project %q: Error setting IAM policy for project %q",
		c.text("role"), c.text("member"), project, project, project))
}

func checkRepositoryMember(c *call) error {
	id := fmt.Sprintf("projects/%s/locations/%s/repositories/%s", c.text("project"), c.text("location"), c.text("repository"))
	frame := fmt.Sprintf("Error applying IAM policy for artifactregistry repository %q: Error setting IAM policy for artifactregistry repository %q", id, id)
	if c.find(id) == nil {
		return fmt.Errorf("%s: googleapi: Error 404: Requested entity was not found.", frame)
	}
	return c.principal(frame)
}

// roleGranted tells whether a service account has a role on the project.
func (c *call) roleGranted(role, email string) bool {
	return c.find(c.cloud.project+"/"+role+"/serviceAccount:"+email) != nil
}

// Workload is the IAM member of a Kubernetes service account in the project's
// cluster.
func (c *Cloud) Workload(namespace, account string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprintf("principal://iam.googleapis.com/projects/%s/locations/global/workloadIdentityPools/%s.svc.id.goog/subject/ns/%s/sa/%s",
		projectNumber, c.project, namespace, account)
}
