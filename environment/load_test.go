package environment_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment"
	"bastide/environment/environmenttest"
)

// problems loads invalid settings and returns the problems.
func problems(t *testing.T, settings *environmenttest.Settings) []environment.Problem {
	t.Helper()
	_, err := environment.Load(settings)
	var problems environment.Problems
	require.ErrorAs(t, err, &problems)
	return problems.List
}

func TestDefaultsLackOnlyProjectRegionAdminRangesAndBlock(t *testing.T) {
	var keys []string
	for _, problem := range problems(t, environmenttest.Defaults(t)) {
		keys = append(keys, problem.Key)
	}
	assert.ElementsMatch(t, []string{"gcp:project", "gcp:region", "bastide:adminCidrs", "bastide:networkCidr"}, keys)
}

func TestLoadOfTheSmallestEnvironment(t *testing.T) {
	e := environmenttest.Small(t).Load(t)

	assert.Equal(t, "europe-west1", e.Location.Cluster(), "regional unless one zone is named")
	require.NotNil(t, e.CI)
	assert.Equal(t, environment.Sandbox, e.CI.Mode, "nothing is privileged by default")
	assert.Empty(t, e.CI.Systems)
	assert.False(t, e.CI.Install.On)
	assert.True(t, e.Protected)
	assert.False(t, e.Admin.Secret)
	assert.Equal(t, "1.36", e.Kubernetes.Version)
	assert.Equal(t, "FREQ=WEEKLY;BYDAY=SA,SU", e.Kubernetes.Maintenance.Recurrence())
	start, end := e.Kubernetes.Maintenance.First()
	assert.Equal(t, "2024-01-06T02:00:00Z 2024-01-06T10:00:00Z", start.Format("2006-01-02T15:04:05Z07:00")+" "+end.Format("2006-01-02T15:04:05Z07:00"))
	assert.Equal(t, map[string]string{"managed-by": "bastide", "environment": "dev"}, e.Labels)
}

func TestLoadReadsNamespaces(t *testing.T) {
	e := environmenttest.Small(t).
		Set("bastide:rbacGroup", "gke-security-groups@example.com").
		Set("bastide:namespaces", []any{"shop owner=team-shop", "billing openbao=client editors=b@example.com size=large owner=team-billing"}).Load(t)
	assert.Equal(t, []environment.WorkloadNamespace{
		{Name: "shop", Owner: "team-shop", Size: "small", Editors: "gke-security-groups@example.com"},
		{Name: "billing", Owner: "team-billing", Size: "large", Editors: "b@example.com", OpenBaoClient: true},
	}, e.Namespaces)

	both := environmenttest.Small(t).Set("bastide:namespaces", []any{"new owner=a"}).Set("bastide:systemNamespaces", []any{"new"})
	assert.Equal(t, "bastide:namespaces[0]", problems(t, both)[0].Key, "it can't be both protected and exempt")
}

func TestUnknownNamespacesReportsNamesThatLookLikeGKEs(t *testing.T) {
	e := environmenttest.Small(t).Set("bastide:namespaces", []any{"shop owner=a"}).Set("bastide:systemNamespaces", []any{"gke-managed-new"}).Load(t)
	assert.Empty(t, e.UnknownNamespaces(append([]string{"default", "openbao", "shop", "istio-system"}, e.SystemNamespaces...)))

	found := e.UnknownNamespaces([]string{"kube-system", "gmp-next", "gkebackup", "gke-managed-newer"})
	require.Len(t, found, 3)
	assert.Equal(t, "bastide:systemNamespaces[1]", found[0].Key, "after the elements that are in the list")
	assert.Contains(t, found[0].Wrong, `"gke-managed-newer" looks like one that GKE created`)
	assert.Contains(t, found[0].Remedy, "pulumi config set --stack dev --path 'bastide:systemNamespaces[1]' gke-managed-newer")
	assert.Contains(t, found[2].Remedy, "--path 'bastide:systemNamespaces[3]' gmp-next", "each remedy sets another element")

	set := environmenttest.Small(t).Set("bastide:systemNamespaces", []any{"gke-managed-new", "gke-managed-newer", "gkebackup", "gmp-next"}).Load(t)
	assert.Empty(t, set.UnknownNamespaces([]string{"gmp-next", "gkebackup", "gke-managed-newer"}), "the remedies work")
}

