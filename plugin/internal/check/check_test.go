package check

import (
	"cmp"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"office365/normalize"
	"office365/plugin/internal/config"
	"office365/plugin/internal/fluentconf"
	"office365/plugin/internal/network"
)

func TestATagMatchesAsARegularExpressionOfStarsWould(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`[ab.*]{0,6}`).Draw(t, "pattern")
		tag := rapid.StringMatching(`[ab.]{0,8}`).Draw(t, "tag")
		stars := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, `.*`)
		want := regexp.MustCompile(`^` + stars + `$`).MatchString(tag)
		require.Equal(t, want, matches(pattern, tag), "%q %q", pattern, tag)
	})
}

func TestEveryKeyOfFluentBitAndOfThePluginIsKnown(t *testing.T) {
	t.Parallel()
	var i Input
	for _, key := range append(knownKeys(), "net.connect_timeout", "tls.verify", "tls", "oauth2.token_url") {
		assert.True(t, i.known(key), key)
	}
	for _, key := range []string{"tenantt_id", "nett", "storage", "storage.typ", ""} {
		assert.False(t, i.known(key), key)
	}
}

func TestRecordsThatAreReroutedAreNotMissed(t *testing.T) {
	t.Parallel()
	input := fluentconf.Section{Plugin: Plugin, Properties: []fluentconf.Property{{Key: "tag", Values: []string{"o365"}}}}
	output := fluentconf.Section{Plugin: "null", Properties: []fluentconf.Property{
		{Key: "match", Values: []string{"other"}}, {Key: "retry_limit", Values: []string{"no_limits"}},
	}}
	c := &fluentconf.Config{Inputs: []fluentconf.Section{input}, Outputs: []fluentconf.Section{output}}
	assert.Equal(t, Fail, lookAt(c).Status())
	c.Filters = []fluentconf.Section{{Plugin: "rewrite_tag"}}
	assert.Equal(t, OK, lookAt(c).Status())
	c.Filters = nil
	c.Inputs[0].Properties = append(c.Inputs[0].Properties, fluentconf.Property{Key: "routes"})
	assert.Equal(t, OK, lookAt(c).Status())
}

func TestTheOutputOfS3WantsANumberOfRetries(t *testing.T) {
	t.Parallel()
	input := fluentconf.Section{Plugin: Plugin, Properties: []fluentconf.Property{{Key: "tag", Values: []string{"o365"}}}}
	for limit, want := range map[string]Status{"": Warn, "no_limits": Warn, "10": Warn, "1000000000": OK} {
		output := fluentconf.Section{Plugin: "s3", Properties: []fluentconf.Property{
			{Key: "match", Values: []string{"*"}}, {Key: "retry_limit", Values: []string{limit}},
		}}
		r := lookAt(&fluentconf.Config{Inputs: []fluentconf.Section{input}, Outputs: []fluentconf.Section{output}})
		assert.Equal(t, want, r.Status(), "%q", limit)
	}
}

func TestTheExamplesAreFreeOfProblems(t *testing.T) {
	t.Parallel()
	top, err := filepath.Abs("../../..")
	require.NoError(t, err)
	var examples []string
	for _, pattern := range []string{"conf/fluent-bit.*", "conf/outputs/*.yaml", "conf/outputs/*.conf", "docker/demo.yaml"} {
		found, err := filepath.Glob(filepath.Join(top, pattern))
		require.NoError(t, err)
		examples = append(examples, found...)
	}
	require.NotEmpty(t, examples)
	variables := map[string]string{
		"O365_TENANT_ID": "0aa0aaaa-1111-2222-3333-444455556666", "O365_CLIENT_ID": "11111111-2222-3333-4444-555555555555", "O365_CLIENT_SECRET": "x",
	}
	for _, file := range examples {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			c, err := fluentconf.Read(fluentconf.Options{
				FS: os.DirFS("/"), Dir: "/", Getenv: func(name string) string { return cmp.Or(variables[name], "set") },
			}, file)
			require.NoError(t, err)
			assert.Empty(t, lookAt(c).Problems)
			require.NotEmpty(t, Inputs(c))
			for _, i := range Inputs(c) {
				_, r := i.settings(c.Service.Last("storage.path"))
				assert.Empty(t, r.Problems)
			}
		})
	}
}

func TestANameThatIsNotFoundIsTheOnlyThingWrong(t *testing.T) {
	t.Parallel()
	failure := network.Explain(&net.DNSError{Err: "no such host", Name: "login.example", IsNotFound: true})
	root := "https://login.example"
	c := &tenant{
		settings: config.Settings{Authority: root, APIURL: root},
		contacts: []network.Contact{{Root: root, Host: "login.example", Stage: network.StageName, Failure: &failure}},
	}
	names := c.lookUps()
	require.Equal(t, Fail, names.Status())
	assert.Equal(t, Problem{
		Fail, "login.example cannot be reached: lookup login.example: no such host",
		"check the name servers of this machine, authority and api_url, and proxy when only a proxy can look names up",
	}, names.Problems[0])
	ctx := t.Context()
	for _, later := range []Result{c.proxy(ctx), c.tls(ctx), c.clock(ctx), c.token(ctx), c.subscriptions(ctx), c.listing(ctx, normalize.DLPAll)} {
		assert.Equal(t, Skip, later.Status(), later.What)
	}
}
