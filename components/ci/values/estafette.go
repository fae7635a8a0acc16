package values

import (
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"

	"bastide/environment"
)

// The names of what the program creates for Estafette's API in the runners' namespace, and
// the directory in which the API finds its keys.
const (
	// EstafetteAgent is the ConfigMap with the configuration of OpenBao's agent.
	EstafetteAgent = "estafette-agent"
	// EstafetteSecret is the name of the secret in OpenBao, below that of the namespace.
	EstafetteSecret = "estafette"
	keysFolder      = "/secrets"
)

// EstafetteKeys are the fields of that secret, and the names of the files with its values.
var EstafetteKeys = []string{"secretDecryptionKey", "jwtKey"}

// estafette is the document of Estafette's server. An agent in its pod fetches its keys
// from OpenBao, so that no Kubernetes Secret holds them.
func estafette(s Settings, jobs environment.JobNamespace) ([]Document, error) {
	config, err := estafetteConfig(s, jobs)
	if err != nil {
		return nil, err
	}
	agent, err := yaml.Marshal([]any{agentContainer(s)})
	if err != nil {
		return nil, fmt.Errorf("writing Estafette's agent: %w", err)
	}
	return []Document{{
		Name: environment.EstafetteRelease, System: environment.Estafette, Namespace: environment.CISystemNamespace, Chart: EstafetteChart,
		Values: map[string]any{
			"api": map[string]any{
				"baseHost":             host(s.CI.Install.EstafetteURL),
				"jobNamespaceOverride": jobs.Name,
				"config":               map[string]any{"files": map[string]any{"config.yaml": config}},
				"secret":               map[string]any{"enabled": false},
				// Without an account the chart creates no roles either; the program's
				// are narrower.
				"serviceAccount": map[string]any{
					"create": false, "name": environment.RunnerAccount(environment.Estafette), "builderServiceAccountName": environment.JobAccount,
				},
				"securityContext": restrictedContainer, // the chart reads this key, though it documents another
				"deployment": map[string]any{
					"podSecurityContext": with(restrictedPod, "runAsUser", 65532),
					"extraPodLabels":     map[string]any{"app.kubernetes.io/part-of": "bastide"},
					"extraContainers":    string(agent),
					"extraVolumes":       volumes,
					"extraVolumeMounts":  volumeMounts,
				},
			},
			"web": map[string]any{
				"securityContext": restrictedContainer,
				"deployment":      map[string]any{"podSecurityContext": with(restrictedPod, "runAsUser", 65532)},
			},
			"hanging-job-cleaner": map[string]any{"enabled": false}, // would need to list Secrets
		},
	}}, nil
}

// estafetteConfig replaces the chart's whole configuration, so it includes all that the API
// requires. Builders report to the API's public address, because jobs can't reach private
// ones.
func estafetteConfig(s Settings, jobs environment.JobNamespace) (string, error) {
	url := s.CI.Install.EstafetteURL
	where := map[string]any{"affinity": s.affinity(), "tolerations": s.tolerations()}
	text, err := yaml.Marshal(map[string]any{
		"apiServer": map[string]any{
			"baseURL": url, "integrationsURL": url, "serviceURL": url,
			"logWriters": []any{"database"}, "logReader": "database",
			"dockerConfigPerOperatingSystem": map[string]any{"linux": map[string]any{"runType": "dind", "mtu": 1460}},
		},
		"auth": map[string]any{"jwt": map[string]any{"domain": host(url)}},
		"jobs": map[string]any{
			"namespace": jobs.Name, "serviceAccount": environment.JobAccount,
			"build": where, "release": where, "bot": where,
			"minCPUCores": 0.1, "defaultCPUCores": 0.5, "maxCPUCores": 3.0, "cpuRequestRatio": 1.0, "cpuLimitRatio": 2.0,
			"minMemoryBytes": 134217728, "defaultMemoryBytes": 1073741824, "maxMemoryBytes": 8589934592, "memoryRequestRatio": 1.0, "memoryLimitRatio": 1.0,
		},
	})
	if err != nil {
		return "", fmt.Errorf("writing Estafette's configuration: %w", err)
	}
	return string(text), nil
}

func host(url string) string { return strings.TrimPrefix(url, "https://") }

// agentContainer fetches the keys. The API exits while they are missing, and Kubernetes
// restarts it. Source: OpenBao, "Agent".
func agentContainer(s Settings) map[string]any {
	return map[string]any{
		"name": "openbao-agent", "image": s.OpenBaoImage.String(), "command": []any{"bao", "agent", "-config=/agent/agent.json"},
		"env": []any{
			map[string]any{"name": "BAO_ADDR", "value": fmt.Sprintf("https://openbao.%s.svc:%d", environment.OpenBaoNamespace, environment.OpenBaoPort)},
			map[string]any{"name": "BAO_CACERT", "value": "/authority/ca.crt"},
		},
		"readinessProbe":  map[string]any{"exec": map[string]any{"command": []any{"test", "-s", keysFolder + "/" + EstafetteKeys[0]}}},
		"securityContext": with(restrictedContainer, "runAsUser", 65532),
		"resources":       resources(s.runnerBounds(), "25m", "64Mi", "128Mi"),
		"volumeMounts":    mounts("estafette-agent", "/agent", "openbao-authority", "/authority", "openbao-token", "/var/run/secrets/openbao", "estafette-keys", keysFolder),
	}
}

// The chart takes these values as YAML text. The client certificate of the database repeats
// the chart's default.
const (
	volumes = `- name: client-certificate
  projected:
    sources:
      - secret:
          name: estafette-ci-db-client-secret
          items:
            - {key: ca.crt, path: ca.crt, mode: 256}
            - {key: tls.crt, path: tls.crt, mode: 256}
            - {key: tls.key, path: tls.key, mode: 256}
- name: estafette-agent
  configMap: {name: ` + EstafetteAgent + `}
- name: openbao-authority
  configMap: {name: openbao-ca}
- name: openbao-token
  projected:
    sources:
      - serviceAccountToken: {audience: openbao, expirationSeconds: 600, path: token}
- name: estafette-keys
  emptyDir: {medium: Memory, sizeLimit: 1Mi}
`
	volumeMounts = `- {name: client-certificate, mountPath: /cockroach-certs}
- {name: estafette-keys, mountPath: /secrets, readOnly: true}
`
)