func TestOpenBaoDefaultsAndImages(t *testing.T) {
	e := environmenttest.Small(t).Set("bastide:trustedImages", []any{"ghcr.io/team/*", "docker.io/library/redis"}).Load(t)
	assert.Equal(t, 3, e.OpenBao.Replicas)
	assert.False(t, e.OpenBao.Bootstrap, "a server that lost its volume must not initialize itself again")
	assert.False(t, e.OpenBao.Expose)
	assert.Equal(t, "2.6.2", e.OpenBao.Image.Version)
	assert.Regexp(t, `^quay\.io/openbao/openbao@sha256:[0-9a-f]{64}$`, e.OpenBao.Image.String())
	assert.Equal(t, []string{e.OpenBao.Image.String(), e.OpenBao.UploadImage.String(), "ghcr.io/team/*",
		"docker.io/library/redis", "docker.io/library/redis:*", "docker.io/library/redis@*"}, e.Images(), "and no other images of those registries")
}

func TestBuildPoolDefaults(t *testing.T) {
	e := environmenttest.Small(t).Load(t)

	require.NotNil(t, e.CI)
	assert.Equal(t, "role=privileged:NoSchedule", e.CI.Pool.Taint.String())
	assert.Equal(t, map[string]string{"role": "privileged"}, e.CI.Pool.Taint.Labels(), "GKE refuses labels of kubernetes.io/")
	assert.Zero(t, e.CI.Pool.MinNodes)
}

func TestTaintMayHaveACustomPrefix(t *testing.T) {
	e := environmenttest.Small(t).Set("bastide:ciTaint", "acme.com/role=builds:NoSchedule").Load(t)
	assert.Equal(t, map[string]string{"acme.com/role": "builds"}, e.CI.Pool.Taint.Labels())
}

func TestRemedyOfAReservedTaintKeyDropsThePrefix(t *testing.T) {
	all := problems(t, environmenttest.Small(t).Set("bastide:ciTaint", "node-restriction.kubernetes.io/role=builds:NoSchedule"))
	require.Len(t, all, 1)
	assert.Contains(t, all[0].Remedy, "bastide:ciTaint role=builds:NoSchedule")
}

