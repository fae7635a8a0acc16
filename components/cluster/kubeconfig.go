package cluster

import (
	"fmt"

	"sigs.k8s.io/yaml"
)

// kubeconfig is a client configuration that gets tokens from gke-gcloud-auth-plugin, and so
// contains nothing secret. Source: client-go, "Credential plugins".
func kubeconfig(name, endpoint, authority string) (string, error) {
	type object map[string]any
	text, err := yaml.Marshal(object{
		"apiVersion":      "v1",
		"kind":            "Config",
		"current-context": name,
		"clusters": []object{{"name": name, "cluster": object{
			"server":                     "https://" + endpoint,
			"certificate-authority-data": authority,
		}}},
		"contexts": []object{{"name": name, "context": object{"cluster": name, "user": name}}},
		"users": []object{{"name": name, "user": object{"exec": object{
			"apiVersion":         "client.authentication.k8s.io/v1beta1",
			"command":            "gke-gcloud-auth-plugin",
			"installHint":        "gcloud components install gke-gcloud-auth-plugin",
			"provideClusterInfo": true,
			"interactiveMode":    "IfAvailable",
		}}}},
	})
	if err != nil {
		return "", fmt.Errorf("writing the kubeconfig: %w", err)
	}
	return string(text), nil
}
