package fluentconf_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/plugin/internal/fluentconf"
)

// files are the files of a test, by their absolute paths.
type files map[string]string

var variables = map[string]string{"SECRET": "s3cret", "EMPTY": "", "TENANT": "contoso"}

func read(f files, name string) (*fluentconf.Config, error) {
	fsys := fstest.MapFS{}
	for path, text := range f {
		fsys[strings.TrimPrefix(path, "/")] = &fstest.MapFile{Data: []byte(text)}
	}
	return fluentconf.Read(fluentconf.Options{
		FS: fsys, Dir: "/etc/fb", Getenv: func(name string) string { return variables[name] },
	}, name)
}

// outline prints what was read, a line for each section.
func outline(c *fluentconf.Config) string {
	var b strings.Builder
	all := append([]fluentconf.Section{c.Service}, c.Inputs...)
	all = append(append(all, c.Filters...), c.Outputs...)
	for _, s := range all {
		if len(s.Properties) == 0 && s.Plugin == "" {
			continue
		}
		fmt.Fprintf(&b, "%s %s @%s:", s.Kind, s.Plugin, s.Place)
		for _, p := range s.Properties {
			fmt.Fprintf(&b, " %s=%s", p.Key, strings.Join(p.Values, "|"))
		}
		b.WriteString("\n")
	}
	return b.String()
}

const classicFile = `@SET tag=mail
# a comment
[SERVICE]
    Flush 1
    storage.path /var/lib/x

[INPUT]
    Name   office365
    Tag    ${tag}.${TENANT}
    # a comment within
    Client_Secret ${SECRET}
    content_types  DLP.All, Audit.General
@INCLUDE more.conf
    db /x.db
[OUTPUT]
    Name stdout
    Match *
    [HEADERS]
        x y
    Retry_Limit ${LIMIT:-no_limits}
`

const yamlFile = `env:
  tag: mail
service:
  flush: 1
  storage.path: /var/lib/x
includes:
  - more.yaml
pipeline:
  inputs:
    - Name: office365
      tag: ${tag}.${TENANT}
      clientSecret: ${SECRET}
      content_types: [DLP.All, Audit.General]
      processors:
        logs:
          - name: x
  outputs:
    - name: stdout
      match: '*'
      retry_limit: ${LIMIT:-no_limits}
`

func TestBothSyntaxesSayTheSame(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		files files
		file  string
		want  string
	}{
		"classic": {
			files{"/etc/fb/a.conf": classicFile, "/etc/fb/more.conf": "[FILTER]\n\tName grep\n\tMatch  ${UNKNOWN}x\n"},
			"a.conf",
			"service  @: flush=1 storage.path=/var/lib/x\n" +
				"input office365 @a.conf:7: tag=mail.contoso client_secret=s3cret content_types=DLP.All, Audit.General db=/x.db\n" +
				"filter grep @more.conf:1: match=x\n" +
				"output stdout @a.conf:15: match=* retry_limit=no_limits\n",
		},
		"yaml": {
			files{"/etc/fb/a.yaml": yamlFile, "/etc/fb/more.yaml": "pipeline:\n  filters:\n    - name: grep\n      match: ${UNKNOWN}x\n"},
			"/etc/fb/a.yaml",
			"service  @: flush=1 storage.path=/var/lib/x\n" +
				"input office365 @/etc/fb/a.yaml:10: tag=mail.contoso client_secret=s3cret content_types=DLP.All|Audit.General processors=\n" +
				"filter grep @/etc/fb/more.yaml:3: match=x\n" +
				"output stdout @/etc/fb/a.yaml:18: match=* retry_limit=no_limits\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := read(tt.files, tt.file)
			require.NoError(t, err)
			c.Service.Place = fluentconf.Place{}
			assert.Equal(t, tt.want, outline(c))
			require.Len(t, c.Unset, 1)
			assert.Equal(t, "UNKNOWN", c.Unset[0].Name)
			assert.Len(t, c.Files, 2)
		})
	}
}

