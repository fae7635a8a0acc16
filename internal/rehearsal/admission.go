package rehearsal

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"bastide/internal/rehearsal/corpus"
)

// checkAdmission requires that the cluster has refused none of the program's requests,
// and that it admits or refuses each manifest of the corpus as expected.
func (r *run) checkAdmission(ctx context.Context, deployment *apitype.DeploymentV3) error {
	plane := r.simulation.Cluster.ControlPlane()
	if err := plane.Check(); err != nil {
		return err
	}
	refusals, err := plane.Refusals()
	if err != nil {
		return err
	}
	if len(refusals) > 0 {
		return fmt.Errorf("the cluster refused, or warned about, %d requests of the program:\n%s", len(refusals), strings.Join(refusals, "\n"))
	}
	checker, namespaces, err := corpus.For(ctx, filepath.Join(r.Root, "tests", "admission"), deployment, plane.Admin())
	if err != nil {
		return err
	}
	checked := 0
	for _, namespace := range namespaces {
		n, wrong, err := checker.CheckAll(ctx, namespace)
		if err != nil {
			return err
		}
		if len(wrong) > 0 {
			return fmt.Errorf("the cluster's admission differs from tests/admission for %d manifests, the first of them: %s", len(wrong), wrong[0])
		}
		checked += n
	}
	fmt.Fprintf(r.Out, "cluster: 0 requests refused; %d manifests of tests/admission admitted or refused as expected, in %s\n",
		checked, strings.Join(namespaces, " and "))
	return nil
}
