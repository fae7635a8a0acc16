package corpus

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// The types of the components from whose inputs and outputs For reads the settings.
const (
	guardrails = "bastide:components:Guardrails"
	cluster    = "bastide:components:Cluster"
)

// For reads the settings of the rules from a deployment, and returns a checker of the
// corpus in a folder. The namespaces are those to check: Namespace, and the first for
// workloads if there is any; the guardrails are the same in all of those.
func For(ctx context.Context, dir string, deployment *apitype.DeploymentV3, config *rest.Config) (checker *Checker, namespaces []string, err error) {
	rules, err := component(deployment, guardrails)
	if err != nil {
		return nil, nil, err
	}
	images, err := component(deployment, cluster)
	if err != nil {
		return nil, nil, err
	}
	admin, err := adminRange(ctx, config)
	if err != nil {
		return nil, nil, err
	}
	key, value, _ := strings.Cut(strings.TrimSuffix(fmt.Sprint(rules.Inputs["buildTaint"]), ":NoSchedule"), "=")
	c, err := Load(dir, Settings{
		Registry: fmt.Sprint(images.Outputs["registry"]), Admin: admin, TaintKey: key, TaintValue: value,
		Jobs: append(texts(rules.Inputs["jobs"]), "")[0], Sandbox: rules.Inputs["jobMode"] == "sandbox",
	})
	if err != nil {
		return nil, nil, err
	}
	namespaces = append([]string{Namespace}, texts(rules.Inputs["namespaces"])...)
	checker, err = NewChecker(c, config, texts(rules.Inputs["warnOnly"]), rules.Inputs["fillsIn"] == true)
	return checker, namespaces[:min(len(namespaces), 2)], err
}

// adminRange is the first range that the rule load-balancer-sources allows, read from
// the cluster's own policy.
func adminRange(ctx context.Context, config *rest.Config) (string, error) {
	server, err := client.New(config, client.Options{})
	if err != nil {
		return "", fmt.Errorf("talking to the API server: %w", err)
	}
	policy, err := readPolicy(ctx, server, "load-balancer-sources")
	if err != nil {
		return "", err
	}
	text, err := policy.MarshalJSON()
	if err != nil {
		return "", err
	}
	found := regexp.MustCompile(`'(\d+\.\d+\.\d+\.\d+/\d+)'`).FindSubmatch(text)
	if found == nil {
		return "", errors.New("the admission policy of rule load-balancer-sources names no admin range")
	}
	return string(found[1]), nil
}

func component(deployment *apitype.DeploymentV3, kind string) (apitype.ResourceV3, error) {
	at := slices.IndexFunc(deployment.Resources, func(s apitype.ResourceV3) bool { return string(s.Type) == kind })
	if at < 0 {
		return apitype.ResourceV3{}, fmt.Errorf("the deployment has no component %s", kind)
	}
	return deployment.Resources[at], nil
}

func texts(list any) (all []string) {
	elements, _ := list.([]any)
	for _, element := range elements {
		all = append(all, fmt.Sprint(element))
	}
	return all
}
