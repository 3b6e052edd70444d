package deploy_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"office365/tests/ocsf"
)

// top is the root of the repository.
const top = "../.."

// section is a plugin of a configuration: its keys in their order, for a key may
// come more than once.
type section struct {
	keys   []string
	values map[string]yaml.Node // the last of each
}

func (s *section) UnmarshalYAML(n *yaml.Node) error {
	s.values = map[string]yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		s.keys = append(s.keys, key)
		s.values[key] = *n.Content[i+1]
	}
	return nil
}

func (s *section) get(key string) string { return s.values[key].Value }

// configuration is a file of Fluent Bit. Sections and keys of the top are those
// that the examples use; any other is an error.
type configuration struct {
	Service  map[string]string `yaml:"service"`
	Pipeline struct {
		Inputs  []section `yaml:"inputs"`
		Filters []section `yaml:"filters"`
		Outputs []section `yaml:"outputs"`
	} `yaml:"pipeline"`
}

// rule is a comparison of a route.
type rule struct {
	Field, Op, Value string
}

// routes are those of an input.
type routes struct {
	Logs []struct {
		Name      string
		Condition struct {
			Op      string
			Rules   []rule
			Default bool
		}
		To struct {
			Outputs []string
		}
	}
}

// strictly decodes one document and takes no key that out does not have.
func strictly(t *testing.T, text string, out any) {
	t.Helper()
	d := yaml.NewDecoder(strings.NewReader(text))
	d.KnownFields(true)
	require.NoError(t, d.Decode(out))
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(top, path))
	require.NoError(t, err)
	return string(text)
}

// examples are the configurations in conf/outputs by their names.
func examples(t *testing.T) map[string]configuration {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(top, "conf/outputs/*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	all := map[string]configuration{}
	for _, file := range files {
		var c configuration
		name := filepath.Base(file)
		strictly(t, read(t, filepath.Join("conf/outputs", name)), &c)
		all[name] = c
	}
	return all
}

func TestEveryExampleKeepsAndRoutesWhatItCollects(t *testing.T) {
	t.Parallel()
	for name, c := range examples(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.NotEmpty(t, c.Service["storage.path"])
			assert.Equal(t, "full", c.Service["storage.sync"])
			require.Len(t, c.Pipeline.Inputs, 1)
			in := c.Pipeline.Inputs[0]
			assert.Equal(t, "office365", in.get("name"))
			assert.Equal(t, "filesystem", in.get("storage.type"))
			assert.NotEmpty(t, in.get("db"))
			requireRoutes(t, in, c.Pipeline.Outputs)
			for _, o := range c.Pipeline.Outputs {
				assert.Equal(t, "*", o.get("match"), "without it %s is not found again for stored chunks", o.get("alias"))
				if o.get("name") == "s3" { // which takes no_limits as 5
					retries, err := strconv.Atoi(o.get("retry_limit"))
					require.NoError(t, err)
					assert.Greater(t, retries, 1_000_000)
					continue
				}
				assert.Equal(t, "no_limits", o.get("retry_limit"), o.get("alias"))
			}
		})
	}
}

// requireRoutes checks that alerts go to the output alerts, or in OCSF each class
// to the output that is about it, everything else to the last one, and that there
// are no other outputs.
func requireRoutes(t *testing.T, in section, outputs []section) {
	t.Helper()
	node := in.values["routes"]
	text, err := yaml.Marshal(&node)
	require.NoError(t, err)
	var r routes
	strictly(t, string(text), &r)
	require.GreaterOrEqual(t, len(r.Logs), 2)
	var rules []rule
	var targets [][]string
	for i, route := range r.Logs {
		last := i == len(r.Logs)-1
		require.Equal(t, last, route.Condition.Default, route.Name)
		targets = append(targets, route.To.Outputs)
		if !last {
			require.Len(t, route.Condition.Rules, 1)
			rules = append(rules, route.Condition.Rules[0])
		}
	}
	if in.get("format") == "ocsf" {
		requireClasses(t, rules)
	} else {
		assert.Equal(t, []rule{{"$index", "eq", "alerts"}}, rules)
		assert.Equal(t, [][]string{{"alerts"}, {"events"}}, targets)
	}
	var aliases [][]string
	for _, o := range outputs {
		aliases = append(aliases, []string{o.get("alias")})
	}
	assert.Equal(t, aliases, targets)
}

// requireClasses checks that each rule is about a class that there is, and no two
// about one.
func requireClasses(t *testing.T, rules []rule) {
	t.Helper()
	seen := map[string]bool{}
	for _, r := range rules {
		assert.Equal(t, rule{"$class_uid", "eq", r.Value}, r)
		uid, err := strconv.ParseInt(r.Value, 10, 64)
		require.NoError(t, err)
		name, _ := ocsf.Attributes(uid)
		assert.NotEmpty(t, name, "there is no class %d", uid)
		assert.False(t, seen[r.Value], "class %d twice", uid)
		seen[r.Value] = true
	}
}

// TestTheOutputsOfAnExampleDifferInTheirPlaceAlone finds a key that was
// changed in one and forgotten in the other.
func TestTheOutputsOfAnExampleDifferInTheirPlaceAlone(t *testing.T) {
	t.Parallel()
	for name, c := range examples(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NotEmpty(t, c.Pipeline.Outputs)
			first := c.Pipeline.Outputs[0]
			may := []string{
				"alias", "file", "index", "id_key", "message_key_field", "table_name", "table_id", "topics", "uri",
				"s3_key_format", "store_dir", "labels", "event_sourcetype", "tag", "bucket", "role_arn",
			}
			if c.Pipeline.Inputs[0].get("format") == "ecs" { // a data stream has no ids, and nothing is replaced there
				may = append(may, "write_operation")
				first.keys = slices.DeleteFunc(first.keys, func(key string) bool { return key == "id_key" })
			}
			for _, other := range c.Pipeline.Outputs[1:] {
				assert.Equal(t, first.keys, other.keys)
				for _, key := range first.keys {
					if first.get(key) != other.get(key) {
						assert.Contains(t, may, key)
					}
				}
			}
		})
	}
}
