package values

import (
	"bastide/components/guardrails/admission"
	"bastide/components/guardrails/sizes"
	"bastide/environment"
)

// GitHubSecret is the name of the Secret with the GitHub App's key in each namespace of jobs.
const GitHubSecret = "github-app" //nolint:gosec // a name

// github is the documents of a controller and of the runner set that it manages.
func github(s Settings, jobs environment.JobNamespace) ([]Document, error) {
	return []Document{controller(s, jobs), runnerSet(s, jobs)}, nil
}

// controller is the document of the controller for one namespace of jobs. The chart grants
// its permissions, which no value can narrow: docs/ci.md lists them.
func controller(s Settings, jobs environment.JobNamespace) Document {
	return Document{
		Name: "github-" + jobs.Name, System: environment.GitHub, Namespace: environment.CISystemNamespace, Chart: ControllerChart,
		Values: map[string]any{
			"replicaCount":       1,
			"flags":              map[string]any{"watchSingleNamespace": jobs.Name, "healthProbeBindAddress": ":8081"}, // without it, there are no probes
			"serviceAccount":     map[string]any{"create": true, "name": controllerAccount(jobs)},
			"podLabels":          map[string]any{"app.kubernetes.io/part-of": "bastide"},
			"podSecurityContext": with(restrictedPod, "runAsUser", 65532),
			"securityContext":    restrictedContainer,
			"resources":          resources(s.runnerBounds(), "50m", "128Mi", "256Mi"),
		},
	}
}

func controllerAccount(jobs environment.JobNamespace) string {
	return environment.RunnerAccount(environment.GitHub) + "-" + jobs.Name
}

// runnerSet is the document of the runners in one namespace of jobs. It defines the whole
// pod, because the chart's container modes would add images and permissions of their own.
func runnerSet(s Settings, jobs environment.JobNamespace) Document {
	spec := map[string]any{
		"serviceAccountName":           environment.JobAccount,
		"automountServiceAccountToken": false,
		"nodeSelector":                 s.selector(),
		"tolerations":                  s.tolerations(),
		"securityContext":              map[string]any{"fsGroup": 1001, "seccompProfile": map[string]any{"type": "RuntimeDefault"}},
		"containers":                   []any{runner(jobs)},
	}
	if s.sandboxed() {
		spec["runtimeClassName"] = admission.SandboxRuntime
		spec["containers"] = []any{with(runner(jobs), "securityContext", map[string]any{
			"runAsNonRoot": true, "runAsUser": 1001, "runAsGroup": 1001,
			"allowPrivilegeEscalation": false, "capabilities": map[string]any{"drop": []any{"ALL"}},
		})}
	} else {
		withDocker(spec, jobs)
	}
	return Document{
		Name: "runners-" + jobs.Name, System: environment.GitHub, Namespace: jobs.Name, Chart: RunnerSetChart,
		Values: map[string]any{
			"githubConfigUrl":          s.CI.Install.GitHubURL,
			"githubConfigSecret":       GitHubSecret,
			"minRunners":               0,
			"maxRunners":               s.concurrent(jobs),
			"controllerServiceAccount": map[string]any{"namespace": environment.CISystemNamespace, "name": controllerAccount(jobs)},
			"listenerTemplate": map[string]any{"spec": map[string]any{
				"securityContext": with(restrictedPod, "runAsUser", 65532),
				"containers":      []any{map[string]any{"name": "listener", "securityContext": restrictedContainer, "resources": standard(s.runnerBounds())}},
			}},
			"template": map[string]any{
				"metadata": map[string]any{"labels": map[string]any{"app.kubernetes.io/name": "github-job"}},
				"spec":     spec,
			},
		},
	}
}

func runner(jobs environment.JobNamespace) map[string]any {
	return map[string]any{
		"name": "runner", "image": "ghcr.io/actions/actions-runner:latest", "command": []any{"/home/runner/run.sh"},
		"resources": resources(sizes.Jobs(jobs.Size), "500m", "1Gi", "4Gi"),
	}
}

// withDocker adds a Docker daemon to the runner's pod, as the chart's mode dind does, but
// with an image name that includes its registry. Source: gha-runner-scale-set 0.14.2,
// values.yaml.
func withDocker(spec map[string]any, jobs environment.JobNamespace) {
	const externals, socket, work = "dind-externals", "dind-sock", "work"
	spec["initContainers"] = []any{
		map[string]any{
			"name": "init-dind-externals", "image": "ghcr.io/actions/actions-runner:latest",
			"command":      []any{"cp", "-r", "/home/runner/externals/.", "/home/runner/tmpDir/"},
			"resources":    standard(sizes.Jobs(jobs.Size)),
			"volumeMounts": mounts(externals, "/home/runner/tmpDir"),
		},
		map[string]any{
			"name": "dind", "image": "docker.io/library/docker:dind", "restartPolicy": "Always",
			"args":            []any{"dockerd", "--host=unix:///var/run/docker.sock", "--group=$(DOCKER_GROUP_GID)"},
			"env":             []any{map[string]any{"name": "DOCKER_GROUP_GID", "value": "123"}},
			"securityContext": map[string]any{"privileged": true},
			"resources":       standard(sizes.Jobs(jobs.Size)),
			"startupProbe": map[string]any{
				"exec": map[string]any{"command": []any{"docker", "info"}}, "failureThreshold": 24, "periodSeconds": 5,
			},
			"volumeMounts": mounts(work, "/home/runner/_work", socket, "/var/run", externals, "/home/runner/externals"),
		},
	}
	spec["containers"] = []any{with(with(runner(jobs), "env", []any{
		map[string]any{"name": "DOCKER_HOST", "value": "unix:///var/run/docker.sock"},
		map[string]any{"name": "RUNNER_WAIT_FOR_DOCKER_IN_SECONDS", "value": "120"},
	}), "volumeMounts", mounts(work, "/home/runner/_work", socket, "/var/run"))}
	var volumes []any
	for _, name := range []string{work, socket, externals} {
		volumes = append(volumes, map[string]any{"name": name, "emptyDir": map[string]any{}})
	}
	spec["volumes"] = volumes
}

// mounts are pairs of a volume and a path.
func mounts(pairs ...string) (all []any) {
	for i := 0; i+1 < len(pairs); i += 2 {
		all = append(all, map[string]any{"name": pairs[i], "mountPath": pairs[i+1]})
	}
	return all
}
