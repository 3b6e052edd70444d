package deploy_test

import (
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mapping is what an index knows of a field, as the two search engines define it.
type mapping struct {
	Type            string              `json:"type"`
	Enabled         *bool               `json:"enabled"`
	Format          string              `json:"format"`
	IgnoreAbove     int                 `json:"ignore_above"`
	IgnoreMalformed bool                `json:"ignore_malformed"`
	IndexOptions    string              `json:"index_options"`
	Index           *bool               `json:"index"`
	DocValues       *bool               `json:"doc_values"`
	Properties      map[string]*mapping `json:"properties"`
}

// indexTemplate is the part of an index template that ours has.
type indexTemplate struct {
	IndexPatterns []string `json:"index_patterns"`
	Priority      int      `json:"priority"`
	Template      struct {
		Settings json.RawMessage `json:"settings"`
		Mappings struct {
			DateDetection    bool `json:"date_detection"`
			NumericDetection bool `json:"numeric_detection"`
			DynamicTemplates []map[string]struct {
				MatchMappingType string  `json:"match_mapping_type"`
				Mapping          mapping `json:"mapping"`
			} `json:"dynamic_templates"`
			Properties map[string]*mapping `json:"properties"`
		} `json:"mappings"`
	} `json:"template"`
	Meta map[string]string `json:"_meta"`
}

var templates = []string{"opensearch-template.json", "elasticsearch-template.json"}

// ecsTemplate is that of the records in format ecs, a part of two index templates.
const ecsTemplate = "elasticsearch-ecs-component.json"

// index is an index made by a template, which learns the fields of what it takes.
type index struct {
	root    mapping
	dynamic map[string]string // type in JSON → type of a field that is new
}

func newIndex(t *testing.T, name string) *index {
	t.Helper()
	f, err := os.Open(filepath.Join(top, "conf/outputs", name))
	require.NoError(t, err)
	defer func() { _ = f.Close() }() // only read
	d := json.NewDecoder(f)
	d.DisallowUnknownFields()
	var made indexTemplate
	require.NoError(t, d.Decode(&made))
	m := made.Template.Mappings
	require.False(t, m.DateDetection || m.NumericDetection, "a text that looks like a date would make its field one")
	ix := &index{root: mapping{Properties: m.Properties}, dynamic: map[string]string{}}
	for _, rules := range m.DynamicTemplates {
		for _, rule := range rules {
			ix.dynamic[rule.MatchMappingType] = rule.Mapping.Type
		}
	}
	return ix
}

// take puts a value into the field m, or says why the index refuses the whole
// document. The elements of an array are values of the field, one by one.
func (ix *index) take(path string, m *mapping, value any) error {
	if m.Enabled != nil && !*m.Enabled {
		return nil
	}
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		for _, element := range v {
			if err := ix.take(path, m, element); err != nil {
				return err
			}
		}
		return nil
	case map[string]any:
		return ix.takeObject(path, m, v)
	}
	have := scalar(value)
	switch m.Type {
	case "keyword", "wildcard", "text", "match_only_text", "ip", "date": // ip: what is none is passed over
		return nil
	case have:
		return nil
	case "integer":
		if have == "long" {
			return nil
		}
	}
	return fmt.Errorf("%s: %s in a field of type %q", path, have, m.Type)
}

func (ix *index) takeObject(path string, m *mapping, object map[string]any) error {
	if m.Type == "flat_object" || m.Type == "flattened" {
		return nil
	}
	if m.Type != "" {
		return fmt.Errorf("%s: an object in a field of type %q", path, m.Type)
	}
	if m.Properties == nil {
		m.Properties = map[string]*mapping{}
	}
	for key, value := range object {
		field := m.Properties[key]
		if field == nil {
			if field = ix.learn(value); field == nil {
				continue
			}
			m.Properties[key] = field
		}
		if err := ix.take(path+"."+key, field, value); err != nil {
			return err
		}
	}
	return nil
}

// learn is what a field becomes by its first value; nil, when that is none yet.
func (ix *index) learn(value any) *mapping {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		for _, element := range v {
			if m := ix.learn(element); m != nil {
				return m
			}
		}
		return nil
	case map[string]any:
		return &mapping{}
	}
	kind := scalar(value)
	if as, ok := ix.dynamic[kind]; ok {
		kind = as
	}
	return &mapping{Type: kind}
}

// scalar is the type that the engines give a value in JSON.
func scalar(value any) string {
	switch v := value.(type) {
	case bool:
		return "boolean"
	case float64:
		if v == float64(int64(v)) {
			return "long"
		}
		return "double"
	}
	return "string"
}

// madeUp has a field that no record of Microsoft's has, with two types on purpose.
const madeUp = "general/unknown_record_types"

// gallery are the records of all golden cases, a case after the other, as files of
// that name want them.
func gallery(t *testing.T, wants string) []map[string]any {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(top, "normalize/testdata/*/*", wants))
	require.NoError(t, err)
	require.Greater(t, len(files), 100)
	var all []map[string]any
	for _, file := range files {
		if filepath.ToSlash(file) == top+"/normalize/testdata/"+madeUp+"/"+wants {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var records []map[string]any
		require.NoError(t, json.Unmarshal(text, &records))
		all = append(all, records...)
	}
	return all
}

