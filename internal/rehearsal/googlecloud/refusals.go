package googlecloud

import (
	"errors"
	"math"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/contract"

	"bastide/internal/rehearsal/googlecloud/refusals"
)

// refusalTable is the complete table, which every new cloud uses.
var refusalTable = func() refusals.Table {
	table, err := refusals.All()
	contract.AssertNoErrorf(err, "the refusals")
	return table
}()

// IgnoreRefusal makes this cloud ignore one row of the refusals, and no other, so that a test
// can show the effect of the row.
func (c *Cloud) IgnoreRefusal(row string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refusals = refusalTable.Without(row)
}

// ID is the id of the object with a URN; empty if there is none.
func (c *Cloud) ID(urn resource.URN) resource.ID {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, made := range c.objects {
		if made.urn == urn {
			return resource.ID(id)
		}
	}
	return ""
}

// refuse checks a call against the table of refusals. The caller holds the lock.
func (c *Cloud) refuse(action string, subject *object, properties resource.PropertyMap) error {
	call := refusals.Call{Action: action, Kind: subject.kind, Object: plainObject(properties), Existing: func() map[string]any { return c.others(subject) }}
	if before, ok := c.objects[subject.id]; ok && action == refusals.Update {
		call.Old = plainObject(before.outputs)
	}
	refused, err := c.refusals.Check(call)
	if err != nil {
		return err
	}
	var all []error
	for _, refusal := range refused {
		all = append(all, refusal)
	}
	return errors.Join(all...)
}

// others are all other objects that are ready, by id.
func (c *Cloud) others(subject *object) map[string]any {
	others := map[string]any{}
	for id, other := range c.objects {
		if !other.ready || other.urn == subject.urn {
			continue
		}
		fields := plainObject(other.outputs)
		fields["type"] = other.kind
		others[id] = fields
	}
	return others
}

// plainObject converts properties for expressions: without marks of secrets, without
// properties that are not set, with whole numbers as integers, and with ids instead of
// links.
func plainObject(properties resource.PropertyMap) map[string]any {
	all := map[string]any{}
	for key, value := range properties {
		if plain := plainValue(value); plain != nil {
			all[string(key)] = plain
		}
	}
	return all
}

func plainValue(value resource.PropertyValue) any {
	switch {
	case value.IsSecret():
		return plainValue(value.SecretValue().Element)
	case value.IsString():
		return trimLink(value.StringValue())
	case value.IsBool():
		return value.BoolValue()
	case value.IsNumber():
		if number := value.NumberValue(); number != math.Trunc(number) {
			return number
		}
		return int64(value.NumberValue())
	case value.IsArray():
		all := []any{}
		for _, element := range value.ArrayValue() {
			all = append(all, plainValue(element))
		}
		return all
	case value.IsObject():
		return plainObject(value.ObjectValue())
	}
	return nil
}
