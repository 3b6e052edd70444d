package config

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "rewrite the printed blocks in README.md and conf/")

const top = "../../.." // the root of the repository

func TestREADMEAndExamplesPrintTheTable(t *testing.T) {
	t.Parallel()
	for file, block := range map[string]struct{ begin, text, end string }{
		"README.md": {
			"<!-- settings: begin (printed by `make settings`) -->\n", Markdown(), "<!-- settings: end -->\n",
		},
		"conf/fluent-bit.yaml": {
			"# settings: begin (printed by `make settings`)\n", YAMLComments(6), "      # settings: end\n",
		},
		"conf/fluent-bit.conf": {
			"# settings: begin (printed by `make settings`)\n", ClassicComments(4), "    # settings: end\n",
		},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(top, file)
			content, err := os.ReadFile(path)
			require.NoError(t, err)
			before, rest, found := strings.Cut(string(content), block.begin)
			require.True(t, found, "%s lacks the line %q", file, block.begin)
			printed, after, found := strings.Cut(rest, block.end)
			require.True(t, found, "%s lacks the line %q", file, block.end)
			if *update {
				require.NoError(t, os.WriteFile(path, []byte(before+block.begin+block.text+block.end+after), 0o644))
				return
			}
			assert.Equal(t, block.text, printed, "run `make settings`")
		})
	}
}

func TestEveryLineOfTheExamplesMayBeUncommented(t *testing.T) {
	t.Parallel()
	t.Run("yaml", func(t *testing.T) {
		t.Parallel()
		content, err := os.ReadFile(filepath.Join(top, "conf/fluent-bit.yaml"))
		require.NoError(t, err)
		var file struct {
			Pipeline struct {
				Inputs []map[string]string `yaml:"inputs"`
			} `yaml:"pipeline"`
		}
		require.NoError(t, yaml.Unmarshal([]byte(uncomment(string(content))), &file))
		require.Len(t, file.Pipeline.Inputs, 1)
		checkExample(t, file.Pipeline.Inputs[0])
	})
	t.Run("classic", func(t *testing.T) {
		t.Parallel()
		content, err := os.ReadFile(filepath.Join(top, "conf/fluent-bit.conf"))
		require.NoError(t, err)
		_, input, found := strings.Cut(uncomment(string(content)), "[INPUT]")
		require.True(t, found)
		input, _, _ = strings.Cut(input, "[OUTPUT]")
		example := map[string]string{}
		for line := range strings.Lines(input) {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
				key, value, _ := strings.Cut(line, " ")
				example[strings.ToLower(key)] = strings.TrimSpace(value)
			}
		}
		checkExample(t, example)
	})
}

// uncomment takes the # from settings; comments have a space behind it.
func uncomment(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		word := strings.TrimLeft(line, " ")
		if len(word) > 1 && word[0] == '#' && word[1] >= 'a' && word[1] <= 'z' {
			line = strings.Replace(line, "#", "", 1)
		}
		b.WriteString(line)
	}
	return b.String()
}

// checkExample wants every supported setting in the section, and a section that
// works once its variables are set.
func checkExample(t *testing.T, example map[string]string) {
	t.Helper()
	for _, f := range fields {
		assert.Contains(t, example, f.Key)
	}
	env := strings.NewReplacer("${O365_TENANT_ID}", tenant, "${O365_CLIENT_ID}", client, "${O365_CLIENT_SECRET}", apiKey)
	for _, c := range credentials { // one in the place of the other
		_, warnings, err := Parse(func(key string) string {
			other := slices.ContainsFunc(credentials, func(o credential) bool { return o.key == key && key != c.key })
			if other || key == "certificate_key_file" && c.key != "certificate_file" {
				return ""
			}
			return env.Replace(example[key])
		})
		require.NoError(t, err, c.key)
		assert.Empty(t, warnings)
	}
	assert.Equal(t, "office365", example["name"])
	assert.Equal(t, "filesystem", example["storage.type"])
}

func TestTheTableReadsWell(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, f := range Fields() {
		assert.Regexp(t, `^[a-z_]+$`, f.Key)
		assert.False(t, seen[f.Key], "%s stands twice", f.Key)
		seen[f.Key] = true
		assert.NotEmpty(t, f.Help, f.Key)
		assert.False(t, strings.HasSuffix(f.Help, "."), f.Key)
		assert.NotContains(t, f.Help, "|", "%s would break the table", f.Key)
		assert.NotNil(t, f.kind.set, f.Key)
		assert.False(t, f.Default == "" && f.Example == "", "%s has neither default nor example", f.Key)
		assert.NotContains(t, coreKeys, f.Key, "Fluent Bit keeps it for itself")
	}
	for line := range strings.Lines(Text()) {
		assert.NotContains(t, line, "`")
	}
}

// coreKeys are the properties of an input that Fluent Bit 5.1.1 does not pass on
// (flb_input_set_property).
var coreKeys = []string{
	"tag", "alias", "log_level", "log_suppress_interval", "routable", "mem_buf_limit",
	"listen", "host", "port", "ipv6", "tls", "threaded", "rate_window",
}
