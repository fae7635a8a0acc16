package googlecloud

import "github.com/pulumi/pulumi/sdk/v3/go/common/resource"

// replanned are the outputs of an update in a preview: computed properties keep their
// values, as Terraform's SDK, on which the provider is built, plans them. If they became
// unknown, everything that depends on them would seem to change.
func replanned(kind string, was, inputs, outputs resource.PropertyMap) resource.PropertyMap {
	planned := planned(kind, inputs)
	for name := range schema.Resources[kind].Computed {
		delete(planned, resource.PropertyKey(name))
	}
	planned = merged(was, planned, outputs)
	for name := range schema.Resources[kind].Computed {
		if _, known := planned[resource.PropertyKey(name)]; !known {
			planned[resource.PropertyKey(name)] = resource.MakeComputed(resource.NewProperty(""))
		}
	}
	return planned
}

// merged is the new inputs, with those outputs that are not in the old inputs.
func merged(was, now, outputs resource.PropertyMap) resource.PropertyMap {
	all := resource.PropertyMap{}
	for key, value := range outputs {
		if _, given := was[key]; !given {
			all[key] = value
		}
	}
	for key, value := range now {
		all[key] = together(was[key], value, outputs[key])
	}
	return all
}

func together(was, now, output resource.PropertyValue) resource.PropertyValue {
	switch {
	case now.IsObject() && output.IsObject():
		before := resource.PropertyMap{}
		if was.IsObject() {
			before = was.ObjectValue()
		}
		return resource.NewProperty(merged(before, now.ObjectValue(), output.ObjectValue()))
	case now.IsArray() && output.IsArray() && was.IsArray() && len(now.ArrayValue()) == len(output.ArrayValue()) && len(was.ArrayValue()) == len(now.ArrayValue()):
		var list []resource.PropertyValue
		for i, element := range now.ArrayValue() {
			list = append(list, together(was.ArrayValue()[i], element, output.ArrayValue()[i]))
		}
		return resource.NewProperty(list)
	}
	return now
}
