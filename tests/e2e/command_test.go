package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/program"
)

// command is the program in_office365.
const command = "../../bin/in_office365"

// answer is what a run of the command came to.
type answer struct {
	code           int
	stdout, stderr string
}

// ask runs the command. What it prints must hold none of the secrets.
func ask(t *testing.T, secrets []string, args ...string) answer {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), command, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); !exited {
		require.NoError(t, err)
	}
	program.RequireNoSecret(t, out.String()+errs.String(), secrets)
	return answer{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// write puts a configuration into a file.
func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

func TestTheCommandTellsOfATenantBeforeWhileAndAfterItIsCollected(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, p program.Program) {
		tn := newTenant(t)
		tn.fill(3, 10)
		file := write(t, "fluent-bit.conf", conf([]*tenant{tn}))
		in := func(args ...string) answer { return ask(t, tn.secrets(), append(args, "-c", file)...) }

		before := in("check")
		require.Zero(t, before.code, before.stdout)
		assert.Contains(t, before.stdout, "there is no subscription yet to Audit.AzureActiveDirectory")
		assert.Contains(t, before.stdout, "is not there yet: collection begins at start_from 24h")
		assert.Equal(t, 1, in("health").code)
		assert.Empty(t, tn.sim.Subscribed(), "check starts nothing")
		assert.NoFileExists(t, tn.db())

		run := tn.start(p)
		tn.waitFor(tn.offered())
		while := in("check")
		require.Zero(t, while.code, while.stdout)
		assert.Contains(t, while.stdout, "in use by a running Fluent Bit")
		assert.Contains(t, while.stdout, "DLP.All: 3 contents in the last 24 hours")
		assert.Contains(t, while.stdout, "Nothing is wrong.")
		healthy := in("health", "--max-age", "1h")
		assert.Zero(t, healthy.code, healthy.stderr)
		assert.Contains(t, in("state", "show").stdout, "in use by a running Fluent Bit")
		assert.Contains(t, in("subscriptions", "list").stdout, "Audit.Exchange              enabled")
		dry := in("dry-run", "--since", "24h")
		require.Zero(t, dry.code, dry.stderr)
		assert.Equal(t, tn.offered(), strings.Count(dry.stdout, "\n"))

		require.Zero(t, run.Stop())
		tn.requireAllOnce()
		after := in("health")
		assert.Equal(t, 1, after.code)
		assert.Contains(t, after.stderr, "no running Fluent Bit has the state file "+tn.db()+" open")
		forgotten := in("state", "forget", "DLP.All")
		assert.Zero(t, forgotten.code, forgotten.stderr)
		assert.Regexp(t, `DLP\.All +-`, in("state", "show").stdout)
	})
}

// realFluentBit is Fluent Bit, or ends the test where there is none.
func realFluentBit(t *testing.T) program.Program {
	t.Helper()
	if len(program.All()) < 2 {
		t.Skip("there is no Fluent Bit to compare with")
	}
	return program.All()[1]
}

// report is what `check --json` prints, as far as it is looked at.
type report struct {
	Steps []struct {
		Status   string `json:"status"`
		Problems []struct {
			What string `json:"what"`
		} `json:"problems"`
	} `json:"steps"`
	Inputs []struct {
		Settings map[string]string `json:"settings"`
	} `json:"inputs"`
}

func checked(t *testing.T, file string) report {
	t.Helper()
	var r report
	require.NoError(t, json.Unmarshal([]byte(ask(t, nil, "check", "--json", "-c", file).stdout), &r))
	return r
}

const dummies = "\n[OUTPUT]\n    Name null\n    Match *\n"

