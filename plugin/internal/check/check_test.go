package check

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"office365/plugin/internal/fluentconf"
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
