package live

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"bastide/policies/controls"
	"bastide/policies/controls/token"
)

// renamed are the properties that the provider and Google's APIs name differently: the
// provider's path, then the API's. Sources: the REST references of
// container v1, compute v1 and storage v1.
var renamed = map[string][][2]string{
	token.Cluster: {
		{"enableLegacyAbac", "legacyAbac.enabled"},
		{"minMasterVersion", "currentMasterVersion"},
		{"enableShieldedNodes", "shieldedNodes.enabled"},
		{"datapathProvider", "networkConfig.datapathProvider"},
		{"enableIntranodeVisibility", "networkConfig.enableIntraNodeVisibility"},
		{"serviceExternalIpsConfig", "networkConfig.serviceExternalIpsConfig"},
		{"loggingConfig.enableComponents", "loggingConfig.componentConfig.enableComponents"},
		{"monitoringConfig.enableComponents", "monitoringConfig.componentConfig.enableComponents"},
		{"maintenancePolicy.recurringWindow", "maintenancePolicy.window.recurringWindow"},
		{"privateClusterConfig.enablePrivateNodes", "networkConfig.defaultEnablePrivateNodes"},
	},
	token.NodePool: {{"nodeConfig", "config"}},
	token.Firewall: {{"denies", "denied"}},
	token.Bucket: {
		{"publicAccessPrevention", "iamConfiguration.publicAccessPrevention"},
		{"uniformBucketLevelAccess", "iamConfiguration.uniformBucketLevelAccess.enabled"},
	},
}

// conform converts an API's answer to the shape of the provider's inputs, which controls
// check.
func conform(kind string, answer map[string]any) map[string]any {
	inputs := map[string]any{}
	for key, value := range answer {
		inputs[key] = value
	}
	for _, paths := range renamed[kind] {
		if value := at(answer, strings.Split(paths[1], ".")...); value != nil {
			put(inputs, strings.Split(paths[0], "."), value)
		}
	}
	switch kind {
	case token.Cluster:
		if at(answer, "ipAllocationPolicy", "useIpAliases") == true {
			inputs["networkingMode"] = "VPC_NATIVE"
		}
	case token.NodePool:
		if kind, ok := at(answer, "config", "sandboxConfig", "type").(string); ok {
			put(inputs, []string{"nodeConfig", "sandboxConfig", "sandboxType"}, strings.ToLower(kind))
		}
	case token.Firewall:
		for _, denied := range list(inputs["denies"]) {
			if rule, ok := denied.(map[string]any); ok {
				rule["protocol"] = rule["IPProtocol"]
			}
		}
	case token.CryptoKey:
		if name, ok := inputs["name"].(string); ok {
			inputs["name"] = last(name)
		}
	}
	for _, control := range controls.All() {
		for _, check := range control.Checks() {
			if check.Type == kind {
				normalise(inputs, check)
			}
		}
	}
	return inputs
}

// normalise writes a value as the check expects it: an API leaves out false, writes large
// numbers as strings, and does not keep the order of lists that are sets.
func normalise(inputs map[string]any, check controls.Check) {
	steps := check.Steps()
	value := at(inputs, steps...)
	switch want := check.Want.(type) {
	case bool:
		if value == nil && !want {
			put(inputs, steps, false)
		}
	case int, controls.AtLeast:
		if text, isText := value.(string); isText {
			if number, err := strconv.ParseFloat(text, 64); err == nil {
				put(inputs, steps, number)
			}
		}
	case []any:
		if has := list(value); len(has) == len(want) && subset(has, want) && subset(want, has) {
			put(inputs, steps, want)
		}
	}
}

func subset(these, those []any) bool {
	return !slices.ContainsFunc(these, func(one any) bool { return !slices.Contains(those, one) })
}

func list(value any) []any {
	elements, _ := value.([]any)
	return elements
}

// at follows keys through maps; 0 is the first element of a list.
func at(value any, keys ...string) any {
	for _, key := range keys {
		switch current := value.(type) {
		case map[string]any:
			value = current[key]
		case []any:
			if key != "0" || len(current) == 0 {
				return nil
			}
			value = current[0]
		default:
			return nil
		}
	}
	return value
}

// put writes a value at a path through maps. It copies the maps on the path.
func put(into map[string]any, path []string, value any) {
	for _, step := range path[:len(path)-1] {
		inner, isMap := into[step].(map[string]any)
		if !isMap && into[step] != nil {
			return // a list; APIs leave nothing out inside lists
		}
		copied := map[string]any{}
		maps.Copy(copied, inner)
		into[step] = copied
		into = copied
	}
	into[path[len(path)-1]] = value
}
