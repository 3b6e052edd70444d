package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestASecretPrintsAsStarsWhateverPrintsIt(t *testing.T) {
	t.Parallel()
	s := Secret(apiKey)
	for _, verb := range []string{"%s", "%v", "%+v", "%#v", "%q", "%x", "%X", "%d", "%10s", "%T%v"} {
		args := []any{s}
		if verb == "%T%v" {
			args = []any{s, s}
		}
		assert.NotContains(t, fmt.Sprintf(verb, args...), "s3cr", verb)
		assert.NotContains(t, fmt.Sprintf(verb, args...), "733363", verb)
	}
	assert.Equal(t, "***", s.String())
	assert.Empty(t, Secret("").String(), "an empty secret shows that there is none")
	assert.Equal(t, apiKey, s.Reveal())
}

func TestSettingsPrintWithoutSecretsAndPasswords(t *testing.T) {
	t.Parallel()
	const password = "pr0xypass"
	s, _, err := parse(section("proxy", "http://joe:"+password+"@proxy:3128"))
	require.NoError(t, err)

	asJSON, err := json.Marshal(s)
	require.NoError(t, err)
	pointer, err := json.Marshal(map[string]any{"settings": &s})
	require.NoError(t, err)
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("settings", "settings", s, "secret", s.ClientSecret)
	slog.New(slog.NewTextHandler(&logged, nil)).Info("settings", "settings", s, "secret", s.ClientSecret, "nested", struct{ S Settings }{s})

	for name, text := range map[string]string{
		"String":       s.String(),
		"%v":           fmt.Sprintf("%v", s),
		"%+v":          fmt.Sprintf("%+v", s),
		"%#v":          fmt.Sprintf("%#v", s),
		"%v pointer":   fmt.Sprintf("%v", &s),
		"%+v in other": fmt.Sprintf("%+v", struct{ S Settings }{s}),
		"JSON":         string(asJSON),
		"JSON pointer": string(pointer),
		"slog":         logged.String(),
	} {
		assert.NotContains(t, text, apiKey, name)
		assert.NotContains(t, text, password, name)
		assert.Contains(t, text, "***", name)
	}
	assert.Contains(t, s.String(), `tenant_id="`+tenant+`"`)
	assert.Contains(t, s.String(), `proxy="http://***@proxy:3128"`)
	assert.Contains(t, string(asJSON), `"interval":"5m"`)
	assert.Contains(t, logged.String(), `settings.interval=5m`)
}
