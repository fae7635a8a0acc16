package live

import (
	"context"
	"regexp"
	"strings"

	"bastide/environment"
	"bastide/policies/controls"
	"bastide/policies/controls/token"
)

// questions are the questions that don't depend on the answers to others.
func questions(e *environment.Environment) []question {
	region := "--region=" + e.Location.Region
	place := "--location=" + e.Location.Region
	all := []question{
		{[]string{"container", "clusters", "describe", e.Names.Of(environment.Cluster), "--location=" + e.Location.Cluster()}, []string{token.Cluster, token.NodePool}, clusters},
		{[]string{"compute", "networks", "subnets", "describe", e.Names.Of(environment.Subnet), region}, []string{token.Subnetwork}, one(token.Subnetwork)},
		{[]string{"compute", "firewall-rules", "list", "--filter=network~/" + e.Names.Of(environment.Network) + "$"}, []string{token.Firewall}, each(token.Firewall)},
		{[]string{"compute", "routers", "describe", e.Names.Of(environment.Router), region}, []string{token.NAT}, func(answer any) []controls.Resource {
			return each(token.NAT)(at(answer, "nats"))
		}},
		{[]string{"container", "binauthz", "policy", "export"}, []string{token.ImagePolicy}, one(token.ImagePolicy)},
		{[]string{"artifacts", "repositories", "describe", e.Names.Of(environment.Registry), place}, []string{token.Repository}, one(token.Repository)},
		{[]string{"artifacts", "repositories", "get-iam-policy", e.Names.Of(environment.Registry), place}, []string{token.ReaderGrant}, grants(token.ReaderGrant, anybody)},
		{[]string{"projects", "get-iam-policy", e.Project}, []string{token.ProjectGrant, token.AuditConfig}, project(e)},
		{[]string{"services", "list", "--enabled"}, []string{token.Service}, services},
		{[]string{"monitoring", "policies", "list"}, []string{token.AlertPolicy}, each(token.AlertPolicy)},
	}
	if e.SecurityBulletins {
		all = append(all, question{[]string{"pubsub", "topics", "describe", e.Names.Of(environment.BulletinTopic)}, []string{token.Topic}, one(token.Topic)})
	}
	for _, account := range accounts(e) {
		all = append(all, question{[]string{"iam", "service-accounts", "keys", "list", "--iam-account=" + account, "--managed-by=user"},
			[]string{token.AccountKey}, each(token.AccountKey)})
	}
	return all
}

// accounts are the service accounts of the nodes.
func accounts(e *environment.Environment) (all []string) {
	names := []environment.Name{environment.GeneralAccount}
	if e.CI != nil {
		names = append(names, environment.BuildAccount)
	}
	for _, name := range names {
		all = append(all, e.Names.Of(name)+"@"+e.Project+".iam.gserviceaccount.com")
	}
	return all
}

// one converts an answer to a resource, or to none if there is no answer.
func one(kind string) func(any) []controls.Resource {
	return func(answer any) []controls.Resource {
		inputs, ok := answer.(map[string]any)
		if !ok {
			return nil
		}
		name, _ := inputs["name"].(string)
		return []controls.Resource{{Type: kind, Name: last(name), Inputs: inputs}}
	}
}

// each converts every element of an answer to a resource.
func each(kind string) func(any) []controls.Resource {
	return func(answer any) (all []controls.Resource) {
		elements, _ := answer.([]any)
		for _, element := range elements {
			all = append(all, one(kind)(element)...)
		}
		return all
	}
}

// last is the last part of a resource's full name.
func last(name string) string { return name[strings.LastIndex(name, "/")+1:] }

// suffix is the random suffix that Pulumi adds to names.
var suffix = regexp.MustCompile(`-[0-9a-f]{7}$`)

// clusters converts an answer to the cluster and its node pools.
func clusters(answer any) []controls.Resource {
	all := one(token.Cluster)(answer)
	for _, cluster := range all { // the cluster's own node pool has been removed
		cluster.Inputs["nodeConfig"] = at(answer, "nodePools", "0", "config")
	}
	for _, pool := range each(token.NodePool)(at(answer, "nodePools")) {
		pool.Name = suffix.ReplaceAllString(pool.Name, "")
		all = append(all, pool)
	}
	return all
}

func anybody(string) bool { return true }

// grants converts an IAM policy to the grants to certain members.
func grants(kind string, to func(member string) bool) func(any) []controls.Resource {
	return func(answer any) (all []controls.Resource) {
		bindings, _ := at(answer, "bindings").([]any)
		for _, binding := range bindings {
			role, _ := at(binding, "role").(string)
			members, _ := at(binding, "members").([]any)
			for _, member := range members {
				if name, _ := member.(string); to(name) {
					all = append(all, controls.Resource{Type: kind, Name: role + " to " + name, Inputs: map[string]any{"role": role, "member": name}})
				}
			}
		}
		return all
	}
}

