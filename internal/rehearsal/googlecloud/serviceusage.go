package googlecloud

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// service is an API and its service agent. Google lists the agents at
// cloud.google.com/iam/docs/service-agents.
type service struct {
	title string
	agent string
	comes origin
}

// origin is what creates a service agent. ServiceIdentity refuses APIs whose agent is
// created in another way.
type origin int

const (
	fromIdentity origin = iota // a ServiceIdentity
	fromAPI                    // enabling the API
	fromRequest                // the first request for it, see functions.go
)

var services = map[string]service{
	"artifactregistry.googleapis.com":     {title: "Artifact Registry API", agent: "gcp-sa-artifactregistry"},
	"binaryauthorization.googleapis.com":  {title: "Binary Authorization API", agent: "gcp-sa-binaryauthorization"},
	"cloudkms.googleapis.com":             {title: "Cloud Key Management Service (KMS) API"},
	"cloudresourcemanager.googleapis.com": {title: "Cloud Resource Manager API"},
	"compute.googleapis.com":              {title: "Compute Engine API", agent: "compute-system", comes: fromAPI},
	"container.googleapis.com":            {title: "Kubernetes Engine API", agent: "container-engine-robot"},
	"dns.googleapis.com":                  {title: "Cloud DNS API"},
	"iam.googleapis.com":                  {title: "Identity and Access Management (IAM) API"},
	"monitoring.googleapis.com":           {title: "Cloud Monitoring API"},
	"pubsub.googleapis.com":               {title: "Cloud Pub/Sub API", agent: "gcp-sa-pubsub"},
	"storage.googleapis.com":              {title: "Cloud Storage API", agent: "gs-project-accounts", comes: fromRequest},
}

// alwaysOn is the API that is enabled in every project. The program can't enable it,
// because it is the one that enables APIs.
const alwaysOn = "serviceusage.googleapis.com"

// rules are the requirements of each type beyond the schema.
var rules map[string]rule

func init() {
	rules = map[string]rule{
		"gcp:projects/serviceIdentity:ServiceIdentity":                 {check: checkIdentity, outputs: identityOutputs},
		"gcp:projects/iAMMember:IAMMember":                             {check: checkProjectMember},
		"gcp:kms/cryptoKey:CryptoKey":                                  {check: checkCryptoKey},
		"gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember":                {check: checkKeyMember},
		"gcp:artifactregistry/repository:Repository":                   {check: checkRepository},
		"gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": {check: checkRepositoryMember},
		"gcp:pubsub/topic:Topic":                                       {check: checkTopic},
		"gcp:storage/bucket:Bucket":                                    {check: checkBucket},
		"gcp:storage/bucketIAMMember:BucketIAMMember":                  {check: checkBucketMember},
		"gcp:dns/managedZone:ManagedZone":                              {check: checkZone},
		"gcp:dns/recordSet:RecordSet":                                  {check: checkRecordSet},
		"gcp:monitoring/alertPolicy:AlertPolicy":                       {check: checkAlertPolicy},
		"gcp:compute/subnetwork:Subnetwork":                            {check: checkSubnetwork},
		"gcp:compute/router:Router":                                    {check: checkInNetwork},
		"gcp:compute/firewall:Firewall":                                {check: checkInNetwork},
		"gcp:compute/routerNat:RouterNat":                              {check: checkNAT},
		"gcp:container/cluster:Cluster":                                {check: checkCluster, outputs: clusterOutputs, start: startCluster, stop: stopCluster},
		"gcp:container/nodePool:NodePool":                              {check: checkNodePool, start: startPool, stop: stopPool},
	}
}

// enabled refuses a call to an API that is not enabled.
func (c *call) enabled(api string) error {
	if api == alwaysOn || c.find(c.cloud.project+"/"+api) != nil {
		return nil
	}
	return fmt.Errorf("googleapi: Error 403: %s has not been used in project %s before or it is disabled. "+
		"Enable it by visiting https://console.developers.google.com/apis/api/%s/overview?project=%s then retry. "+
		"If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry., accessNotConfigured",
		services[api].title, projectNumber, api, projectNumber)
}

func agentEmail(api string) string {
	return "service-" + projectNumber + "@" + services[api].agent + ".iam.gserviceaccount.com"
}

// agentExists tells whether an API's service agent exists, so that it can be granted
// roles.
func (c *call) agentExists(api string) bool {
	switch services[api].comes {
	case fromAPI:
		return c.find(c.cloud.project+"/"+api) != nil
	case fromRequest:
		return c.cloud.asked[api] && c.find(c.cloud.project+"/"+api) != nil
	default:
		return c.find("projects/"+c.cloud.project+"/services/"+api) != nil
	}
}

func checkIdentity(c *call) error {
	api := c.text("service")
	if services[api].comes != fromIdentity {
		return errors.New("Error creating Service Identity: googleapi: Error 400: com.google.api.tenant.error.TenantManagerException: " +
			"IAM_SERVICE_NOT_CONFIGURED_FOR_IDENTITIES: " + api)
	}
	return c.enabled(api)
}

func identityOutputs(c *call) {
	if api := c.text("service"); services[api].agent != "" {
		c.set("email", resource.NewProperty(agentEmail(api)))
		c.set("member", resource.NewProperty("serviceAccount:"+agentEmail(api)))
	}
}
