package deploy_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// documented are the keys of outputs that a Fluent Bit may be built without, as
// documented at docs.fluentbit.io/manual/data-pipeline/outputs/kafka (5.1). What
// begins with rdkafka. goes to librdkafka: its CONFIGURATION.md.
var documented = map[string][]string{
	"kafka": {
		"brokers", "topics", "format", "message_key_field", "queue_full_retries",
		"rdkafka.acks", "rdkafka.enable.idempotence", "rdkafka.compression.codec",
		"rdkafka.queue.buffering.max.kbytes", "rdkafka.message.timeout.ms",
	},
}

// general are the keys that every output takes.
var general = []string{"name", "match", "alias", "retry_limit"}

// fluentBit is the real program, where there is one.
func fluentBit(t *testing.T) string {
	t.Helper()
	for _, candidate := range []string{os.Getenv("FLUENT_BIT"), "fluent-bit", "/opt/fluent-bit/bin/fluent-bit"} {
		if path, err := exec.LookPath(candidate); candidate != "" && err == nil {
			return path
		}
	}
	t.Skip("there is no Fluent Bit in $FLUENT_BIT, the PATH or /opt/fluent-bit")
	return ""
}

// builtIn are the outputs of a Fluent Bit with all of their keys.
func builtIn(t *testing.T, program string) map[string][]string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, "-J")
	text, err := cmd.Output()
	require.NoError(t, err)
	var schema struct {
		Outputs []struct {
			Name       string
			Properties map[string][]struct{ Name string }
		}
	}
	require.NoError(t, json.Unmarshal(text, &schema))
	require.NotEmpty(t, schema.Outputs)
	all := map[string][]string{}
	for _, o := range schema.Outputs {
		all[o.Name] = slices.Clone(general)
		for _, group := range o.Properties {
			for _, p := range group {
				all[o.Name] = append(all[o.Name], strings.ToLower(p.Name))
			}
		}
	}
	return all
}

// configurations are the texts of all that this repository has for the plugin,
// by where they are.
func configurations(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{"docker/demo.yaml": read(t, "docker/demo.yaml")}
	for name := range examples(t) {
		all[name] = read(t, filepath.Join("conf/outputs", name))
	}
	for _, name := range statefulSets {
		for file, text := range readManifests(t, name).configs["office365"].Data {
			all[name+" "+file] = text
		}
	}
	for file, text := range readValues(t).Config.ExtraFiles {
		all["helm-values.yaml "+file] = text
	}
	return all
}

func TestFluentBitKnowsEveryKeyOfTheExamples(t *testing.T) {
	t.Parallel()
	known := builtIn(t, fluentBit(t))
	for name, text := range configurations(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var c configuration
			strictly(t, text, &c)
			for _, o := range c.Pipeline.Outputs {
				keys, ok := known[o.get("name")]
				if !ok {
					keys, ok = slices.Concat(general, documented[o.get("name")]), documented[o.get("name")] != nil
				}
				require.True(t, ok, "the output %s is in neither Fluent Bit nor the list here", o.get("name"))
				for _, key := range o.keys {
					assert.Contains(t, keys, key)
				}
			}
		})
	}
}

// TestThePluginKnowsEveryKeyOfItsSections asks the command, for Fluent Bit
// passes over a key of a Go plugin that nobody knows.
func TestThePluginKnowsEveryKeyOfItsSections(t *testing.T) {
	t.Parallel()
	command := filepath.Join(top, "bin/in_office365")
	if _, err := os.Stat(command); err != nil {
		t.Skip("there is no bin/in_office365: make build")
	}
	table, err := exec.CommandContext(t.Context(), command, "settings", "--markdown").Output()
	require.NoError(t, err)
	for name, text := range configurations(t) {
		var c configuration
		strictly(t, text, &c)
		for _, in := range c.Pipeline.Inputs {
			if in.get("name") != "office365" {
				continue
			}
			for _, key := range in.keys {
				if !slices.Contains([]string{"name", "tag", "storage.type", "routes"}, key) {
					assert.Contains(t, string(table), "| `"+key+"` |", name)
				}
			}
		}
	}
}

var variable = regexp.MustCompile(`\$\{([A-Z0-9_]+)`)

// TestFluentBitTakesEveryExampleInADryRun loads what its Fluent Bit has built in.
func TestFluentBitTakesEveryExampleInADryRun(t *testing.T) {
	t.Parallel()
	program := fluentBit(t)
	known := builtIn(t, program)
	library, err := filepath.Abs(filepath.Join(top, "bin/in_office365.so"))
	require.NoError(t, err)
	if _, err := os.Stat(library); err != nil {
		t.Skip("there is no bin/in_office365.so: make build")
	}
	for name, text := range configurations(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var c configuration
			strictly(t, text, &c)
			if output := c.Pipeline.Outputs[0].get("name"); known[output] == nil {
				t.Skipf("this Fluent Bit has no output %s", output)
			}
			path := filepath.Join(t.TempDir(), "fluent-bit.yaml")
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
			cmd := exec.CommandContext(t.Context(), program, "--dry-run", "-e", library, "-c", path)
			cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
			for _, v := range variable.FindAllStringSubmatch(text, -1) {
				cmd.Env = append(cmd.Env, v[1]+"=set")
			}
			var said bytes.Buffer
			cmd.Stdout, cmd.Stderr = &said, &said
			require.NoError(t, cmd.Run(), "%s", &said)
			assert.Contains(t, said.String(), "configuration test is successful")
			assert.NotContains(t, said.String(), "[error]")
		})
	}
}