// Each row is one mistake in an otherwise valid environment, with the key that the
// problem must name and a part of its message.
func TestLoadRefusesInvalidSettings(t *testing.T) {
	list := func(values ...any) []any { return values }
	for name, c := range map[string]struct {
		set   string
		value any
		key   string
		wrong string
	}{
		"no admin CIDR":           {"bastide:adminCidrs", list(), "bastide:adminCidrs", "no admin range"},
		"everybody":               {"bastide:adminCidrs", list("0.0.0.0/0"), "bastide:adminCidrs[0]", "whole internet"},
		"everybody, host bits":    {"bastide:adminCidrs", list("1.2.3.4/0"), "bastide:adminCidrs[0]", "whole internet"},
		"everybody on IPv6":       {"bastide:adminCidrs", list("::/0"), "bastide:adminCidrs[0]", "whole internet"},
		"IPv6":                    {"bastide:adminCidrs", list("2001:db8::/64"), "bastide:adminCidrs[0]", "IPv6"},
		"IPv4 in IPv6":            {"bastide:adminCidrs", list("::ffff:8.8.8.8/128"), "bastide:adminCidrs[0]", "IPv6"},
		"wider than /24":          {"bastide:adminCidrs", list("8.8.8.0/23"), "bastide:adminCidrs[0]", "wider than /24"},
		"private 10":              {"bastide:adminCidrs", list("10.1.2.3/32"), "bastide:adminCidrs[0]", "private"},
		"private 172":             {"bastide:adminCidrs", list("172.20.0.0/24"), "bastide:adminCidrs[0]", "private"},
		"private 192":             {"bastide:adminCidrs", list("192.168.0.0/24"), "bastide:adminCidrs[0]", "private"},
		"loopback":                {"bastide:adminCidrs", list("127.0.0.1/32"), "bastide:adminCidrs[0]", "loopback"},
		"link-local":              {"bastide:adminCidrs", list("169.254.169.254/32"), "bastide:adminCidrs[0]", "link-local"},
		"multicast":               {"bastide:adminCidrs", list("224.0.0.1/32"), "bastide:adminCidrs[0]", "multicast"},
		"carrier-grade NAT":       {"bastide:adminCidrs", list("100.64.0.1/32"), "bastide:adminCidrs[0]", "shared"},
		"this host":               {"bastide:adminCidrs", list("0.0.0.0/32"), "bastide:adminCidrs[0]", "this host"},
		"reserved":                {"bastide:adminCidrs", list("250.1.2.3/32"), "bastide:adminCidrs[0]", "reserved range 240.0.0.0/4"},
		"protocol assignments":    {"bastide:adminCidrs", list("192.0.0.8/32"), "bastide:adminCidrs[0]", "protocol assignments"},
		"6to4 relay":              {"bastide:adminCidrs", list("192.88.99.1/32"), "bastide:adminCidrs[0]", "6to4"},
		"host bits":               {"bastide:adminCidrs", list("8.8.8.8/24"), "bastide:adminCidrs[0]", "host bits"},
		"no mask":                 {"bastide:adminCidrs", list("8.8.8.8"), "bastide:adminCidrs[0]", "/32"},
		"not an address":          {"bastide:adminCidrs", list("office"), "bastide:adminCidrs[0]", "not an IPv4 range"},
		"duplicate":               {"bastide:adminCidrs", list("8.8.8.8/32", "1.1.1.1/32", "8.8.8.8/32"), "bastide:adminCidrs[2]", "already covered by adminCidrs[0]"},
		"contained":               {"bastide:adminCidrs", list("8.8.8.0/24", "8.8.8.8/32"), "bastide:adminCidrs[1]", "already covered"},
		"not a list":              {"bastide:adminCidrs", "8.8.8.8/32", "bastide:adminCidrs", "not a list"},
		"public block":            {"bastide:networkCidr", "8.0.0.0/16", "bastide:networkCidr", "public"},
		"half public block":       {"bastide:networkCidr", "172.32.0.0/16", "bastide:networkCidr", "public"},
		"block too small":         {"bastide:networkCidr", "10.0.0.0/21", "bastide:networkCidr", "too small"},
		"block too large":         {"bastide:networkCidr", "10.0.0.0/15", "bastide:networkCidr", "larger"},
		"block misaligned":        {"bastide:networkCidr", "10.0.1.0/16", "bastide:networkCidr", "host bits"},
		"block of the bridge":     {"bastide:networkCidr", "172.17.0.0/16", "bastide:networkCidr", "GKE's nodes use"},
		"no block":                {"bastide:networkCidr", "", "bastide:networkCidr", "no block"},
		"unknown channel":         {"bastide:releaseChannel", "RAPID", "bastide:releaseChannel", "REGULAR, STABLE"},
		"zone elsewhere":          {"bastide:zones", list("europe-west2-b"), "bastide:zones[0]", "europe-west1"},
		"zone of longer region":   {"bastide:zones", list("europe-west12-b"), "bastide:zones[0]", "europe-west1"},
		"not a zone":              {"bastide:zones", list("europe-west1-bb"), "bastide:zones[0]", "not a zone"},
		"zone twice":              {"bastide:zones", list("europe-west1-b", "europe-west1-b"), "bastide:zones[1]", "twice"},
		"not a region":            {"gcp:region", "Belgium", "gcp:region", "not a Google Cloud region"},
		"not a project":           {"gcp:project", "My Project", "gcp:project", "project id"},
		"version too old":         {"bastide:kubernetesVersion", "1.34", "bastide:kubernetesVersion", "older than 1.35.0-gke.1171000"},
		"patch too old":           {"bastide:kubernetesVersion", "1.35.0-gke.1000000", "bastide:kubernetesVersion", "older than"},
		"version of many digits":  {"bastide:kubernetesVersion", "1.36.0-gke.99999999999999999999", "bastide:kubernetesVersion", "not a GKE version"},
		"not a version":           {"bastide:kubernetesVersion", "latest", "bastide:kubernetesVersion", "not a GKE version"},
		"window too short":        {"bastide:maintenanceHours", 3, "bastide:maintenanceHours", "4 to 24"},
		"window too rare":         {"bastide:maintenanceHours", 5, "bastide:maintenanceHours", "40 hours in 32 days"},
		"no maintenance day":      {"bastide:maintenanceDays", list(), "bastide:maintenanceDays", "no day"},
		"not a weekday":           {"bastide:maintenanceDays", list("SA", "Sunday"), "bastide:maintenanceDays[1]", "MO, TU"},
		"weekday twice":           {"bastide:maintenanceDays", list("SA", "SA"), "bastide:maintenanceDays[1]", "twice"},
		"not a time":              {"bastide:maintenanceStart", "2am", "bastide:maintenanceStart", "02:00"},
		"min above max":           {"bastide:generalMinNodes", 7, "bastide:generalMinNodes", "more than bastide:generalMaxNodes"},
		"negative min":            {"bastide:generalMinNodes", -1, "bastide:generalMinNodes", "negative"},
		"max of none":             {"bastide:ciMaxNodes", 0, "bastide:ciMaxNodes", "can't run anything"},
		"too many nodes":          {"bastide:generalMaxNodes", 16, "bastide:generalMaxNodes", "room for 16"},
		"more nodes than GKE has": {"bastide:generalMaxNodes", 1001, "bastide:generalMaxNodes", "1000 nodes that GKE allows"},
		"nodes beyond counting":   {"bastide:ciMaxNodes", 9223372036854775807, "bastide:ciMaxNodes", "1000 nodes"},
		"Hyperdisk on E2":         {"bastide:generalDiskType", "hyperdisk-balanced", "bastide:generalDiskType", "e2-standard-4 is of machine series e2, which does not support hyperdisk-balanced; it supports pd-balanced, pd-ssd, pd-standard"},
		"no Hyperdisk on N4":      {"bastide:ciMachineType", "n4-standard-4", "bastide:ciDiskType", "does not support pd-balanced; it supports hyperdisk-balanced"},
		"no Hyperdisk on C4":      {"bastide:generalMachineType", "c4-standard-4", "bastide:generalDiskType", "does not support pd-balanced; it supports hyperdisk-balanced"},
		"disk too small":          {"bastide:generalDiskGb", 10, "bastide:generalDiskGb", "20 to 65536"},
		"disk type":               {"bastide:generalDiskType", "floppy", "bastide:generalDiskType", "pd-balanced"},
		"machine type":            {"bastide:generalMachineType", "Big One", "bastide:generalMachineType", "none of the machine series c2, c2d"},
		"not a number":            {"bastide:generalMaxNodes", "many", "bastide:generalMaxNodes", "not a whole number"},
		"not a boolean":           {"bastide:generalSpot", "perhaps", "bastide:generalSpot", "neither true nor false"},
		"taint without effect":    {"bastide:ciTaint", "role=privileged", "bastide:ciTaint", "KEY=VALUE:EFFECT"},
		"taint key":               {"bastide:ciTaint", "ro le=privileged:NoSchedule", "bastide:ciTaint", "label key"},
		"taint key, restricted":   {"bastide:ciTaint", "node-restriction.kubernetes.io/role=privileged:NoSchedule", "bastide:ciTaint", "is in kubernetes.io"},
		"taint key, Kubernetes'":  {"bastide:ciTaint", "k8s.io/role=privileged:NoSchedule", "bastide:ciTaint", "is in k8s.io"},
		"taint key, GKE's":        {"bastide:ciTaint", "cloud.google.com/gke-nodepool=privileged:NoSchedule", "bastide:ciTaint", "is in cloud.google.com"},
		"taint key, sandbox's":    {"bastide:ciTaint", "sandbox.gke.io/runtime=gvisor:NoSchedule", "bastide:ciTaint", "is in gke.io"},
		"taint value":             {"bastide:ciTaint", "role=-:NoSchedule", "bastide:ciTaint", "label value"},
		"taint without value":     {"bastide:ciTaint", "role=:NoSchedule", "bastide:ciTaint", "empty"},
		"taint effect":            {"bastide:ciTaint", "role=privileged:NoExecute", "bastide:ciTaint", "NoSchedule"},
		"label without value":     {"bastide:labels", list("team"), "bastide:labels[0]", "KEY=VALUE"},
		"label key":               {"bastide:labels", list("Team=x"), "bastide:labels[0]", "key"},
		"label value":             {"bastide:labels", list("team=Big Team"), "bastide:labels[0]", "value"},
		"label of ours":           {"bastide:labels", list("environment=prod"), "bastide:labels[0]", "second time"},
		"label twice, empty":      {"bastide:labels", list("team=", "team=x"), "bastide:labels[1]", "second time"},
		"label of Google's":       {"bastide:labels", list("goog-team=x"), "bastide:labels[0]", "reserved for Google"},
		"image pattern":           {"bastide:trustedImages", list("**"), "bastide:trustedImages[0]", "image pattern"},
		"image pattern's middle":  {"bastide:trustedImages", list("quay.io/o*o/x"), "bastide:trustedImages[0]", "image pattern"},
		"image of somebody else":  {"bastide:trustedImages", list("quay.io/openbao**"), "bastide:trustedImages[0]", "** after a slash"},
		"image without registry":  {"bastide:trustedImages", list("nginx"), "bastide:trustedImages[0]", "registry host"},
		"image with an empty tag": {"bastide:trustedImages", list("quay.io/openbao/openbao:"), "bastide:trustedImages[0]", "image pattern"},
		"namespace's name":        {"bastide:namespaces", list("Shop owner=a"), "bastide:namespaces[0]", "Kubernetes refuses"},
		"namespace of ours":       {"bastide:namespaces", list("openbao owner=a"), "bastide:namespaces[0]", "taken"},
		"namespace of GKE's":      {"bastide:namespaces", list("gke-managed-x owner=a"), "bastide:namespaces[0]", "looks like"},
		"namespace of a backup":   {"bastide:namespaces", list("gkebackup owner=a"), "bastide:namespaces[0]", "looks like"},
		"namespace default":       {"bastide:namespaces", list("default owner=a"), "bastide:namespaces[0]", "taken"},
		"namespace twice":         {"bastide:namespaces", list("shop owner=a", "shop owner=b"), "bastide:namespaces[1]", "already listed"},
		"namespace without owner": {"bastide:namespaces", list("shop size=small"), "bastide:namespaces[0]", "no owner"},
		"namespace's owner":       {"bastide:namespaces", list("shop owner=a@b"), "bastide:namespaces[0]", "can't be a label"},
		"namespace's size":        {"bastide:namespaces", list("shop owner=a size=huge"), "bastide:namespaces[0]", "small, medium, large"},
		"namespace's field":       {"bastide:namespaces", list("shop owner=a colour=red"), "bastide:namespaces[0]", "not one of editors=, openbao=, owner=, size="},
		"namespace's field twice": {"bastide:namespaces", list("shop owner=a owner=b"), "bastide:namespaces[0]", "given twice"},
		"namespace of nothing":    {"bastide:namespaces", list(" "), "bastide:namespaces[0]", "names no namespace"},
		"editors without groups":  {"bastide:namespaces", list("shop owner=a editors=x@example.com"), "bastide:namespaces[0]", "rbacGroup is empty"},
		"editors of no group":     {"bastide:namespaces", list("shop owner=a editors=x"), "bastide:namespaces[0]", "not the address of a Google group"},
		"system pattern":          {"bastide:systemNamespaces", list("gke-*"), "bastide:systemNamespaces[0]", "patterns are not allowed"},
		"system default":          {"bastide:systemNamespaces", list("default"), "bastide:systemNamespaces[0]", "the platform protects"},
		"other value of openbao":  {"bastide:namespaces", list("shop owner=a openbao=yes"), "bastide:namespaces[0]", "not openbao=client"},
		"even number of servers":  {"bastide:openbaoReplicas", 2, "bastide:openbaoReplicas", "not 1, 3 or 5"},
		"too many servers":        {"bastide:openbaoReplicas", 7, "bastide:openbaoReplicas", "not 1, 3 or 5"},
		"no server":               {"bastide:openbaoReplicas", 0, "bastide:openbaoReplicas", "not 1, 3 or 5"},
		"more servers than nodes": {"bastide:generalMaxNodes", 2, "bastide:generalMaxNodes", "OpenBao's servers (openbaoReplicas, 3)"},
		"image without digest":    {"bastide:openbaoImage", "quay.io/openbao/openbao:2.6.2", "bastide:openbaoImage", "HOST/PATH:TAG@sha256:DIGEST"},
		"image without tag":       {"bastide:snapshotImage", "gcr.io/x/y@sha256:" + strings.Repeat("a", 64), "bastide:snapshotImage", "HOST/PATH:TAG@sha256:DIGEST"},
		"image without host":      {"bastide:openbaoImage", "openbao:2.6.2@sha256:" + strings.Repeat("a", 64), "bastide:openbaoImage", "HOST/PATH:TAG@sha256:DIGEST"},
		"no email address":        {"bastide:alertEmail", "platform", "bastide:alertEmail", "not an email address"},
		"rule that is none":       {"bastide:warnOnly", list("prob"), "bastide:warnOnly[0]", "not an admission rule"},
		"group":                   {"bastide:rbacGroup", "admins@example.com", "bastide:rbacGroup", "gke-security-groups"},
		"private endpoint":        {"bastide:privateEndpoint", true, "bastide:privateAdminCidrs", "no administrator would have a route"},
		"public as private":       {"bastide:privateAdminCidrs", list("8.8.8.0/24"), "bastide:privateAdminCidrs[0]", "adminCidrs"},
		"private range too wide":  {"bastide:privateAdminCidrs", list("10.0.0.0/8"), "bastide:privateAdminCidrs[0]", "wider than /16"},
		"private range in block":  {"bastide:privateAdminCidrs", list("10.64.1.0/24"), "bastide:privateAdminCidrs[0]", "overlaps networkCidr"},
		"private range, second":   {"bastide:privateAdminCidrs", list("192.168.0.0/24", "10.64.1.0/24"), "bastide:privateAdminCidrs[1]", "overlaps networkCidr"},
		"private range of bridge": {"bastide:privateAdminCidrs", list("172.17.4.0/24"), "bastide:privateAdminCidrs[0]", "GKE's nodes use"},
		"setting of the provider": {"gcp:zone", "europe-west1-b", "gcp:zone", "would be ignored"},
		"misspelt key":            {"bastide:adminCidr", list("8.8.8.8/32"), "bastide:adminCidr", "not a setting"},
		"default gone":            {"bastide:zones", nil, "bastide:zones", "Pulumi.yaml"},
		"name too long":           {"stack", "integration-tests-x", "stack name", `room for 14`},
		"name not legal":          {"stack", "Dev_1", "stack name", "lower case"},
		"name with double hyphen": {"stack", "a--b", "stack name", "single hyphens"},
	} {
		t.Run(name, func(t *testing.T) {
			settings := environmenttest.Small(t)
			switch {
			case c.set == "stack":
				settings.Environment = c.value.(string)
			case c.value == nil:
				delete(settings.Values, c.set)
			default:
				settings.Set(c.set, c.value)
			}
			found := problems(t, settings)
			require.Len(t, found, 1, "one mistake, one problem")
			assert.Equal(t, c.key, found[0].Key)
			assert.Contains(t, found[0].Wrong, c.wrong)
			assert.NotEmpty(t, found[0].Remedy)
		})
	}
}

