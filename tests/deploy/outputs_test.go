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

// routes are those of an input.
type routes struct {
	Logs []struct {
		Name      string
		Condition struct {
			Op    string
			Rules []struct {
				Field, Op, Value string
			}
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

// requireRoutes checks that alerts go to the output alerts, everything else to
// events, and that there are no other outputs.
func requireRoutes(t *testing.T, in section, outputs []section) {
	t.Helper()
	node := in.values["routes"]
	text, err := yaml.Marshal(&node)
	require.NoError(t, err)
	var r routes
	strictly(t, string(text), &r)
	require.Len(t, r.Logs, 2)
	alerts, events := r.Logs[0], r.Logs[1]
	require.Len(t, alerts.Condition.Rules, 1)
	rule := alerts.Condition.Rules[0]
	assert.Equal(t, []string{"$index", "eq", "alerts"}, []string{rule.Field, rule.Op, rule.Value})
	assert.True(t, events.Condition.Default)
	assert.Equal(t, [][]string{{"alerts"}, {"events"}}, [][]string{alerts.To.Outputs, events.To.Outputs})
	var aliases []string
	for _, o := range outputs {
		aliases = append(aliases, o.get("alias"))
	}
	assert.Equal(t, []string{"alerts", "events"}, aliases)
}

// TestTheTwoOutputsOfAnExampleDifferInTheirPlaceAlone finds a key that was
// changed in one and forgotten in the other.
func TestTheTwoOutputsOfAnExampleDifferInTheirPlaceAlone(t *testing.T) {
	t.Parallel()
	for name, c := range examples(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Len(t, c.Pipeline.Outputs, 2)
			alerts, events := c.Pipeline.Outputs[0], c.Pipeline.Outputs[1]
			may := []string{
				"alias", "file", "index", "id_key", "message_key_field", "table_name", "table_id", "topics", "uri",
				"s3_key_format", "store_dir", "labels", "event_sourcetype", "tag",
			}
			if c.Pipeline.Inputs[0].get("format") == "ecs" { // a data stream has no ids, and nothing is replaced there
				may = append(may, "write_operation")
				alerts.keys = slices.DeleteFunc(alerts.keys, func(key string) bool { return key == "id_key" })
			}
			assert.Equal(t, alerts.keys, events.keys)
			for _, key := range alerts.keys {
				if alerts.get(key) != events.get(key) {
					assert.Contains(t, may, key)
				}
			}
		})
	}
}
