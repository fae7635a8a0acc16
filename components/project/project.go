// Package project prepares the Google Cloud project: it enables APIs, creates service
// agents and turns audit logs on.
package project

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/projects"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/storage"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/arguments"
	"bastide/components/scope"
)

// Type is the component's type token.
const Type = "bastide:components:Project"

// API is a Google Cloud API that the platform calls.
type API string

// The APIs in use.
const (
	ArtifactRegistry    API = "artifactregistry.googleapis.com"
	BinaryAuthorization API = "binaryauthorization.googleapis.com"
	Compute             API = "compute.googleapis.com"
	Container           API = "container.googleapis.com"
	ContainerAnalysis   API = "containeranalysis.googleapis.com"
	ContainerScanning   API = "containerscanning.googleapis.com"
	DNS                 API = "dns.googleapis.com"
	IAM                 API = "iam.googleapis.com"
	KMS                 API = "cloudkms.googleapis.com"
	Logging             API = "logging.googleapis.com"
	Monitoring          API = "monitoring.googleapis.com"
	PubSub              API = "pubsub.googleapis.com"
	ResourceManager     API = "cloudresourcemanager.googleapis.com"
	Storage             API = "storage.googleapis.com"
)

var apis = []API{
	ArtifactRegistry, BinaryAuthorization, Compute, Container, ContainerAnalysis, ContainerScanning,
	DNS, IAM, KMS, Logging, Monitoring, PubSub, ResourceManager, Storage,
}

// Project guarantees that every API the platform calls is enabled, that the service agents
// which encrypt on its behalf exist, and that access to the APIs of GKE and Cloud KMS is
// audited. APIs stay enabled when it is destroyed, because others in the project may use
// them.
type Project struct {
	pulumi.ResourceState

	// Number is the project's number.
	Number pulumi.StringOutput `pulumi:"number"`
	// Agents are the service agents' members, "serviceAccount:service-...".
	Agents pulumi.StringMapOutput `pulumi:"agents"`

	args   Args
	apis   map[API]*projects.Service
	agents map[API]pulumi.StringOutput
}

// Args are the arguments of a Project.
type Args struct {
	// ID is the project's ID, such as acme-platform. Required.
	ID string
}

// Check implements scope.Args.
func (a Args) Check(c *arguments.Check) { c.Text("ID", a.ID, `"acme-platform"`) }

// Settings implements scope.Args.
func (a Args) Settings() pulumi.Map { return pulumi.Map{"id": pulumi.String(a.ID)} }

// New prepares a project.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Project, error) {
	p := &Project{args: args, apis: map[API]*projects.Service{}, agents: map[API]pulumi.StringOutput{}}
	s, err := scope.Open(ctx, Type, name, args, p, opts...)
	if err != nil {
		return nil, err
	}
	if err := s.InOrder(p.enableAPIs, p.createAgents, p.auditAccess); err != nil {
		return nil, err
	}
	return p, s.Finish()
}

// With is the project's ID, known once the given APIs are enabled. A resource that takes
// the project from here waits for the APIs that it needs, and for no others.
func (p *Project) With(needed ...API) pulumi.StringOutput {
	var ids []any
	for _, api := range needed {
		ids = append(ids, p.apis[api].Project)
	}
	return pulumi.All(ids...).ApplyT(func(ids []any) string { return ids[0].(string) }).(pulumi.StringOutput)
}

// Agent is the member of an API's service agent, known once the agent exists.
func (p *Project) Agent(api API) pulumi.StringOutput { return p.agents[api] }

func (p *Project) enableAPIs(s scope.Scope) error {
	for _, api := range apis {
		short, _, _ := strings.Cut(string(api), ".")
		service, err := projects.NewService(s.Context(), s.Name(short), &projects.ServiceArgs{
			Project:          pulumi.String(p.args.ID),
			Service:          pulumi.String(api),
			DisableOnDestroy: pulumi.Bool(false),
		}, s.Child()...)
		if err != nil {
			return err
		}
		p.apis[api] = service
	}
	return nil
}

// createAgents creates the service agents. Google creates them with the first use of their
// service otherwise, which is too late to grant them a key.
func (p *Project) createAgents(s scope.Scope) error {
	members := pulumi.StringMap{}
	for _, api := range []API{ArtifactRegistry, Container, PubSub} {
		short, _, _ := strings.Cut(string(api), ".")
		identity, err := projects.NewServiceIdentity(s.Context(), s.Name(short+"-agent"), &projects.ServiceIdentityArgs{
			Project: p.With(api),
			Service: pulumi.String(api),
		}, s.Child()...)
		if err != nil {
			return err
		}
		p.agents[api] = identity.Member
		members[short] = identity.Member
	}
	p.Number = p.agents[Container].ApplyT(numberOf).(pulumi.StringOutput)
	// Compute Engine's agent is created with its API, and its address can't be queried.
	p.agents[Compute] = scope.After(pulumi.Sprintf("serviceAccount:service-%s@compute-system.iam.gserviceaccount.com", p.Number), p.apis[Compute])
	members["compute"] = p.agents[Compute]
	// Cloud Storage has a call of its own, which creates its agent if there is none.
	p.agents[Storage] = storage.GetProjectServiceAccountOutput(s.Context(), storage.GetProjectServiceAccountOutputArgs{
		Project: scope.After(p.With(Storage), p.apis[Storage]),
	}, pulumi.Parent(p)).Member()
	members["storage"] = p.agents[Storage]
	p.Agents = members.ToStringMapOutput()
	return nil
}

// numberOf reads the project's number from the address of a service agent,
// "serviceAccount:service-NUMBER@...". Reading the project instead would need an API that
// is not yet enabled when a new project is previewed.
func numberOf(member string) (string, error) {
	_, rest, found := strings.Cut(member, ":service-")
	number, _, at := strings.Cut(rest, "@")
	if !found || !at || number == "" || strings.Trim(number, "0123456789") != "" {
		return "", fmt.Errorf("the service agent %q does not have the form serviceAccount:service-NUMBER@DOMAIN, so the project's number is unknown", member)
	}
	return number, nil
}

// auditAccess turns on data access audit logs of GKE and Cloud KMS. Google always records
// administrative writes.
func (p *Project) auditAccess(s scope.Scope) error {
	for _, api := range []API{Container, KMS} {
		short, _, _ := strings.Cut(string(api), ".")
		_, err := projects.NewIAMAuditConfig(s.Context(), s.Name(short+"-audit"), &projects.IAMAuditConfigArgs{
			Project: p.With(ResourceManager),
			Service: pulumi.String(api),
			AuditLogConfigs: projects.IAMAuditConfigAuditLogConfigArray{
				projects.IAMAuditConfigAuditLogConfigArgs{LogType: pulumi.String("ADMIN_READ")},
				projects.IAMAuditConfigAuditLogConfigArgs{LogType: pulumi.String("DATA_READ")},
				projects.IAMAuditConfigAuditLogConfigArgs{LogType: pulumi.String("DATA_WRITE")},
			},
		}, s.Child()...)
		if err != nil {
			return err
		}
	}
	return nil
}
