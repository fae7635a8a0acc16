package values

import (
	"fmt"
	"strings"

	"github.com/BurntSushi/toml"

	"bastide/components/guardrails/admission"
	"bastide/components/guardrails/sizes"
	"bastide/environment"
)

// runnerVersion is the version of the runner to which this configuration and the runner's
// permissions apply. The chart's default is 19.0.0.
const runnerVersion = "19.4.0"

// GitLabSecret is the name of the Secret with a runner's authentication token.
func GitLabSecret(namespace string) string { return "gitlab-runner-" + namespace }

// gitlab is the document of a runner for one namespace of jobs. The program grants its
// permissions: with rbac.create and no rules the chart would grant everything.
func gitlab(s Settings, jobs environment.JobNamespace) ([]Document, error) {
	config, err := runnerConfig(s, jobs)
	if err != nil {
		return nil, err
	}
	return []Document{{
		Name: "gitlab-runner-" + jobs.Name, System: environment.GitLab, Namespace: environment.CISystemNamespace, Chart: GitLabChart,
		Values: map[string]any{
			"image":      map[string]any{"tag": "alpine-v" + runnerVersion},
			"gitlabUrl":  s.CI.Install.GitLabURL,
			"concurrent": s.concurrent(jobs),
			"rbac":       map[string]any{"create": false},
			"serviceAccount": map[string]any{
				"create": false, "name": environment.RunnerAccount(environment.GitLab),
			},
			"automountServiceAccountToken": true, // the runner creates the jobs' pods
			"runners": map[string]any{
				"secret":       GitLabSecret(jobs.Name),
				"jobNamespace": jobs.Name,
				"config":       config,
			},
			"podLabels":          map[string]any{"app.kubernetes.io/name": "gitlab-runner"},
			"podSecurityContext": with(with(restrictedPod, "runAsUser", 100), "fsGroup", 65533),
			"securityContext":    with(restrictedContainer, "privileged", false),
			"volumes":            []any{map[string]any{"name": "tmp", "emptyDir": map[string]any{}}},
			"volumeMounts":       []any{map[string]any{"name": "tmp", "mountPath": "/tmp"}},
			"resources":          resources(s.runnerBounds(), "100m", "128Mi", "512Mi"),
		},
	}}, nil
}

// noOverwrites keeps jobs from overwriting what the runner configures. Source: GitLab
// Runner 19.4.0, common/config.go, KubernetesConfig.
func noOverwrites() map[string]any {
	keys := map[string]any{"bearer_token_overwrite_allowed": false}
	for _, field := range []string{"namespace", "service_account", "node_selector", "node_tolerations", "pod_labels", "pod_annotations"} {
		keys[field+"_overwrite_allowed"] = ""
	}
	for _, container := range []string{"", "service_", "helper_", "pod_"} {
		for _, resource := range []string{"cpu", "memory", "ephemeral_storage"} {
			if container == "pod_" && resource == "ephemeral_storage" {
				continue // GitLab has no such key
			}
			keys[container+resource+"_limit_overwrite_max_allowed"] = ""
			keys[container+resource+"_request_overwrite_max_allowed"] = ""
		}
	}
	return keys
}

// runnerConfig is the runner's own configuration, TOML.
func runnerConfig(s Settings, jobs environment.JobNamespace) (string, error) {
	// As in Binary Authorization, a pattern without a tag does not match all tags. Source:
	// GitLab, "Restrict Docker images and services".
	images := append([]string{s.OwnImages}, s.CI.JobImages()...)
	executor := noOverwrites()
	// Without a request, Kubernetes would use the limit as the request.
	for _, container := range []string{"", "helper_", "service_"} {
		executor[container+"ephemeral_storage_request"] = sizes.Jobs(jobs.Size).Requests[sizes.Disk]
		executor[container+"ephemeral_storage_limit"] = sizes.Jobs(jobs.Size).Limits[sizes.Disk]
	}
	for key, value := range map[string]any{
		"namespace":                                jobs.Name,
		"service_account":                          environment.JobAccount,
		"automount_service_account_token":          false,
		"privileged":                               !s.sandboxed(),
		"allow_privilege_escalation":               !s.sandboxed(),
		"allowed_images":                           images,
		"allowed_services":                         images,
		"pull_policy":                              []string{"always"},
		"allowed_pull_policies":                    []string{"always"},
		"node_selector":                            s.selector(),
		"node_tolerations":                         tomlTolerations(s),
		"pod_labels":                               map[string]any{"app.kubernetes.io/name": "gitlab-job"},
		"resource_availability_check_max_attempts": 0,     // otherwise the runner needs to read service accounts
		"print_pod_warning_events":                 false, // otherwise it needs to list events
		"cpu_request":                              "500m", "memory_request": "1Gi", "memory_limit": "4Gi",
		"helper_cpu_request": "50m", "helper_memory_request": "128Mi", "helper_memory_limit": "512Mi",
		"service_cpu_request": "100m", "service_memory_request": "256Mi", "service_memory_limit": "1Gi",
	} {
		executor[key] = value
	}
	if s.sandboxed() {
		executor["runtime_class_name"] = admission.SandboxRuntime
		executor["cap_drop"] = []string{"NET_RAW"}
		executor["pod_security_context"] = map[string]any{"seccomp_profile": map[string]any{"type": "RuntimeDefault"}}
	}
	var text strings.Builder
	encoder := toml.NewEncoder(&text)
	encoder.Indent = "  "
	if err := encoder.Encode(map[string]any{"runners": []any{map[string]any{"executor": "kubernetes", "kubernetes": executor}}}); err != nil {
		return "", fmt.Errorf("writing the configuration of GitLab's runner: %w", err)
	}
	return text.String(), nil
}

func tomlTolerations(s Settings) map[string]any {
	all := map[string]any{}
	for _, t := range admission.JobTolerations(s.taint(), s.sandboxed()) {
		all[t.Key+"="+t.Value] = t.Effect
	}
	return all
}
