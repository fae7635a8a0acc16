package googlecloud

import (
	"fmt"
	"strings"
)

// principal refuses a grant to a service account or agent that does not exist.
func (c *call) principal(frame string) error {
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

// roleGranted tells whether a service account holds a role on the project.
func (c *call) roleGranted(role, email string) bool {
	return c.find(c.cloud.project+"/"+role+"/serviceAccount:"+email) != nil
}
