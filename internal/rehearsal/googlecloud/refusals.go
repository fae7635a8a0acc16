package googlecloud

import (
	"errors"
	"math"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/contract"

	"bastide/internal/rehearsal/googlecloud/refusals"
)

// refusalTable is the table that every cloud begins with.
var refusalTable = func() refusals.Table {
	table, err := refusals.All()
	contract.AssertNoErrorf(err, "the refusals")
	return table
}()

// Overlook makes this cloud forget one row of the refusals, and remember what it
// forgot before, so that a test can tell what the row is good for.
func (c *Cloud) Overlook(row string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refusals = refusalTable.Without(row)
}

// ID is the id of what was made under a URN; it is empty where nothing was.
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

// refuse says what the table of refusals says of a call. The caller holds the lock.
func (c *Cloud) refuse(action string, subject *object, properties resource.PropertyMap) error {
	call := refusals.Call{Action: action, Kind: subject.kind, Object: seen(properties), Existing: func() map[string]any { return c.others(subject) }}
	if before, ok := c.objects[subject.id]; ok && action == refusals.Update {
		call.Old = seen(before.outputs)
	}
	refused, err := c.refusals.Judge(call)
	if err != nil {
		return err
	}
	var all []error
	for _, refusal := range refused {
		all = append(all, refusal)
	}
	return errors.Join(all...)
}

// others are the objects that are there besides one.
func (c *Cloud) others(subject *object) map[string]any {
	others := map[string]any{}
	for id, other := range c.objects {
		if !other.ready || other.urn == subject.urn {
			continue
		}
		fields := seen(other.outputs)
		fields["type"] = other.kind
		others[id] = fields
	}
	return others
}

// seen is properties as the cloud's servers see them: without marks, without
// what nobody has set, whole numbers as such, and ids for links.
func seen(properties resource.PropertyMap) map[string]any {
	all := map[string]any{}
	for key, value := range properties {
		if plain := seenValue(value); plain != nil {
			all[string(key)] = plain
		}
	}
	return all
}

func seenValue(value resource.PropertyValue) any {
	switch {
	case value.IsSecret():
		return seenValue(value.SecretValue().Element)
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
			all = append(all, seenValue(element))
		}
		return all
	case value.IsObject():
		return seen(value.ObjectValue())
	}
	return nil
}
