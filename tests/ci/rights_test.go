package ci_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"bastide/internal/rehearsal/corpus"
	"bastide/internal/rehearsal/kubernetes"
)

var update = flag.Bool("update", false, "regenerate rights.txt")

// accounts are the service accounts, as NAMESPACE/NAME.
var accounts = []string{
	"ci-system/ci-runner-gitlab", "ci-system/ci-runner-estafette", "ci-system/ci-runner-github-ci-jobs", "ci-system/default",
	"ci-jobs/ci-job", "ci-jobs/default", "ci-trusted/ci-job",
}

// places are the namespaces that are tested. A cluster-wide right shows in each of them.
var places = []string{"ci-jobs", "ci-trusted", "ci-system", "shop", "openbao", "kube-system"}

const rightsFile = "rights.txt"

// rights.txt lists the rights of the accounts for review. Rights that are not listed are refused.
func TestRightsOfRunnersAndJobsAreTheReviewedOnes(t *testing.T) {
	createGitHubRoles(t)
	var text strings.Builder
	text.WriteString("# What runners and jobs may do, by `go test ./tests/ci -update`. The rights of GitHub's\n# controller are those of its chart, github-roles.yaml. Whatever is not here is refused.\n\n")
	table := tabwriter.NewWriter(&text, 0, 4, 2, ' ', 0)
	for _, account := range accounts {
		lines := 0
		for _, place := range places {
			for _, right := range rights(t, account, place) {
				fmt.Fprintf(table, "%s\tin %s\t%s\n", account, place, right)
				lines++
			}
		}
		if lines == 0 {
			fmt.Fprintf(table, "%s\tnothing\t\n", account)
		}
	}
	require.NoError(t, table.Flush())
	if *update {
		require.NoError(t, os.WriteFile(rightsFile, []byte(text.String()), 0o600))
	}
	want, err := os.ReadFile(rightsFile)
	require.NoError(t, err)
	assert.Equal(t, string(want), text.String(), "review what changed, then `go test ./tests/ci -update`")
}

// everybodys are the API groups of the rights that Kubernetes gives to every account: to ask
// for its own identity and rights.
var everybodys = []string{"authorization.k8s.io", "authentication.k8s.io"}

// rights are the rights of an account in a namespace, according to the API server.
func rights(t *testing.T, account, place string) (all []string) {
	t.Helper()
	namespace, name, _ := strings.Cut(account, "/")
	config := rest.CopyConfig(up.Cluster.ControlPlane().Admin())
	config.Impersonate = rest.ImpersonationConfig{
		UserName: "system:serviceaccount:" + namespace + ":" + name,
		Groups:   []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace, "system:authenticated"},
	}
	impersonating, err := client.New(config, client.Options{})
	require.NoError(t, err)
	review := &authorizationv1.SelfSubjectRulesReview{Spec: authorizationv1.SelfSubjectRulesReviewSpec{Namespace: place}}
	require.NoError(t, impersonating.Create(t.Context(), review))
	require.False(t, review.Status.Incomplete, review.Status.EvaluationError)
	for _, rule := range review.Status.ResourceRules {
		if slices.Contains(everybodys, rule.APIGroups[0]) {
			continue
		}
		resources, verbs := slices.Sorted(slices.Values(rule.Resources)), slices.Sorted(slices.Values(rule.Verbs))
		all = append(all, strings.Join(resources, ", ")+": "+strings.Join(verbs, ", "))
	}
	slices.Sort(all)
	return all
}

func createGitHubRoles(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile("github-roles.yaml")
	require.NoError(t, err)
	made, err := kubernetes.CreateAll(t.Context(), cluster(t), text, "")
	t.Cleanup(func() {
		for _, object := range made {
			assert.NoError(t, client.IgnoreNotFound(cluster(t).Delete(context.Background(), object)))
		}
	})
	require.NoError(t, err)
}

// The rules about jobs decide the same in an environment with privileged jobs.
func TestJobRulesHoldForPrivilegedJobs(t *testing.T) {
	c, err := corpus.Load("../admission", corpus.Settings{
		Registry: "europe-west1-docker.pkg.dev/bastide-ci/bastide-builds-images", Admin: "203.0.113.7/32",
		TaintKey: "role", TaintValue: "privileged", Jobs: "ci-jobs",
	})
	require.NoError(t, err)
	checker, err := corpus.NewChecker(c, up.Cluster.ControlPlane().Admin(), []string{"image-digest", "probes", "workload-labels"}, true)
	require.NoError(t, err)
	asked := 0
	for _, rule := range c.Rules {
		if strings.HasPrefix(rule.ID, "job-") {
			shown, wrong, err := checker.Rule(t.Context(), rule, corpus.Namespace)
			require.NoError(t, err)
			assert.Empty(t, wrong)
			asked += shown
		}
	}
	assert.Greater(t, asked, 12)
}
