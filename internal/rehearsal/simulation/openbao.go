package simulation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"bastide/internal/rehearsal/kubernetes"
)

// openBao simulates what kwok does not: an OpenBao server exits at once unless it may
// use its unseal key, and never becomes ready unless it was initialised once.
type openBao struct {
	simulation *Simulation
	// initialised is the cluster in which OpenBao was initialised; a new cluster
	// starts without.
	initialised *kubernetes.ControlPlane
}

// serverConfig is the part of a server's configuration that decides whether it starts.
type serverConfig struct {
	Seal []struct {
		CKMS *struct {
			Project, Region string
			Ring            string `json:"key_ring"`
			Key             string `json:"crypto_key"`
		} `json:"gcpckms"`
	}
	Initialize []any
}

// starts returns the reason why a pod would not start, or nil.
func (o *openBao) starts(ctx context.Context, objects client.Reader, pod *corev1.Pod) error {
	configs, err := configurations(ctx, objects, pod)
	if err != nil {
		return err
	}
	seals, initialises := false, false
	for _, c := range configs {
		for _, seal := range c.Seal {
			if seal.CKMS == nil {
				continue
			}
			seals = true
			key := fmt.Sprintf("projects/%s/locations/%s/keyRings/%s/cryptoKeys/%s", seal.CKMS.Project, seal.CKMS.Region, seal.CKMS.Ring, seal.CKMS.Key)
			if err := o.mayUnseal(pod, key); err != nil {
				return err
			}
		}
		initialises = initialises || len(c.Initialize) > 0
	}
	if !seals {
		return nil
	}
	return o.initialise(pod, initialises)
}

// configurations reads the JSON files of the ConfigMaps that a pod mounts.
func configurations(ctx context.Context, objects client.Reader, pod *corev1.Pod) (configs []serverConfig, err error) {
	for _, volume := range pod.Spec.Volumes {
		if volume.ConfigMap == nil {
			continue
		}
		var found corev1.ConfigMap
		err := objects.Get(ctx, client.ObjectKey{Namespace: pod.Namespace, Name: volume.ConfigMap.Name}, &found)
		if apierrors.IsNotFound(err) {
			continue // the kubelet waits for it, or starts the pod without it if it is optional
		}
		if err != nil {
			return nil, err
		}
		for name, text := range found.Data {
			if !strings.HasSuffix(name, ".json") {
				continue
			}
			var c serverConfig
			if err := json.Unmarshal([]byte(text), &c); err != nil {
				return nil, fmt.Errorf("%s of ConfigMap %s: %w", name, found.Name, err)
			}
			configs = append(configs, c)
		}
	}
	return configs, nil
}

// mayUnseal makes the checks that OpenBao makes first, with OpenBao's own messages.
// Source: openbao/go-kms-wrapping, wrappers/gcpckms v2.3.0, and OpenBao 2.6.2,
// command/server.go.
func (o *openBao) mayUnseal(pod *corev1.Pod, key string) error {
	principal := o.simulation.Cloud.Workload(pod.Namespace, pod.Spec.ServiceAccountName)
	const frame = `bao server: Error configuring seal "gcpckms": `
	if !o.simulation.Cloud.Granted(key, "roles/cloudkms.viewer", principal) {
		return fmt.Errorf(frame+"error checking key existence: rpc error: code = PermissionDenied desc = Permission 'cloudkms.cryptoKeys.get' denied on resource '%s' (or it may not exist) for %s", key, principal)
	}
	if !o.simulation.Cloud.Granted(key, "roles/cloudkms.cryptoKeyEncrypterDecrypter", principal) {
		return fmt.Errorf(frame+"permissions check failed - ensure the service account has at least roles/cloudkms.cryptoKeyEncrypterDecrypter permissions (for encryption keys): %s on %s", principal, key)
	}
	return nil
}

// initialise records that the first server initialised itself. Until then no server
// becomes ready.
func (o *openBao) initialise(pod *corev1.Pod, configured bool) error {
	plane := o.simulation.Cluster.ControlPlane()
	if o.initialised == plane {
		return nil
	}
	if !strings.HasSuffix(pod.Name, "-0") || !configured {
		return errors.New("no OpenBao server has been initialised, and this one is not configured to initialise itself: type `pulumi config set bastide:openbaoBootstrap true` for the first up, and set it back to false afterwards")
	}
	o.initialised = plane
	return nil
}
