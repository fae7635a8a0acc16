package kubernetes

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"bastide/internal/rehearsal/charts"
	"bastide/internal/rehearsal/providerbase"
)

// releaseType is a release of a Helm chart. A rehearsal fetches no charts, so it creates
// none of a chart's objects. It only requires a version, a namespace that exists, and
// values whose keys the chart has.
const releaseType = "kubernetes:helm.sh/v3:Release"

func checkRelease(req plugin.CheckRequest) (plugin.CheckResponse, error) {
	var failures []plugin.CheckFailure
	for _, key := range []resource.PropertyKey{"name", "namespace", "chart", "version"} {
		if value := req.News[key]; !value.IsComputed() && (!value.IsString() || value.StringValue() == "") {
			failures = append(failures, plugin.CheckFailure{Property: key, Reason: "is missing"})
		}
	}
	if len(failures) > 0 || !req.News["values"].IsObject() {
		return plugin.CheckResponse{Properties: req.News, Failures: failures}, nil
	}
	misspelt, err := charts.Misspelt(req.News["chart"].StringValue(), req.News["values"].ObjectValue().Mappable())
	if err != nil {
		return plugin.CheckResponse{}, err
	}
	for _, path := range misspelt {
		failures = append(failures, plugin.CheckFailure{Property: "values", Reason: fmt.Sprintf("has the key %s, which the chart does not have", path)})
	}
	return plugin.CheckResponse{Properties: req.News, Failures: failures}, nil
}

func diffRelease(req plugin.DiffRequest) plugin.DiffResult {
	return providerbase.Diff(req.OldInputs, req.NewInputs, func(path resource.PropertyPath) bool { return path[0] == "name" || path[0] == "namespace" })
}

func (p *Provider) createRelease(ctx context.Context, req plugin.CreateRequest) (plugin.CreateResponse, error) {
	outputs := releaseOutputs(req.Properties)
	if req.Preview {
		return plugin.CreateResponse{Properties: outputs}, nil
	}
	namespace := req.Properties["namespace"].StringValue()
	if err := p.api().reader.Get(ctx, client.ObjectKey{Name: namespace}, &corev1.Namespace{}); err != nil {
		return plugin.CreateResponse{}, fmt.Errorf("installing the release into namespace %s: %w", namespace, err)
	}
	return plugin.CreateResponse{ID: resource.ID(namespace + "/" + req.Properties["name"].StringValue()), Properties: outputs}, nil
}

func releaseOutputs(inputs resource.PropertyMap) resource.PropertyMap {
	outputs := inputs.Copy()
	outputs["status"] = resource.NewProperty(resource.PropertyMap{
		"name": inputs["name"], "namespace": inputs["namespace"], "status": resource.NewProperty("deployed"), "version": inputs["version"],
	})
	return outputs
}

func readRelease(req plugin.ReadRequest) plugin.ReadResponse {
	return plugin.ReadResponse{ReadResult: plugin.ReadResult{ID: req.ID, Inputs: req.Inputs, Outputs: req.State}}
}