// project converts the project's IAM policy to the grants to the nodes' accounts and the audit configurations.
func project(e *environment.Environment) func(any) []controls.Resource {
	return func(answer any) []controls.Resource {
		all := grants(token.ProjectGrant, func(member string) bool {
			for _, account := range accounts(e) {
				if member == "serviceAccount:"+account {
					return true
				}
			}
			return false
		})(answer)
		for _, audited := range each(token.AuditConfig)(at(answer, "auditConfigs")) {
			service, _ := audited.Inputs["service"].(string)
			short, _, _ := strings.Cut(service, ".")
			if short != "container" && short != "cloudkms" {
				continue // not the program's, and no control checks it
			}
			audited.Name = short + "-audit"
			all = append(all, audited)
		}
		return all
	}
}

// services converts an answer to the APIs that are enabled.
func services(answer any) (all []controls.Resource) {
	elements, _ := answer.([]any)
	for _, element := range elements {
		service, _ := at(element, "config", "name").(string)
		short, _, _ := strings.Cut(service, ".")
		all = append(all, controls.Resource{Type: token.Service, Name: short, Inputs: map[string]any{"service": service}})
	}
	return all
}

// later are the types whose questions depend on other answers.
var later = []string{token.CryptoKey, token.KeyGrant, token.Bucket, token.BucketGrant}

// askAboutKeys reads the keys in the key ring of the cluster's own key.
func askAboutKeys(ctx context.Context, options Options, s *seen) {
	key := ""
	for _, r := range s.resources {
		if found, ok := at(r.Inputs, "databaseEncryption", "keyName").(string); r.Type == token.Cluster && ok {
			key = found
		}
	}
	ringName, _, found := strings.Cut(key, "/cryptoKeys/")
	if !found {
		s.miss(token.CryptoKey, "the cluster names no key, so the key ring is not known")
		s.miss(token.KeyGrant, "the cluster names no key, so the key ring is not known")
		return
	}
	ask(ctx, options, []question{{[]string{"kms", "keys", "list", "--keyring=" + ringName}, []string{token.CryptoKey}, each(token.CryptoKey)}}, s)
	var grantsOf []question
	for _, r := range s.resources {
		if r.Type == token.CryptoKey {
			full, _ := r.Inputs["name"].(string)
			grantsOf = append(grantsOf, question{[]string{"kms", "keys", "get-iam-policy", ringName + "/cryptoKeys/" + last(full)}, []string{token.KeyGrant}, keyGrants(last(full))})
		}
	}
	ask(ctx, options, grantsOf, s)
}

// unsealing are the names under which the program registers the grants on OpenBao's key.
var unsealing = map[string]string{
	"roles/cloudkms.cryptoKeyEncrypterDecrypter": "openbao-unseal-encrypt",
	"roles/cloudkms.viewer":                      "openbao-unseal-view",
}

func keyGrants(key string) func(any) []controls.Resource {
	return func(answer any) []controls.Resource {
		all := grants(token.KeyGrant, anybody)(answer)
		for i := range all {
			role, _ := all[i].Inputs["role"].(string)
			if name := unsealing[role]; key == "unseal" && name != "" {
				all[i].Name = name
			}
		}
		return all
	}
}

// askAboutBuckets reads the bucket of the snapshots. It lists all buckets, because the
// bucket's name has a random suffix.
func askAboutBuckets(ctx context.Context, options Options, s *seen) {
	prefix := options.Environment.Names.Of(environment.SnapshotBucket) + "-"
	var names []string
	ask(ctx, options, []question{{[]string{"storage", "buckets", "list", "--raw"}, []string{token.Bucket}, func(answer any) (all []controls.Resource) {
		for _, bucket := range each(token.Bucket)(answer) {
			if strings.HasPrefix(bucket.Name, prefix) {
				names = append(names, bucket.Name)
				all = append(all, bucket)
			}
		}
		return all
	}}}, s)
	if len(names) == 0 {
		s.miss(token.BucketGrant, "there is no bucket whose name begins with "+prefix)
		return
	}
	var grantsOf []question
	for _, name := range names {
		grantsOf = append(grantsOf, question{[]string{"storage", "buckets", "get-iam-policy", "gs://" + name}, []string{token.BucketGrant}, grants(token.BucketGrant, workloads)})
	}
	ask(ctx, options, grantsOf, s)
}

// workloads excludes the members that Google grants roles to on every bucket: the project's
// owners, editors and viewers.
func workloads(member string) bool { return !strings.HasPrefix(member, "project") }
