package graph

import (
	"encoding/json"
	"fmt"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// NamespaceLabels are the labels that the program gives to each namespace it creates.
func (g *Graph) NamespaceLabels() map[string]labels.Set {
	namespaces := map[string]labels.Set{}
	for _, r := range g.Of("kubernetes:core/v1:Namespace") {
		metadata := r.Plain()["metadata"].(map[string]any)
		set := labels.Set{}
		for key, value := range metadata["labels"].(map[string]any) {
			set[key] = value.(string)
		}
		namespaces[metadata["name"].(string)] = set
	}
	return namespaces
}

// NetworkPolicies are those that the program creates.
func (g *Graph) NetworkPolicies() (policies []networkingv1.NetworkPolicy, err error) {
	for _, r := range g.Of("kubernetes:networking.k8s.io/v1:NetworkPolicy") {
		text, err := json.Marshal(r.Plain())
		if err != nil {
			return nil, fmt.Errorf("reading the NetworkPolicy %s: %w", r.Name, err)
		}
		var policy networkingv1.NetworkPolicy
		if err := json.Unmarshal(text, &policy); err != nil {
			return nil, fmt.Errorf("reading the NetworkPolicy %s: %w", r.Name, err)
		}
		policies = append(policies, policy)
	}
	return policies, nil
}