func TestDocumentationRangesAreForRehearsalsOnly(t *testing.T) {
	for _, cidr := range []string{"192.0.2.1/32", "198.51.100.0/24", "203.0.113.7/32"} {
		settings := environmenttest.Small(t).Set("bastide:adminCidrs", []any{cidr})
		settings.Load(t)
		found := problems(t, settings.Set("bastide:rehearsal", false))
		require.Len(t, found, 1)
		assert.Contains(t, found[0].Wrong, "only a rehearsal")
	}
}

func TestAllProblemsAreReportedTogether(t *testing.T) {
	_, err := environment.Load(environmenttest.Small(t).
		Set("bastide:adminCidrs", []any{"0.0.0.0/0", "10.0.0.1/32"}).
		Set("bastide:networkCidr", "8.8.0.0/16").
		Set("bastide:adminCIDRS", "x"))

	require.Error(t, err)
	for _, part := range []string{
		`4 problems in the settings of environment "dev"; nothing was changed`,
		"bastide:adminCidrs[0]", "bastide:adminCidrs[1]", "bastide:networkCidr", "bastide:adminCIDRS",
		"pulumi config set --stack dev --path 'bastide:adminCidrs[0]' YOUR.PUBLIC.IP.ADDRESS/32",
		"did you mean bastide:adminCidrs?\n    type: pulumi config rm --stack dev bastide:adminCIDRS\n",
	} {
		assert.Contains(t, err.Error(), part)
	}
}

