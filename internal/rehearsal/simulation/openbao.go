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

// openBao knows what kwok does not: that a server of OpenBao ends at once unless
// it may use its unseal key, and never gets ready unless it was initialised once.
type openBao struct {
	simulation *Simulation
	// initialised is the cluster in which it was; another one begins anew.
	initialised *kubernetes.ControlPlane
}

// configured is what a server reads, as far as it decides whether it starts.
type configured struct {
	Seal []struct {
		CKMS *struct {
			Project, Region string
			Ring            string `json:"key_ring"`
			Key             string `json:"crypto_key"`
		} `json:"gcpckms"`
	}
	Initialize []any
}

// starts tells why a pod would not start.
func (o *openBao) starts(ctx context.Context, objects client.Reader, pod *corev1.Pod) error {
	read, err := configurations(ctx, objects, pod)
	if err != nil {
		return err
	}
	seals, initialises := false, false
	for _, c := range read {
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

// configurations are the JSON files of the ConfigMaps that a pod mounts.
func configurations(ctx context.Context, objects client.Reader, pod *corev1.Pod) (read []configured, err error) {
	for _, volume := range pod.Spec.Volumes {
		if volume.ConfigMap == nil {
			continue
		}
		var found corev1.ConfigMap
		err := objects.Get(ctx, client.ObjectKey{Namespace: pod.Namespace, Name: volume.ConfigMap.Name}, &found)
		if apierrors.IsNotFound(err) {
			continue // the kubelet waits for it, or does without
		}
		if err != nil {
			return nil, err
		}
		for name, text := range found.Data {
			if !strings.HasSuffix(name, ".json") {
				continue
			}
			var c configured
			if err := json.Unmarshal([]byte(text), &c); err != nil {
				return nil, fmt.Errorf("%s of ConfigMap %s: %w", name, found.Name, err)
			}
			read = append(read, c)
		}
	}
	return read, nil
}

// mayUnseal asks what OpenBao asks before it does anything else, in its words.
// Source: openbao/go-kms-wrapping, wrappers/gcpckms v2.3.0, and OpenBao 2.6.2,
// command/server.go.
func (o *openBao) mayUnseal(pod *corev1.Pod, key string) error {
	who := o.simulation.Cloud.Workload(pod.Namespace, pod.Spec.ServiceAccountName)
	const frame = `bao server: Error configuring seal "gcpckms": `
	if !o.simulation.Cloud.Granted(key, "roles/cloudkms.viewer", who) {
		return fmt.Errorf(frame+"error checking key existence: rpc error: code = PermissionDenied desc = Permission 'cloudkms.cryptoKeys.get' denied on resource '%s' (or it may not exist) for %s", key, who)
	}
	if !o.simulation.Cloud.Granted(key, "roles/cloudkms.cryptoKeyEncrypterDecrypter", who) {
		return fmt.Errorf(frame+"permissions check failed - ensure the service account has at least roles/cloudkms.cryptoKeyEncrypterDecrypter permissions (for encryption keys): %s on %s", who, key)
	}
	return nil
}

// initialise remembers the first server that initialises itself. Until then
// none gets ready.
func (o *openBao) initialise(pod *corev1.Pod, can bool) error {
	plane := o.simulation.Cluster.ControlPlane()
	if o.initialised == plane {
		return nil
	}
	if !strings.HasSuffix(pod.Name, "-0") || !can {
		return errors.New("no server was ever initialised, and none may initialise itself: set bastide:openbaoBootstrap for the first up, and off again after it")
	}
	o.initialised = plane
	return nil
}