func TestVariablesAreExpandedAsFluentBitDoes(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"plain":                   "plain",
		"${SECRET}":               "s3cret",
		"a${SECRET}b":             "as3cretb",
		"${SECRET}${TENANT}":      "s3cretcontoso",
		"${NONE}":                 "",
		"${NONE:-x}":              "x",
		"${EMPTY:-x}":             "x",
		"${SECRET:-x}":            "s3cret",
		"${NONE:-}":               "",
		"${SET}":                  "by @SET",
		"${FILE}":                 "from a file",
		"${}":                     "${}",
		"${open":                  "${open",
		"} ${SECRET}":             "} ${SECRET}",
		"${SECRET} and ${lost":    "s3cret",
		"$SECRET":                 "$SECRET",
		"${NONE:-a:-b}":           "a:-b",
		"https://${TENANT}.x:80/": "https://contoso.x:80/",
	} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			c, err := read(files{
				"/a.conf":     "@SET SET=by @SET\n@SET FILE=file:///run/secret\n[INPUT]\n    Name x\n    key " + value + "\n",
				"/run/secret": "from a file\n",
			}, "/a.conf")
			require.NoError(t, err)
			assert.Equal(t, want, c.Inputs[0].First("key"))
		})
	}
}

func TestTheFirstCountsForThePluginTheLastForFluentBit(t *testing.T) {
	t.Parallel()
	c, err := read(files{"/a.conf": "[INPUT]\n  Name x\n  tag one\n  TAG two\n  tag ${EMPTY}\n"}, "/a.conf")
	require.NoError(t, err)
	assert.Equal(t, "one", c.Inputs[0].First("tag"))
	assert.Equal(t, "two", c.Inputs[0].Last("tag"))
}

func TestWhatFluentBitRefusesIsAnErrorWithItsPlace(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		files files
		file  string
		want  string
	}{
		"no file":           {files{}, "a.conf", "a.conf: cannot read a.conf: file does not exist"},
		"no include":        {files{"/etc/fb/a.conf": "\n@INCLUDE b.conf\n"}, "a.conf", "a.conf:2: cannot read /etc/fb/b.conf: file does not exist"},
		"no glob":           {files{"/etc/fb/a.conf": "@INCLUDE b*.conf\n"}, "a.conf", "a.conf:1: no file matches the include /etc/fb/b*.conf"},
		"circle":            {files{"/etc/fb/a.conf": "@INCLUDE a.conf\n"}, "a.conf", "a.conf:1: includes a.conf a second time"},
		"tab":               {files{"/a.conf": "[INPUT]\n    Name\toffice365\n"}, "/a.conf", "/a.conf:2: key and value are parted by a tab, which does not count; use spaces"},
		"no value":          {files{"/a.conf": "[INPUT]\n    s3cret\n"}, "/a.conf", "/a.conf:2: a key without a value"},
		"empty value":       {files{"/a.conf": "[INPUT]\n    db  \n"}, "/a.conf", "/a.conf:2: the key db has an empty value"},
		"not indented":      {files{"/a.conf": "[INPUT]\nName x\n"}, "/a.conf", "/a.conf:2: a line of a section is not indented"},
		"less indented":     {files{"/a.conf": "[INPUT]\n    Name x\n  db y\n"}, "/a.conf", "/a.conf:3: this line is indented less than the first one of the file, or with tabs in place of spaces"},
		"more indented":     {files{"/a.conf": "[INPUT]\n    Name x\n      db y\n"}, "/a.conf", "/a.conf:3: this line is indented more than the first one of the file"},
		"header":            {files{"/a.conf": "[INPUT\n"}, "/a.conf", "/a.conf:1: the header of a section lacks its ]"},
		"no section":        {files{"/a.conf": "    Name x\n"}, "/a.conf", "/a.conf:1: the key Name stands before the first section"},
		"no name":           {files{"/a.conf": "[INPUT]\n    Tag x\n"}, "/a.conf", "/a.conf:1: the input has no name"},
		"no file of secret": {files{"/a.conf": "@SET A=file:///nope\n"}, "/a.conf", "/a.conf:1: cannot read /nope for the variable A: file does not exist"},
		"no yaml":           {files{"/a.yaml": "pipeline:\n  - x\n y: [\n"}, "/a.yaml", "/a.yaml:2: this is no YAML: did not find expected key"},
		"star":              {files{"/a.yaml": "pipeline:\n  inputs:\n    - name: x\n      client_secret: *s3cret\n"}, "/a.yaml", "/a.yaml: a value that begins with * or & must stand in quotes"},
		"alias":             {files{"/a.yaml": "pipeline:\n  inputs:\n    - name: &a x\n      y: *a\n"}, "/a.yaml", "/a.yaml:4: a value that begins with * must stand in quotes (Fluent Bit knows no aliases)"},
		"pipeline":          {files{"/a.yaml": "pipeline:\n  input:\n    - name: x\n"}, "/a.yaml", `/a.yaml:2: pipeline has inputs, filters and outputs, and nothing of the name "input"`},
		"no list":           {files{"/a.yaml": "pipeline:\n  inputs:\n    name: x\n"}, "/a.yaml", "/a.yaml:3: inputs is no list"},
		"yaml without name": {files{"/a.yaml": "pipeline:\n  inputs:\n    - tag: x\n"}, "/a.yaml", "/a.yaml:3: the input has no name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := read(tt.files, tt.file)
			var refused *fluentconf.Error
			require.ErrorAs(t, err, &refused)
			assert.Equal(t, tt.want, err.Error())
			assert.NotContains(t, err.Error(), "s3cret")
		})
	}
}