func TestEncryptedAdminRangesStayOutOfMessages(t *testing.T) {
	settings := environmenttest.Small(t).
		Set("bastide:adminCidrs", []any{"8.8.8.8/32", "8.8.4.4/24", "not-to-be-seen", "10.9.8.7/32", "8.8.8.8/32"})
	settings.Secrets = []string{"bastide:adminCidrs"}

	found := problems(t, settings)
	assert.Len(t, found, 4)
	for _, problem := range found {
		for _, secret := range []string{"8.8.8.8", "8.8.4.4", "not-to-be-seen", "10.9.8.7"} {
			assert.NotContains(t, problem.Wrong+problem.Remedy, secret)
		}
	}
}

func TestEncryptedAdminRangesAreMarkedAsSecret(t *testing.T) {
	for _, key := range []string{"bastide:adminCidrs", "bastide:privateAdminCidrs"} {
		settings := environmenttest.Small(t).Set("bastide:privateAdminCidrs", []any{"192.168.10.0/24"})
		settings.Secrets = []string{key}
		assert.True(t, settings.Load(t).Admin.Secret, key)
	}
}

// Each setting is encrypted, and its value is invalid too, but only the encryption is
// reported.
func TestLoadRefusesEncryptionOfOtherSettings(t *testing.T) {
	const secret = "4242"
	for key, value := range environmenttest.Small(t).Values {
		if slices.Contains([]string{"bastide:adminCidrs", "bastide:privateAdminCidrs", "bastide:gitlabTokens", "bastide:githubAppKey"}, key) {
			continue
		}
		settings := environmenttest.Small(t).Set(key, secret)
		if _, isList := value.([]any); isList {
			settings.Set(key, []any{secret, secret})
		}
		settings.Secrets = []string{key}
		var about []environment.Problem
		for _, problem := range problems(t, settings) {
			assert.NotContains(t, problem.Wrong+problem.Remedy, secret, key)
			if strings.HasPrefix(problem.Key, key) {
				about = append(about, problem)
			}
		}
		require.Len(t, about, 1, key)
		assert.Contains(t, about[0].Wrong, "stored encrypted", key)
		assert.Equal(t, "pulumi config set --stack dev --plaintext "+key+" VALUE", about[0].Remedy)
	}
}