func TestTheCommandRefusesTheFilesThatFluentBitRefuses(t *testing.T) {
	t.Parallel()
	p := realFluentBit(t)
	for name, tt := range map[string]struct {
		file, text string
		refused    bool
	}{
		"good":                  {"a.conf", "[INPUT]\n    Name dummy\n    Tag x" + dummies, false},
		"no newline at the end": {"a.conf", "[INPUT]\n    Name dummy" + dummies + "    Alias x", false},
		"windows":               {"a.conf", "[INPUT]\r\n    Name dummy\r\n    Tag x\r\n" + dummies, false},
		"tabs for indentation":  {"a.conf", "[INPUT]\n\tName dummy\n\tTag x\n", false},
		"a tab as separator":    {"a.conf", "[INPUT]\n    Name\tdummy\n", true},
		"no value":              {"a.conf", "[INPUT]\n    Name dummy\n    Tag\n", true},
		"empty value":           {"a.conf", "[INPUT]\n    Name dummy\n    Tag  \n", true},
		"not indented":          {"a.conf", "[INPUT]\nName dummy\nTag x\n", true},
		"less indented":         {"a.conf", "[INPUT]\n    Name dummy\n  Tag x\n", true},
		"more indented":         {"a.conf", "[INPUT]\n    Name dummy\n      Tag x\n", true},
		"open header":           {"a.conf", "[INPUT\n    Name dummy\n", true},
		"no section":            {"a.conf", "    Name dummy\n", true},
		"no name":               {"a.conf", "[INPUT]\n    Tag x\n", true},
		"missing include":       {"a.conf", "@INCLUDE nowhere.conf\n[INPUT]\n    Name dummy\n", true},
		"missing glob":          {"a.conf", "@INCLUDE nowhere*.conf\n[INPUT]\n    Name dummy\n", true},
		"a set without a value": {"a.conf", "@SETX\n[INPUT]\n    Name dummy\n", true},
		"good yaml":             {"a.yaml", "pipeline:\n  inputs:\n    - name: dummy\n      tag: x\n  outputs: [{name: 'null', match: '*'}]\n", false},
		"an empty value, yaml":  {"a.yaml", "pipeline:\n  inputs:\n    - name: dummy\n      dummy:\n", false},
		"env as a list":         {"a.yaml", "env:\n  - name: A\n    value: dummy\npipeline:\n  inputs:\n    - name: ${A}\n", false},
		"no yaml":               {"a.yaml", "pipeline:\n  - x\n y: [\n", true},
		"an alias":              {"a.yaml", "pipeline:\n  inputs:\n    - name: &a dummy\n      tag: *a\n", true},
		"a wrong pipeline":      {"a.yaml", "pipeline:\n  input:\n    - name: dummy\n", true},
		"no name, yaml":         {"a.yaml", "pipeline:\n  inputs:\n    - tag: x\n", true},
		"missing include, yaml": {"a.yaml", "includes: [nowhere.yaml]\npipeline:\n  inputs:\n    - name: dummy\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := write(t, tt.file, tt.text)
			out, err := exec.CommandContext(t.Context(), p.Path, "--dry-run", "-c", file).CombinedOutput()
			assert.Equal(t, tt.refused, err != nil, "Fluent Bit: %s", out)
			r := checked(t, file)
			require.NotEmpty(t, r.Steps)
			ours := false
			for _, problem := range r.Steps[0].Problems {
				ours = ours || !strings.HasPrefix(problem.What, "there is no input of the name office365")
			}
			assert.Equal(t, tt.refused, ours, "the command: %+v", r.Steps[0].Problems)
		})
	}
}

// settingsLine finds the settings that the plugin logs at its start.
var settingsLine = regexp.MustCompile(`settings in force (.*)`)

func TestTheCommandReadsTheSettingsThatThePluginGets(t *testing.T) {
	t.Parallel()
	p := realFluentBit(t)
	const guid = "0aa0aaaa-1111-2222-3333-444455556666"
	account := []string{"client_id", guid, "client_secret", "s3cret-of-nobody", "authority", "https://127.0.0.1:1", "api_url", "https://127.0.0.1:1"}
	for name, tt := range map[string]struct {
		file  string
		files map[string]string
	}{
		"classic": {"main.conf", map[string]string{
			"main.conf": "@SET t=" + guid + "\n@INCLUDE in*.conf\n[SERVICE]\n    Flush 1\n" + dummies,
			"in1.conf": program.Section("INPUT", append([]string{
				"Name", "office365", "TENANT_ID", "${t}", "tenant_name", "${NOBODY:-one} and ${t}",
				"interval", "7m", "Interval", "9m", "proxy", "${NOBODY}", "content_types", "dlp.all",
			}, account...)...),
			"in2.conf": program.Section("INPUT", append([]string{
				"Name", "OFFICE365", "tenant_id", "${t}", "tenant_name", "two}${E2E_NAME}${open",
				"connector_name", "${NOBODY:-x} and ${lost",
			}, account...)...),
		}},
		"yaml": {"main.yaml", map[string]string{
			"main.yaml": "env:\n  t: " + guid + "\nincludes:\n  - sub/in.yaml\npipeline:\n  outputs: [{name: 'null', match: '*'}]\n",
			"sub/in.yaml": "pipeline:\n  inputs:\n    - name: office365\n      tenantId: ${t}\n      tenant_name: \"${NOBODY:-one} and ${t}\"\n" +
				"      interval: 7m\n      interval: 9m\n      content_types: [DLP.All, Audit.General]\n" + yamlPairs(account) +
				"    - name: office365\n      tenant_id: ${t}\n      tenant_name: \"two}${E2E_NAME}${open\"\n      connectorName: '${NOBODY:-x} and ${lost'\n" + yamlPairs(account),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for file, text := range tt.files {
				path := filepath.Join(dir, file)
				require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
				require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
			}
			run := p.StartFile(t, nil, filepath.Join(dir, tt.file), []string{"s3cret-of-nobody"})
			program.Eventually(t, 20*time.Second, "both inputs", func() bool { return len(settingsLine.FindAllString(run.Log.String(), -1)) == 2 })
			r := checked(t, filepath.Join(dir, tt.file))
			require.Len(t, r.Inputs, 2)
			for i, line := range settingsLine.FindAllString(run.Log.String(), -1) {
				require.NotEmpty(t, r.Inputs[i].Settings)
				for key, value := range r.Inputs[i].Settings {
					plain, quoted := " "+key+"="+value+" ", fmt.Sprintf(" %s=%q ", key, value)
					assert.True(t, strings.Contains(line+" ", plain) || strings.Contains(line+" ", quoted), "%s=%s\n%s", key, value, line)
				}
			}
			run.Kill()
		})
	}
}

func yamlPairs(pairs []string) string {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		fmt.Fprintf(&b, "      %s: %s\n", pairs[i], pairs[i+1])
	}
	return b.String()
}
