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

// enablers are the APIs through which the program enables all others.
var enablers = []string{"cloudresourcemanager.googleapis.com", "serviceusage.googleapis.com"}

// permissions are one of each role that an administrator needs, as docs/bring-up.md
// lists them: whoever has it most likely has the role.
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

// resourceManager is Google Cloud's API that tells of permissions.
const resourceManager = "https://cloudresourcemanager.googleapis.com"

// login is how pulumi logs in: with application default credentials.
const login = "gcloud auth application-default login"

// token is an access token as pulumi would use it. It is never shown.
func (p *patient) token(ctx context.Context) (string, error) {
	return p.tools.say(ctx, "gcloud", "auth", "application-default", "print-access-token")
}

func lookAtLogin(ctx context.Context, p *patient) Report {
	_, err := p.token(ctx)
	switch {
	case errors.Is(err, errAbsent):
		return Report{Skipped: err.Error()}
	case err != nil:
		return found(Finding{What: "there is no login that pulumi could use", Why: "it takes application default credentials: " + err.Error(), Remedy: login, Blocks: true})
	}
	return Report{Seen: "application default credentials work"}
}

// project is the environment's, or why it can't be asked about.
func (p *patient) project(ctx context.Context) (project, skipped string) {
	if p.settings == nil {
		return "", "the settings have problems"
	}
	if _, err := p.tools.say(ctx, "gcloud", "auth", "print-access-token"); err != nil {
		return "", "gcloud is not logged in, or not there; `gcloud auth login` logs in"
	}
	return p.settings.Project, ""
}

func lookAtAPIs(ctx context.Context, p *patient) Report {
	project, skipped := p.project(ctx)
	if skipped != "" {
		return Report{Skipped: skipped}
	}
	said, err := p.tools.say(ctx, "gcloud", "services", "list", "--enabled", "--project", project, "--format", "value(config.name)")
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
			What: "not enabled in project " + project + ": " + strings.Join(missing, ", "), Why: "the program enables all other APIs through them",
			Remedy: "gcloud services enable " + strings.Join(missing, " ") + " --project " + project, Blocks: true,
		})
	}
	return Report{Seen: "those that enable the others are enabled"}
}

func lookAtPermissions(ctx context.Context, p *patient) Report {
	if p.settings == nil {
		return Report{Skipped: "the settings have problems"}
	}
	token, err := p.token(ctx)
	if err != nil {
		return Report{Skipped: "there is no login that pulumi could use"}
	}
	granted, err := p.granted(ctx, token)
	if err != nil {
		return Report{Skipped: err.Error()}
	}
	var findings []Finding
	for _, permission := range slices.Sorted(maps.Keys(permissions)) {
		if role := permissions[permission]; !slices.Contains(granted, permission) {
			findings = append(findings, Finding{
				What: "the account lacks " + permission, Why: "an `up` ends where it is needed first",
				Remedy: fmt.Sprintf("gcloud projects add-iam-policy-binding %s --member user:YOU --role %s", p.settings.Project, role), Blocks: true,
			})
		}
	}
	if len(findings) > 0 {
		return found(findings...)
	}
	return Report{Seen: fmt.Sprintf("%d of %d, one of each role", len(granted), len(permissions))}
}

// granted asks which of the permissions the login has on the project.
func (p *patient) granted(ctx context.Context, token string) ([]string, error) {
	base := p.Resources
	if base == "" {
		base = resourceManager
	}
	body, err := json.Marshal(map[string]any{"permissions": slices.Sorted(maps.Keys(permissions))})
	if err != nil {
		return nil, fmt.Errorf("asking for permissions: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/v1/projects/"+p.settings.Project+":testIamPermissions", bytes.NewReader(body))
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

// most is how much of an answer is read.
const most = 1 << 16

// fetch sends a request and reads the answer, which has to be 200 OK.
func fetch(request *http.Request) ([]byte, error) {
	client := &http.Client{Timeout: patience}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, most))
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", request.URL.Host, response.Status)
	}
	return text, nil
}