func TestIncludesAreFoundWhereFluentBitLooks(t *testing.T) {
	t.Parallel()
	input := func(name string) string { return "[INPUT]\n  Name " + name + "\n" }
	c, err := read(files{
		"/srv/main.conf":    "@INCLUDE here.conf\n@INCLUDE beside.conf\n@INCLUDE d/*.conf\n",
		"/etc/fb/here.conf": input("workingfolder"),
		"/srv/here.conf":    input("wrong"),
		"/srv/beside.conf":  input("beside"),
		"/srv/d/1.conf":     input("one"),
		"/srv/d/2.conf":     input("two"),
	}, "/srv/main.conf")
	require.NoError(t, err)
	assert.Equal(t, []string{"workingfolder", "beside", "one", "two"}, plugins(c))

	yaml := func(name string) string { return "pipeline: {inputs: [{name: " + name + "}]}\n" }
	c, err = read(files{
		"/srv/main.yaml":   "includes:\n  - d/a.yaml\n  - d/e*.yml\n",
		"/srv/d/a.yaml":    "includes: [b.yaml]\n" + yaml("a"),
		"/srv/d/b.yaml":    yaml("b"),
		"/etc/fb/d/a.yaml": yaml("wrong"),
		"/srv/d/e1.yml":    yaml("glob"),
	}, "/srv/main.yaml")
	require.NoError(t, err)
	assert.Equal(t, []string{"b", "a", "glob"}, plugins(c))
}

func plugins(c *fluentconf.Config) []string {
	var names []string
	for _, s := range c.Inputs {
		names = append(names, s.Plugin)
	}
	return names
}

func TestTheListFormOfEnvCounts(t *testing.T) {
	t.Parallel()
	c, err := read(files{
		"/a.yaml": "env:\n  - name: A\n    value: one\n  - {name: B, uri: 'file:///b'}\n  - C: three\n" +
			"pipeline:\n  inputs:\n    - {name: x, key: '${A} ${B} ${C}'}\n",
		"/b": "two",
	}, "/a.yaml")
	require.NoError(t, err)
	assert.Equal(t, "one two three", c.Inputs[0].First("key"))
}

// FuzzRead looks for a panic, a reading that does not end, and an error without
// a place.
func FuzzRead(f *testing.F) {
	f.Add(classicFile, false)
	f.Add(yamlFile, true)
	f.Add("[INPUT]\n  Name ${A:-${B}\n  x }${\n@SET A=${A}\n@INCLUDE *\n", false)
	f.Add("a: &a [*a]\nincludes: ['*', a.yaml]\nenv: [{}]\n", true)
	f.Fuzz(func(t *testing.T, text string, yaml bool) {
		name := "/a.conf"
		if yaml {
			name = "/a.yaml"
		}
		c, err := read(files{name: text, "/more.conf": "[INPUT]\n  Name x\n"}, name)
		if err != nil {
			var refused *fluentconf.Error
			require.ErrorAs(t, err, &refused)
			require.NotEmpty(t, refused.Place.File)
			require.NotContains(t, err.Error(), "\n")
			return
		}
		for _, s := range c.Inputs {
			require.NotEmpty(t, s.Plugin)
			for _, p := range s.Properties {
				require.Equal(t, strings.ToLower(p.Key), p.Key)
			}
		}
	})
}
