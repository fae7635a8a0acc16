package admission_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"bastide/internal/rehearsal/corpus"
)

// The corpus must detect every rule that is broken. The test breaks half of the rules at a
// time: the cases of each of them have to fail, and those of the other half have to pass.
// Defaults are off meanwhile, so that they hide no rule.
func TestCorpusDetectsEveryBrokenRule(t *testing.T) {
	for what, breakIt := range map[string]func(*testing.T, *admissionv1.ValidatingAdmissionPolicyBinding){
		"the binding is gone": func(t *testing.T, b *admissionv1.ValidatingAdmissionPolicyBinding) {
			t.Helper()
			require.NoError(t, cluster(t).Delete(t.Context(), b))
		},
		"the mode is flipped": func(t *testing.T, b *admissionv1.ValidatingAdmissionPolicyBinding) {
			t.Helper()
			flipped := admissionv1.Warn
			if b.Spec.ValidationActions[0] == admissionv1.Warn {
				flipped = admissionv1.Deny
			}
			b.Spec.ValidationActions = []admissionv1.ValidationAction{flipped, admissionv1.Audit}
			require.NoError(t, cluster(t).Update(t.Context(), b))
		},
		"the policy is about something else": func(t *testing.T, b *admissionv1.ValidatingAdmissionPolicyBinding) {
			t.Helper()
			b.Spec.MatchResources = &admissionv1.MatchResources{ResourceRules: []admissionv1.NamedRuleWithOperations{{
				RuleWithOperations: admissionv1.RuleWithOperations{
					Operations: []admissionv1.OperationType{admissionv1.Create},
					Rule:       admissionv1.Rule{APIGroups: []string{"example.com"}, APIVersions: []string{"v1"}, Resources: []string{"gizmos"}},
				},
			}}}
			require.NoError(t, cluster(t).Update(t.Context(), b))
		},
	} {
		t.Run(what, func(t *testing.T) {
			withoutDefaults(t, func() {
				for half := range 2 {
					breakHalf(t, half, breakIt)
				}
			})
		})
	}
}

func breakHalf(t *testing.T, half int, breakIt func(*testing.T, *admissionv1.ValidatingAdmissionPolicyBinding)) {
	t.Helper()
	c := load(t)
	var broken []*admissionv1.ValidatingAdmissionPolicyBinding
	for i, rule := range c.Rules {
		if i%2 != half {
			continue
		}
		binding := &admissionv1.ValidatingAdmissionPolicyBinding{}
		require.NoError(t, cluster(t).Get(t.Context(), client.ObjectKey{Name: "bastide-" + rule.ID}, binding))
		broken = append(broken, binding.DeepCopy())
		breakIt(t, binding)
	}
	eventually(t, c, func(int) bool { return true }, func(i int) bool { return i%2 == half })
	for _, binding := range broken {
		require.NoError(t, client.IgnoreNotFound(cluster(t).Delete(t.Context(), binding)))
		binding.ResourceVersion, binding.UID = "", ""
		require.NoError(t, cluster(t).Create(t.Context(), binding))
	}
	// The cases of the other half passed above already.
	eventually(t, c, func(i int) bool { return i%2 == half }, func(int) bool { return false })
}

// eventually waits until the cases of each asked rule fail if the rule is missed, and pass
// otherwise. The API server takes a moment to apply a change of its policies.
func eventually(t *testing.T, c *corpus.Corpus, asked, missed func(rule int) bool) {
	t.Helper()
	j, err := corpus.NewChecker(c, up.Cluster.ControlPlane().Admin(), warnOnly, false)
	require.NoError(t, err)
	var group errgroup.Group
	group.SetLimit(8) // the API server is the bottleneck
	for i, rule := range c.Rules {
		if !asked(i) {
			continue
		}
		group.Go(func() error {
			var wrong []corpus.Mismatch
			err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, 20*time.Second, true, func(ctx context.Context) (bool, error) {
				_, found, err := j.Rule(ctx, rule, corpus.Namespace)
				wrong = found
				return len(found) > 0 == missed(i), err
			})
			assert.NoError(t, err, "%s: %v", rule.ID, wrong)
			return nil
		})
	}
	require.NoError(t, group.Wait())
}
