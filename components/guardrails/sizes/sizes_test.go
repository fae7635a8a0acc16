package sizes

import (
	"flag"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/resource"

	"bastide/environment"
	"bastide/environment/environmenttest"
	"bastide/internal/generated"
)

var update = flag.Bool("update", false, "write the table of docs/namespaces.md")

func quantity(t *testing.T, text string) resource.Quantity {
	t.Helper()
	q, err := resource.ParseQuantity(text)
	require.NoError(t, err)
	return q
}

// kinds are the functions that give bounds by size, by what runs in the namespace.
var kinds = map[string]func(string) Bounds{"workloads": Workloads, "jobs": Jobs}

func TestAFullNamespaceOfPodsWithDefaultsFitsItsQuota(t *testing.T) {
	for kind, of := range kinds {
		for _, size := range All {
			bounds := of(size)
			pods, err := strconv.ParseInt(bounds.Quota["pods"], 10, 64)
			require.NoError(t, err)
			for prefix, each := range map[string]map[string]string{"requests.": bounds.Requests, "limits.": bounds.Limits} {
				for name, text := range each {
					hard, counted := bounds.Quota[prefix+name]
					if !counted {
						continue
					}
					sum, most := quantity(t, text), quantity(t, hard)
					sum.Mul(pods)
					assert.LessOrEqual(t, sum.Cmp(most), 0, "%s, %s: %d pods with %s%s of %s are more than %s", kind, size, pods, prefix, name, text, hard)
				}
			}
		}
	}
}

func TestDefaultRequestsDoNotExceedDefaultLimits(t *testing.T) {
	for kind, of := range kinds {
		for _, size := range All {
			for name, text := range of(size).Limits {
				request, limit := quantity(t, of(size).Requests[name]), quantity(t, text)
				assert.LessOrEqual(t, request.Cmp(limit), 0, "%s, %s, %s", kind, size, name)
			}
		}
	}
}

func TestDefaultsOfWorkloadsGrowWithTheSize(t *testing.T) {
	for i := 1; i < len(All); i++ {
		smaller, larger := Workloads(All[i-1]), Workloads(All[i])
		for _, pair := range [][2]map[string]string{{smaller.Requests, larger.Requests}, {smaller.Limits, larger.Limits}} {
			for name := range pair[0] {
				less, more := quantity(t, pair[0][name]), quantity(t, pair[1][name])
				assert.Negative(t, less.Cmp(more), "%s of %s", name, All[i])
			}
		}
	}
}

// Otherwise the quota would refuse a pod that the admission rule accepts, with a message
// that says less.
func TestTheAdmissionRuleRequiresEveryLimitThatAQuotaCounts(t *testing.T) {
	for kind, of := range kinds {
		for name := range of(environment.Small).Quota {
			if limited, counts := strings.CutPrefix(name, "limits."); counts {
				assert.Contains(t, Limited, limited, kind)
			}
		}
	}
}

func TestEveryNamespaceOfTheProgramHasBounds(t *testing.T) {
	e := environmenttest.Small(t).Set("bastide:namespaces", []any{"shop owner=ann size=large"}).
		Set("bastide:ciNamespaces", []any{"ci-jobs size=medium"}).Load(t)
	assert.Equal(t, map[string]Bounds{
		"openbao": Workloads("medium"), "ci-system": Workloads("medium"), "shop": Workloads("large"), "ci-jobs": Jobs("medium"),
	}, Of(e.Namespaces, e.CI.Namespaces))
	off := environmenttest.Small(t).Set("bastide:ci", "off").Set("bastide:ciSystems", []any{}).Load(t)
	assert.NotContains(t, Of(off.Namespaces, nil), "ci-system")
}

func TestDocumentListsAllSizes(t *testing.T) {
	var b strings.Builder
	b.WriteString("| namespace of | pods | requests in all: CPU, memory, disk | limits in all: memory, disk | a container's requests | a container's limits: memory, disk |\n|---|---|---|---|---|---|\n")
	for _, kind := range []string{"workloads", "jobs"} {
		for _, size := range All {
			q, r, l := kinds[kind](size).Quota, kinds[kind](size).Requests, kinds[kind](size).Limits
			limits := q["limits.memory"]
			if disk, counted := q["limits."+Disk]; counted {
				limits += ", " + disk
			}
			fmt.Fprintf(&b, "| %s, %s | %s | %s, %s, %s | %s | %s, %s, %s | %s, %s |\n", kind, size, q["pods"],
				q["requests.cpu"], q["requests.memory"], q["requests."+Disk], limits, r[CPU], r[Memory], r[Disk], l[Memory], l[Disk])
		}
	}
	generated.Section(t, environmenttest.Root(t)+"/docs/namespaces.md", "sizes", b.String(), *update)
}
