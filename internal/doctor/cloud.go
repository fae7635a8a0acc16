package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// enablers are the APIs that have to be enabled before the program can enable the others.
var enablers = []string{"cloudresourcemanager.googleapis.com", "serviceusage.googleapis.com"}

// permissions holds one permission for each role that an administrator needs; docs/bring-up.md
// lists the roles. An account that has the permission most likely has the role.
var permissions = map[string]string{
	"serviceusage.services.enable":          "roles/serviceusage.serviceUsageAdmin",
	"resourcemanager.projects.setIamPolicy": "roles/resourcemanager.projectIamAdmin",
	"iam.serviceAccounts.create":            "roles/iam.serviceAccountAdmin",
	"iam.serviceAccounts.actAs":             "roles/iam.serviceAccountUser",
	"cloudkms.keyRings.create":              "roles/cloudkms.admin",
	"compute.networks.create":               "roles/compute.networkAdmin",
	"compute.firewalls.create":              "roles/compute.securityAdmin",
	"container.clusters.create":             "roles/container.admin",
	"artifactregistry.repositories.create":  "roles/artifactregistry.admin",
	"binaryauthorization.policy.update":     "roles/binaryauthorization.policyEditor",
	"pubsub.topics.create":                  "roles/pubsub.admin",
	"dns.managedZones.create":               "roles/dns.admin",
	"storage.buckets.create":                "roles/storage.admin",
	"monitoring.alertPolicies.create":       "roles/monitoring.editor",
}

// resourceManager is the Google Cloud API that tests permissions.
const resourceManager = "https://cloudresourcemanager.googleapis.com"

// login creates the application default credentials that pulumi uses.
const login = "gcloud auth application-default login"

// token is an access token from the credentials that pulumi uses. It is never printed.
func (x *examination) token(ctx context.Context) (string, error) {
	return x.tools.output(ctx, "gcloud", "auth", "application-default", "print-access-token")
}

func checkLogin(ctx context.Context, x *examination) Report {
	_, err := x.token(ctx)
	switch {
	case errors.Is(err, errAbsent):
		return Report{Skipped: err.Error()}
	case err != nil:
		return found(Finding{What: "there are no Google Cloud credentials that pulumi can use", Why: "pulumi uses application default credentials: " + err.Error(), Remedy: login, Blocks: true})
	}
	return Report{Seen: "application default credentials work"}
}

// project is the environment's project ID, or the reason why gcloud can't be asked about it.
func (x *examination) project(ctx context.Context) (project, skipped string) {
	if x.settings == nil {
		return "", "the settings have problems"
	}
	if _, err := x.tools.output(ctx, "gcloud", "auth", "print-access-token"); err != nil {
		return "", "gcloud is not installed or not logged in; type `gcloud auth login`"
	}
	return x.settings.Project, ""
}

func checkAPIs(ctx context.Context, x *examination) Report {
	project, skipped := x.project(ctx)
	if skipped != "" {
		return Report{Skipped: skipped}
	}
	said, err := x.tools.output(ctx, "gcloud", "services", "list", "--enabled", "--project", project, "--format", "value(config.name)")
	if err != nil {
		return Report{Skipped: err.Error()}
	}
	var missing []string
	for _, api := range enablers {
		if !slices.Contains(strings.Fields(said), api) {
			missing = append(missing, api)
		}
	}
	if len(missing) > 0 {
		return found(Finding{
			What: "not enabled in project " + project + ": " + strings.Join(missing, ", "), Why: "the program needs these to enable all other APIs",
			Remedy: "gcloud services enable " + strings.Join(missing, " ") + " --project " + project, Blocks: true,
		})
	}
	return Report{Seen: "the APIs that the program needs to enable the others are enabled"}
}

func checkPermissions(ctx context.Context, x *examination) Report {
	if x.settings == nil {
		return Report{Skipped: "the settings have problems"}
	}
	token, err := x.token(ctx)
	if err != nil {
		return Report{Skipped: "there are no Google Cloud credentials that pulumi can use"}
	}
	granted, err := x.granted(ctx, token)
	if err != nil {
		return Report{Skipped: err.Error()}
	}
	var findings []Finding
	for _, permission := range slices.Sorted(maps.Keys(permissions)) {
		if role := permissions[permission]; !slices.Contains(granted, permission) {
			findings = append(findings, Finding{
				What: "the account lacks " + permission, Why: "an `up` fails at the first resource that needs it",
				Remedy: fmt.Sprintf("gcloud projects add-iam-policy-binding %s --member user:YOU --role %s", x.settings.Project, role), Blocks: true,
			})
		}
	}
	if len(findings) > 0 {
		return found(findings...)
	}
	return Report{Seen: fmt.Sprintf("%d of %d are granted; one was checked for each role", len(granted), len(permissions))}
}

// granted returns those of the permissions that the credentials have on the project.
func (x *examination) granted(ctx context.Context, token string) ([]string, error) {
	base := x.Resources
	if base == "" {
		base = resourceManager
	}
	body, err := json.Marshal(map[string]any{"permissions": slices.Sorted(maps.Keys(permissions))})
	if err != nil {
		return nil, fmt.Errorf("asking for permissions: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/v1/projects/"+x.settings.Project+":testIamPermissions", bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("asking for permissions: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	text, err := fetch(request)
	if err != nil {
		return nil, fmt.Errorf("asking for permissions: %w", err)
	}
	var answer struct{ Permissions []string }
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, fmt.Errorf("asking for permissions: %w", err)
	}
	return answer.Permissions, nil
}

// maxAnswer is how many bytes of an answer are read.
const maxAnswer = 1 << 16

// fetch sends a request and reads the answer. Any status other than 200 OK is an error.
func fetch(request *http.Request) ([]byte, error) {
	client := &http.Client{Timeout: timeout}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", request.URL.Host, response.Status)
	}
	return text, nil
}
