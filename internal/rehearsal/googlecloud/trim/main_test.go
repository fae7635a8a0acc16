package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/internal/rehearsal/googlecloud"
)

// A package schema as the Pulumi CLI prints it, reduced to one example of each case.
const full = `{
 "name": "gcp", "version": "7.38.0",
 "resources": {
  "gcp:a/thing:Thing": {
   "description": "left out",
   "inputProperties": {
    "name": {"type": "string", "description": "left out", "willReplaceOnChanges": true},
    "count": {"type": "integer"},
    "token": {"type": "string", "secret": true},
    "mode": {"oneOf": [{"type": "string"}, {"$ref": "#/types/gcp:a/Mode:Mode"}], "type": "string"},
    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    "parts": {"type": "array", "items": {"$ref": "#/types/gcp:a/Part:Part"}}
   },
   "properties": {"name": {"type": "string"}, "selfLink": {"type": "string"}},
   "requiredInputs": ["name", "count"]
  },
  "gcp:b/other:Other": {}
 },
 "types": {
  "gcp:a/Part:Part": {"type": "object", "properties": {"size": {"type": "number"}, "inner": {"$ref": "#/types/gcp:a/Part:Part"}}, "required": ["size"]},
  "gcp:c/Unused:Unused": {"type": "object"}
 }
}`

func TestTrimKeepsReferencedTypes(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, trim(strings.NewReader(full), &out, []string{"gcp:a/thing:Thing"}))

	var got googlecloud.Document
	require.NoError(t, json.Unmarshal(out.Bytes(), &got))
	assert.Equal(t, "7.38.0", got.Version)
	assert.NotContains(t, out.String(), "left out")
	require.Len(t, got.Resources, 1)
	require.Len(t, got.Types, 1, "types without references are left out")

	thing := got.Resources["gcp:a/thing:Thing"]
	assert.Equal(t, []string{"count", "name"}, thing.Required)
	assert.Equal(t, googlecloud.Property{Type: "string", Replace: true}, *thing.Inputs["name"])
	assert.Equal(t, googlecloud.Property{Type: "string", Secret: true}, *thing.Inputs["token"])
	assert.Equal(t, "string", thing.Inputs["mode"].Type)
	assert.Equal(t, "string", thing.Inputs["labels"].Map.Type)
	assert.Equal(t, "gcp:a/Part:Part", thing.Inputs["parts"].Array.Ref)
	assert.Len(t, thing.Computed, 1)
	assert.Equal(t, []string{"size"}, got.Types["gcp:a/Part:Part"].Required)
}

func TestTrimRejectsOtherInputAndMissingTypes(t *testing.T) {
	assert.ErrorContains(t, trim(strings.NewReader("no schema"), &bytes.Buffer{}, nil), "pulumi package get-schema")
	assert.ErrorContains(t, trim(strings.NewReader(full), &bytes.Buffer{}, []string{"gcp:d/gone:Gone"}), "gcp:d/gone:Gone")
}
