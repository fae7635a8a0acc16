package rehearsal

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"bastide/internal/rehearsal/corpus"
)

// verdicts looks through what the cluster has refused so far, which has to be
// nothing, and then shows it the corpus.
func (r *run) verdicts(ctx context.Context, deployment *apitype.DeploymentV3) error {
	plane := r.simulation.Cluster.ControlPlane()
	if err := plane.Check(); err != nil {
		return err
	}
	refusals, err := plane.Refusals()
	if err != nil {
		return err
	}
	if len(refusals) > 0 {
		return fmt.Errorf("the cluster refused or found fault with %d requests:\n%s", len(refusals), strings.Join(refusals, "\n"))
	}
	judge, namespaces, err := corpus.For(ctx, filepath.Join(r.Root, "tests", "admission"), deployment, plane.Admin())
	if err != nil {
		return err
	}
	shown := 0
	for _, namespace := range namespaces {
		n, wrong, err := judge.Verdicts(ctx, namespace)
		if err != nil {
			return err
		}
		if len(wrong) > 0 {
			return fmt.Errorf("the cluster is wrong about %d manifests, the first of them: %s", len(wrong), wrong[0])
		}
		shown += n
	}
	fmt.Fprintf(r.Out, "cluster: 0 requests refused; %d verdicts on the manifests of tests/admission, in %s, 0 of them wrong\n",
		shown, strings.Join(namespaces, " and "))
	return nil
}
