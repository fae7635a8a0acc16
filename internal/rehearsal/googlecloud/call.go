package googlecloud

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"golang.org/x/sync/errgroup"
)

// rule is what a service requires beyond the schema.
type rule struct {
	// check refuses a create or an update for reasons that the table of refusals can't
	// express: mostly resources that have to exist first.
	check func(*call) error
	// outputs adds the outputs that facts.yaml can't express.
	outputs func(*call)
	// start and stop run the effects of a creation and a deletion outside of the cloud's
	// own state, without its lock. start runs while the call takes its simulated time.
	start func(context.Context, *call) error
	stop  func(context.Context, *Cloud, resource.PropertyMap) error
}

// call is one create or update that the cloud has accepted.
type call struct {
	cloud  *Cloud
	action string
	fact   *fact
	start  float64
	needs  map[resource.URN]bool
	object *object
}

// begin checks a call against the rules and, if it is accepted, reserves the id, so that
// no other call can use it in the meantime.
func (c *Cloud) begin(action, kind string, urn resource.URN, inputs resource.PropertyMap) (*call, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	call := &call{
		cloud: c, action: action, fact: facts[kind], start: c.clock.Now(),
		needs:  map[resource.URN]bool{},
		object: &object{kind: kind, urn: urn, inputs: inputs, outputs: maps.Clone(inputs)},
	}
	call.complete()
	if err := call.enabled(call.fact.API); err != nil {
		return nil, err
	}
	if err := c.refuse(action, call.object, call.object.outputs); err != nil {
		return nil, err
	}
	if rule := rules[kind].check; rule != nil {
		if err := rule(call); err != nil {
			return nil, err
		}
	}
	_, exists := c.objects[call.object.id]
	if action == "create" && call.fact.Taken != "" && (exists || c.kept[call.object.id]) {
		return nil, errors.New(call.expand(call.fact.Taken))
	}
	if action == "create" {
		c.objects[call.object.id] = call.object
	}
	return call, nil
}

// wait lets the call's time pass, and runs its effects. A call that is cancelled leaves
// nothing behind.
func (c *call) wait(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return c.cloud.sleep(ctx, c.fact.Seconds.Create) })
	if start := rules[c.object.kind].start; start != nil && c.action == "create" {
		group.Go(func() error { return start(ctx, c) })
	}
	err := group.Wait()
	if err != nil && c.action == "create" {
		c.cloud.mu.Lock()
		defer c.cloud.mu.Unlock()
		delete(c.cloud.objects, c.object.id)
	}
	return err
}

// finish makes the result visible to later calls.
func (c *call) finish() *object {
	c.cloud.mu.Lock()
	defer c.cloud.mu.Unlock()
	c.object.ready = true
	c.cloud.objects[c.object.id] = c.object
	operation := Operation{URN: c.object.urn, Type: c.object.kind, Action: c.action, Start: c.start}
	for urn := range c.needs {
		operation.Needs = append(operation.Needs, urn)
	}
	c.cloud.record(operation)
	return c.object
}

// complete fills in the id and the computed properties.
func (c *call) complete() {
	declared := schema.Resources[c.object.kind]
	fallback := map[string]string{"project": c.cloud.project, "region": c.cloud.region, "location": c.cloud.region}
	for property, value := range fallback {
		_, known := declared.Inputs[property]
		if _, given := c.object.outputs[resource.PropertyKey(property)]; known && !given {
			c.set(property, resource.NewProperty(value))
		}
	}
	for property := range c.fact.Outputs {
		c.set(property, resource.NewProperty(c.value(property)))
	}
	c.object.id = c.value("id")
	// A notification channel has a property labels, too, but no labels in this sense.
	if labels, ok := c.object.outputs["labels"]; ok && declared.Computed["effectiveLabels"] != nil {
		c.set("effectiveLabels", labels)
		c.set("pulumiLabels", labels)
	}
	if rule := rules[c.object.kind].outputs; rule != nil {
		rule(c)
	}
}

func (c *call) set(property string, value resource.PropertyValue) {
	c.object.outputs[resource.PropertyKey(property)] = value
}

// value is an input, a computed property, or one of the special names that facts.yaml
// explains.
func (c *call) value(name string) string {
	if template, ok := c.fact.Outputs[name]; ok {
		return c.expand(template)
	}
	switch name {
	case "id":
		return c.expand(c.fact.ID)
	case "number":
		return projectNumber
	case "digits":
		return fmt.Sprint(crc32.ChecksumIEEE([]byte(c.object.urn)))
	}
	return trimLink(text(c.object.outputs, name))
}

func (c *call) expand(template string) string {
	values := map[string]string{}
	for _, match := range placeholder.FindAllString(template, -1) {
		name := strings.Trim(match, "{}")
		values[name] = c.value(name)
	}
	return expand(template, values)
}

// text reads a string property; a self link becomes an id.
func (c *call) text(path string) string { return trimLink(text(c.object.outputs, path)) }

// find returns the object with an id or link if it is ready, and records that the call
// needs it.
func (c *call) find(ref string) *object {
	found, ok := c.cloud.objects[trimLink(ref)]
	if !ok || !found.ready {
		return nil
	}
	c.needs[found.urn] = true
	return found
}

// refer is find, and also prevents the deletion of the object before this one.
func (c *call) refer(ref string) *object {
	found := c.find(ref)
	if found != nil {
		c.object.refers = append(c.object.refers, found.id)
	}
	return found
}

// trimLink makes an id of a self link.
func trimLink(ref string) string {
	for _, host := range []string{"https://www.googleapis.com/compute/v1/", "https://container.googleapis.com/v1/"} {
		ref = strings.TrimPrefix(ref, host)
	}
	return ref
}