// Checks that compare settings show valid values in their messages too.
func TestEncryptedSettingsStayOutOfMessagesThatCompare(t *testing.T) {
	for key, value := range map[string]string{
		"bastide:networkCidr": "10.64.0.0/20", "gcp:region": "asia-east2", "bastide:generalMaxNodes": "777",
		"bastide:ciMaxNodes": "555", "bastide:generalMachineType": "n4-standard-8",
	} {
		settings := environmenttest.Small(t).Set(key, value).Set("bastide:ci", "privileged").
			Set("bastide:privateAdminCidrs", []any{"10.64.1.0/24"}).Set("bastide:zones", []any{"europe-west2-b"}).
			Set("bastide:generalMinNodes", 900).Set("bastide:ciMinNodes", 901)
		settings.Secrets = []string{key}
		for _, problem := range problems(t, settings) {
			for _, secret := range []string{value, "10.64.0.0/21"} {
				assert.NotContains(t, problem.Wrong+problem.Remedy, secret, key)
			}
		}
	}
}

func TestRemediesOfEncryptedSettingsEncrypt(t *testing.T) {
	settings := environmenttest.Small(t).Set("bastide:adminCidrs", []any{"8.8.8.8/24"})
	settings.Secrets = []string{"bastide:adminCidrs"}
	assert.Equal(t, "pulumi config set --stack dev --secret --path 'bastide:adminCidrs[0]' YOUR.PUBLIC.IP.ADDRESS/32", problems(t, settings)[0].Remedy)
}