// TestAnIndexOfTheTemplateTakesEveryRecordInAnyOrder goes through all golden
// cases forwards and backwards: a document that an index refuses holds its chunk
// up for ever.
func TestAnIndexOfTheTemplateTakesEveryRecordInAnyOrder(t *testing.T) {
	t.Parallel()
	wants := map[string]string{ecsTemplate: "want.ecs.json"}
	for _, name := range templates {
		wants[name] = "want.json"
	}
	for name, want := range wants {
		for _, order := range []string{"forwards", "backwards"} {
			t.Run(name+" "+order, func(t *testing.T) {
				t.Parallel()
				records := gallery(t, want)
				if order == "backwards" {
					slices.Reverse(records)
				}
				ix := newIndex(t, name)
				for _, r := range records {
					assert.NoError(t, ix.take("", &ix.root, r))
				}
			})
		}
	}
}

// TestTheTemplateMapsTheFieldsOfVaryingType has those that are known to vary in
// the records of real tenants.
func TestTheTemplateMapsTheFieldsOfVaryingType(t *testing.T) {
	t.Parallel()
	for _, name := range templates {
		ix := newIndex(t, name)
		for field, values := range map[string][]any{
			"ExternalAccess":              {true, "False"},
			"HighPriorityMediaProcessing": {false, "true"},
			"DoNotDistributeEvent":        {true, "True"},
			"ListBaseType":                {1.0, "DocumentLibrary"},
			"Parameters":                  {[]any{map[string]any{"Name": "Identity"}}, "-Identity x"},
			"OperationProperties":         {[]any{map[string]any{"Name": "MailAccessType"}}, `[{"Name":"x"}]`},
			"Message":                     {"text", map[string]any{"Id": "x"}},
			"FileSize":                    {11206.0, "1e9"},
			"RecordType":                  {40.0, "40"},
			"UserType":                    {4.0, "4"},
		} {
			for _, value := range append(values, values[0]) {
				assert.NoError(t, ix.take("", &ix.root, map[string]any{field: value}), name)
			}
		}
	}
}

// elasticSchema is what ECS says of its fields.
func elasticSchema(t *testing.T) map[string]string {
	t.Helper()
	var schema struct {
		Fields map[string]string `json:"fields"`
	}
	require.NoError(t, json.Unmarshal([]byte(read(t, "normalize/testdata/ecs-9.4.0.json")), &schema))
	return schema.Fields
}

// TestTheTemplateOfECSHasEveryFieldOfItWithItsType compares the mapping with the
// schema, and the golden cases with the mapping: what is not in it would get its
// type from its first value.
func TestTheTemplateOfECSHasEveryFieldOfItWithItsType(t *testing.T) {
	t.Parallel()
	schema, mapped := elasticSchema(t), map[string]string{}
	ix := newIndex(t, ecsTemplate)
	for path, kind := range ix.root.leaves("") {
		mapped[path] = kind
		if !strings.HasPrefix(path, "o365.") && !strings.HasPrefix(path, "labels.") {
			assert.Equal(t, strings.TrimSuffix(schema[path], "[]"), kind, path)
		}
	}
	for _, r := range gallery(t, "want.ecs.json") {
		for key, value := range r {
			if key != "o365" && key != "Operation" && key != "index" { // Operation: the index key of one case
				requireMapped(t, mapped, key, value)
			}
		}
	}
}

// leaves runs over the fields of m that are no objects, with their types.
func (m *mapping) leaves(path string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for name, inner := range m.Properties {
			if inner.Properties == nil && inner.Type != "" && !yield(path+name, inner.Type) {
				return
			}
			for at, kind := range inner.leaves(path + name + ".") {
				if !yield(at, kind) {
					return
				}
			}
		}
	}
}

func requireMapped(t *testing.T, mapped map[string]string, path string, value any) {
	t.Helper()
	object, ok := value.(map[string]any)
	if !ok {
		require.Contains(t, mapped, path)
	}
	for key, inner := range object {
		requireMapped(t, mapped, path+"."+key, inner)
	}
}

// TestTheTemplatesOfECSAreMadeOfTheOneThatMaps looks at those that the example
// puts beside it: their names, and what is the same in a whole data stream.
func TestTheTemplatesOfECSAreMadeOfTheOneThatMaps(t *testing.T) {
	t.Parallel()
	outputs := examples(t)["elasticsearch-ecs.yaml"].Pipeline.Outputs
	text := read(t, "conf/outputs/elasticsearch-ecs.yaml")
	for i, file := range []string{"elasticsearch-ecs-alerts.json", "elasticsearch-ecs-events.json"} {
		var made struct {
			IndexPatterns []string  `json:"index_patterns"`
			ComposedOf    []string  `json:"composed_of"`
			DataStream    *struct{} `json:"data_stream"`
		}
		require.NoError(t, json.Unmarshal([]byte(read(t, "conf/outputs/"+file)), &made))
		assert.Equal(t, []string{outputs[i].get("index")}, made.IndexPatterns)
		assert.Equal(t, []string{"office365-ecs"}, made.ComposedOf)
		assert.Equal(t, outputs[i].get("alias") == "events", made.DataStream != nil)
		assert.Contains(t, text, file)
	}
	assert.Contains(t, text, "put _component_template/office365-ecs "+ecsTemplate)
}
