package rehearsal

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"bastide/environment"
	"bastide/internal/rehearsal/kubernetes"
)

// example is the application that docs/openbao.md walks through.
const example = "secret-reader"

// deployExample deploys the example to the first namespace that may reach OpenBao,
// as its team would, and fails if it does not become available.
func (r *run) deployExample(ctx context.Context) error {
	cluster, err := r.simulation.Cluster.Client()
	if err != nil {
		return fmt.Errorf("talking to the API server: %w", err)
	}
	var clients corev1.NamespaceList
	if err := cluster.List(ctx, &clients, client.MatchingLabels{environment.OpenBaoClientLabel: "true"}); err != nil {
		return fmt.Errorf("listing the namespaces of OpenBao's clients: %w", err)
	}
	if len(clients.Items) == 0 {
		fmt.Fprintln(r.Out, "example: no namespace has openbao=client, so examples/secret-reader was not deployed")
		return nil
	}
	namespace := clients.Items[0].Name
	if err := r.apply(ctx, cluster, namespace, filepath.Join(r.Root, "examples", example, example+".yaml")); err != nil {
		return err
	}
	err = wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, 30*time.Second, true, func(ctx context.Context) (bool, error) {
		var deployment appsv1.Deployment
		err := cluster.Get(ctx, client.ObjectKey{Namespace: namespace, Name: example}, &deployment)
		return deployment.Status.AvailableReplicas == 1, err
	})
	if err != nil {
		return fmt.Errorf("waiting for examples/%s to become available in namespace %s: %w", example, namespace, err)
	}
	fmt.Fprintf(r.Out, "example: examples/%s was admitted and runs in namespace %s\n", example, namespace)
	return nil
}

// apply creates the objects of a file in a namespace.
func (r *run) apply(ctx context.Context, cluster client.Client, namespace, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("reading the example: %w", err)
	}
	if _, err := kubernetes.CreateAll(ctx, cluster, text, namespace); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
