// Package network_test lists which endpoints may connect to which, on which port, under the
// NetworkPolicies that the program creates.
package network_test

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"

	"bastide/environment/environmenttest"
	"bastide/internal/graph"
	"bastide/internal/rehearsal/network"
)

// Short names for the evaluator's types.
type (
	endpoint = network.Endpoint
	door     = network.Door
)

var update = flag.Bool("update", false, "regenerate the matrix")

func address(name, ip string) endpoint { return endpoint{Name: name, Address: netip.MustParseAddr(ip)} }

func pod(name, namespace string, set labels.Set) endpoint {
	return endpoint{Name: name, Namespace: namespace, Labels: set}
}

var server = labels.Set{"app.kubernetes.io/name": "openbao", "app.kubernetes.io/component": "server"}

// ends are the endpoints between which all connections are evaluated.
var ends = []endpoint{
	pod("shop", "shop", labels.Set{"app": "web"}),
	pod("shop, workload identity", "shop", labels.Set{"bastide/workload-identity": "true"}),
	pod("shop, admin surface", "shop", labels.Set{"bastide/admin-surface": "true"}),
	pod("billing", "billing", labels.Set{"app": "web"}),
	pod("openbao", "openbao", server),
	pod("openbao, other server", "openbao", server),
	pod("openbao, snapshot", "openbao", labels.Set{"app.kubernetes.io/name": "openbao", "app.kubernetes.io/component": "snapshot"}),
	pod("openbao, stray", "openbao", labels.Set{"app": "stray"}),
	pod("runner", "ci-system", labels.Set{"app.kubernetes.io/name": "gitlab-runner"}),
	pod("job", "ci-jobs", labels.Set{"app.kubernetes.io/name": "gitlab-job"}),
	pod("job, neighbour", "ci-jobs", labels.Set{"app.kubernetes.io/name": "gitlab-job"}),
	pod("job, trusted", "ci-trusted", labels.Set{"app.kubernetes.io/name": "gitlab-job"}),
	pod("default", "default", labels.Set{"app": "stray"}),
	pod("kube-dns", "kube-system", labels.Set{"k8s-app": "kube-dns"}),
	pod("node-local-dns", "kube-system", labels.Set{"k8s-app": "node-local-dns"}),
	pod("metrics-server", "kube-system", labels.Set{"k8s-app": "metrics-server"}),
	pod("metrics collector", "gmp-system", labels.Set{"app.kubernetes.io/name": "collector"}),
	pod("metrics operator", "gmp-system", labels.Set{"app.kubernetes.io/name": "operator"}),
	address("DNS cache of the node", "169.254.20.10"),
	address("metadata server", "169.254.169.254"),
	address("administrator", "203.0.113.7"),
	address("administrator's neighbour", "203.0.113.8"),
	address("internet", "192.0.2.1"),
	address("control plane", "10.80.160.2"),
	address("kubernetes service", "10.80.144.1"),
	address("Google's APIs", "199.36.153.9"),
	address("node", "10.80.128.5"),
	address("peered network", "192.168.7.7"),
}

var doors = []door{{Protocol: corev1.ProtocolUDP, Port: 53}, {Protocol: corev1.ProtocolTCP, Port: 53}, {Protocol: corev1.ProtocolTCP, Port: 80}, {Protocol: corev1.ProtocolTCP, Port: 443},
	{Protocol: corev1.ProtocolTCP, Port: 8200}, {Protocol: corev1.ProtocolTCP, Port: 8201}, {Protocol: corev1.ProtocolTCP, Port: 8202}}

const golden = "matrix.txt"

// matrix.txt shows in a review which connections a change of the policies opens.
func TestNetworkMatrixIsTheReviewedOne(t *testing.T) {
	settings := environmenttest.File(t, filepath.Join(environmenttest.Root(t), "tests", "environments", "Pulumi.production.yaml"))
	g := graph.Of(t, settings)
	policies, err := g.NetworkPolicies()
	require.NoError(t, err)
	ends := endpoints(g)
	require.NotEmpty(t, policies)

	var text strings.Builder
	text.WriteString("# Who may open a connection to whom in tests/environments/Pulumi.production.yaml,\n# by `go test ./tests/network -update`. What is not here is closed.\n\n")
	table := tabwriter.NewWriter(&text, 0, 4, 2, ' ', 0)
	for _, from := range ends {
		for _, to := range ends {
			if !hasPolicies(from) && !hasPolicies(to) {
				continue
			}
			if open := openPorts(policies, from, to); open != "" {
				fmt.Fprintf(table, "%s\t-> %s\t%s\n", from.Name, to.Name, open)
			}
		}
	}
	require.NoError(t, table.Flush())
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(text.String()), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	assert.Equal(t, string(want), text.String(), "review what changed, then `go test ./tests/network -update`")
}

// hasPolicies reports whether an endpoint is in a namespace with the program's NetworkPolicies.
func hasPolicies(e endpoint) bool {
	return e.Pod() && !slices.Contains([]string{"kube-system", "gmp-system"}, e.Namespace)
}

// openPorts lists the ports that are open between two endpoints, "all" for all of them.
func openPorts(policies []networkingv1.NetworkPolicy, from, to endpoint) string {
	var open []string
	for _, d := range doors {
		if network.Allowed(policies, from, to, d) {
			open = append(open, fmt.Sprintf("%s %d", d.Protocol, d.Port))
		}
	}
	if len(open) == len(doors) {
		return "all"
	}
	return strings.Join(open, ", ")
}

// endpoints are the ends with the labels of their namespaces.
func endpoints(g *graph.Graph) (all []endpoint) {
	namespaces := g.NamespaceLabels()
	for _, e := range ends {
		e.NamespaceLabels = namespaces[e.Namespace]
		all = append(all, e)
	}
	return all
}

// Removing any policy changes the matrix, so none is redundant. The default denial has an
// effect only without the other policies, so it alone is compared with no policies at all.
func TestRemovingAnyPolicyChangesTheMatrix(t *testing.T) {
	settings := environmenttest.File(t, filepath.Join(environmenttest.Root(t), "tests", "environments", "Pulumi.production.yaml"))
	g := graph.Of(t, settings)
	policies, err := g.NetworkPolicies()
	require.NoError(t, err)
	ends := endpoints(g)
	whole := matrix(policies, ends)
	for i, policy := range policies {
		if policy.Namespace == "billing" && policy.Name != "default-deny" {
			continue // as in shop, of which the matrix has pods of all kinds
		}
		if policy.Name == "default-deny" {
			assert.NotEqual(t, matrix(nil, ends), matrix(policies[i:i+1], ends), policy.Namespace)
			continue
		}
		others := append(append([]networkingv1.NetworkPolicy{}, policies[:i]...), policies[i+1:]...)
		assert.NotEqual(t, whole, matrix(others, ends), "%s/%s", policy.Namespace, policy.Name)
	}
}

func matrix(policies []networkingv1.NetworkPolicy, ends []endpoint) (open []string) {
	for _, from := range ends {
		for _, to := range ends {
			open = append(open, openPorts(policies, from, to))
		}
	}
	return open
}