func TestRemedyOfPoolsThatDoNotFitIsAccepted(t *testing.T) {
	for name, c := range map[string]struct {
		general, builds int
		ci              string
		remedy          string
	}{
		"general alone":      {16, 3, "off", "bastide:generalMaxNodes 15"},
		"with builds":        {12, 3, "sandbox", "bastide:generalMaxNodes 11"},
		"builds too large":   {6, 20, "privileged", "bastide:ciMaxNodes 8"},
		"fewer than servers": {2, 3, "off", "bastide:generalMaxNodes 3"},
	} {
		t.Run(name, func(t *testing.T) {
			settings := environmenttest.Small(t).Set("bastide:zones", []any{"europe-west1-b", "europe-west1-c"}).
				Set("bastide:generalMaxNodes", c.general).Set("bastide:ciMaxNodes", c.builds).Set("bastide:ci", c.ci)
			found := problems(t, settings)
			require.Len(t, found, 1)
			assert.Equal(t, "pulumi config set --stack dev "+c.remedy, found[0].Remedy)
			key, value, _ := strings.Cut(c.remedy, " ")
			settings.Set(key, value).Load(t)
		})
	}
}

func TestLoadRefusesMoreLabelsThanGoogleCloudAllows(t *testing.T) {
	var labels []any
	for i := range 62 {
		labels = append(labels, fmt.Sprintf("label-%d=", i))
	}
	settings := environmenttest.Small(t).Set("bastide:labels", labels)
	assert.Len(t, settings.Load(t).Labels, 64, "two are the program's own")
	found := problems(t, settings.Set("bastide:labels", append(labels, "label-62=")))
	require.Len(t, found, 1)
	assert.Equal(t, "bastide:labels[62]", found[0].Key)
	assert.Contains(t, found[0].Wrong, "one too many")
}

// Load reports a setting that is declared but not read as unknown, and one that is read
// but not declared as missing.
func TestPulumiYAMLDeclaresExactlyWhatIsRead(t *testing.T) {
	for _, problem := range problems(t, environmenttest.Defaults(t)) {
		assert.NotContains(t, problem.Wrong, "not a setting")
		if strings.HasPrefix(problem.Key, environment.Namespace) {
			assert.NotContains(t, problem.Wrong, "is missing from Pulumi.yaml")
		}
	}
}

