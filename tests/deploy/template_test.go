package deploy_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
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
	case "keyword", "text", "ip", "date": // ip: what is none is passed over
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

// gallery are the records of all golden cases, a case after the other.
func gallery(t *testing.T) []map[string]any {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(top, "normalize/testdata/*/*/want.json"))
	require.NoError(t, err)
	require.Greater(t, len(files), 100)
	var all []map[string]any
	for _, file := range files {
		if filepath.ToSlash(file) == top+"/normalize/testdata/"+madeUp+"/want.json" {
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
	for _, name := range templates {
		for _, order := range []string{"forwards", "backwards"} {
			t.Run(name+" "+order, func(t *testing.T) {
				t.Parallel()
				records := gallery(t)
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