func TestVolumeTypeIsOneThatTheGeneralPoolSupports(t *testing.T) {
	settings := environmenttest.Small(t)
	assert.Equal(t, "pd-balanced", settings.Load(t).VolumeType())
	settings.Set("bastide:generalDiskType", "pd-ssd")
	assert.Equal(t, "pd-balanced", settings.Load(t).VolumeType(), "the boot disk type makes no difference")
	settings.Set("bastide:generalMachineType", "n4-standard-4").Set("bastide:generalDiskType", "hyperdisk-balanced")
	assert.Equal(t, "hyperdisk-balanced", settings.Load(t).VolumeType())
	settings.Set("bastide:generalMachineType", "c3-standard-4")
	assert.Equal(t, "pd-balanced", settings.Load(t).VolumeType(), "C3 supports both")
}

func TestLoadNormalizesURLsAndGroupAddresses(t *testing.T) {
	e := environmenttest.Small(t).
		Set("bastide:rbacGroup", "GKE-Security-Groups@Acme.com").Set("bastide:namespaces", several("shop\towner=a\teditors=Ops@Acme.com")).
		Set("bastide:alertEmail", " Ops@Acme.com ").Set("bastide:ciSystems", several("github", "gitlab")).Set("bastide:ciNamespaces", several("jobs\tsize=large")).
		Set("bastide:githubConfigUrl", "https://GitHub.com/Acme/").Set("bastide:gitlabUrl", "https://GitLab.Acme.com//").Load(t)
	assert.Equal(t, "gke-security-groups@acme.com", e.RBACGroup, "RBAC is case-sensitive")
	assert.Equal(t, "ops@acme.com", e.Namespaces[0].Editors)
	assert.Equal(t, "Ops@Acme.com", e.OpenBao.AlertEmail, "the local part may be case-sensitive")
	assert.Equal(t, "https://github.com/Acme", e.CI.Install.GitHubURL)
	assert.Equal(t, "https://gitlab.acme.com", e.CI.Install.GitLabURL)
	assert.Equal(t, []environment.JobNamespace{{Name: "jobs", Size: "large"}}, e.CI.Namespaces)
}

func TestLoadRefusesMoreAdminRangesThanGKEAllows(t *testing.T) {
	ranges := func(format string, n int) (list []any) {
		for i := range n {
			list = append(list, fmt.Sprintf(format, i))
		}
		return list
	}
	settings := environmenttest.Small(t).Set("bastide:adminCidrs", ranges("8.8.8.%d/32", 60)).Set("bastide:privateAdminCidrs", ranges("192.168.%d.0/24", 40))
	assert.Len(t, settings.Load(t).Admin.All(), 100)

	found := problems(t, settings.Set("bastide:adminCidrs", ranges("8.8.8.%d/32", 61)))
	require.Len(t, found, 1)
	assert.Equal(t, "bastide:adminCidrs[60]", found[0].Key)
	assert.Contains(t, found[0].Wrong, "one of 101 ranges, but GKE allows 100")
	assert.Equal(t, "pulumi config rm --stack dev --path 'bastide:adminCidrs[60]'", found[0].Remedy)

	settings.Set("bastide:privateEndpoint", true).Load(t) // counts private ranges only
	found = problems(t, settings.Set("bastide:privateAdminCidrs", ranges("192.168.%d.0/24", 101)))
	require.Len(t, found, 1)
	assert.Equal(t, "bastide:privateAdminCidrs[100]", found[0].Key)
}

func TestElementsOfOtherTypesDoNotShiftIndices(t *testing.T) {
	settings := environmenttest.Small(t).Set("bastide:adminCidrs", []any{"8.8.8.8/32", 42, map[string]any{"a": "not-to-be-seen"}, "8.8.8.8/24"})
	settings.Secrets = []string{"bastide:adminCidrs"}
	var keys []string
	for _, problem := range problems(t, settings) {
		keys = append(keys, problem.Key)
		assert.Contains(t, problem.Remedy, "--secret --path '"+problem.Key+"'")
		assert.NotContains(t, problem.Wrong+problem.Remedy, "not-to-be-seen")
	}
	assert.Equal(t, []string{"bastide:adminCidrs[1]", "bastide:adminCidrs[2]", "bastide:adminCidrs[3]"}, keys)

	tokens := environmenttest.Small(t).Set("bastide:gitlabTokens", []any{7})
	tokens.Secrets = []string{"bastide:gitlabTokens"}
	found := problems(t, tokens)
	require.Len(t, found, 1)
	assert.Equal(t, "pulumi config set --stack dev --secret --path 'bastide:gitlabTokens[0]'", found[0].Remedy, "the value stays out of the shell's history")
}
