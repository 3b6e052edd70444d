package ocsf

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryTypeOfTheSchemaIsKnown(t *testing.T) {
	t.Parallel()
	classes := 0
	for _, group := range []map[string]*class{schema.Classes, schema.Objects} {
		for _, c := range group {
			for name, a := range c.Attributes {
				assert.True(t, isKnown(a.Type), "%s.%s is a %s", c.Name, name, a.Type)
				assert.Equal(t, a.Type == objectType, a.ObjectType != "", "%s.%s", c.Name, name)
				assert.Contains(t, []string{"required", "recommended", "optional"}, a.Requirement, "%s.%s", c.Name, name)
			}
			for _, name := range append(c.Constraints.AtLeastOne, c.Constraints.JustOne...) {
				assert.Contains(t, c.Attributes, name, c.Name)
			}
			classes++
		}
	}
	assert.Len(t, schema.byUID, 12)
	assert.Greater(t, classes, 100)
	assert.Equal(t, "api_activity", schema.byUID[6003].Name)
}

func TestScalarsHaveTheFormOfTheirType(t *testing.T) {
	t.Parallel()
	const neither, typed, formed = 0, 1, 2
	for kind, values := range map[string]map[string]int{
		"string_t":     {`""`: formed, `"é"`: formed, `1`: neither, `null`: neither, `[]`: neither},
		"url_t":        {`"no url at all"`: formed},
		"ip_t":         {`"203.0.113.7"`: formed, `"2001:db8::1"`: formed, `"fe80::1%eth0"`: formed, `"203.0.113.256"`: typed, `"host"`: typed, `7`: neither},
		"email_t":      {`"a.b+c@contoso.example"`: formed, `"a@b"`: typed, `"j.müller@contoso.example"`: typed, `"a b@c.d"`: typed, `""`: typed},
		"uuid_t":       {`"11111111-2222-3333-4444-555555555555"`: formed, `"{11111111-2222-3333-4444-555555555555}"`: typed},
		"mac_t":        {`"00:11:22:aa:BB:cc"`: formed, `"001122aabbcc"`: typed},
		"subnet_t":     {`"10.0.0.0/8"`: formed, `"10.0.0.0"`: typed},
		"datetime_t":   {`"2026-03-02T10:01:24.123Z"`: formed, `"2026-03-02T10:01:24"`: formed, `"2026-03-02"`: typed, `1`: neither},
		"bytestring_t": {`"YWI="`: formed, `"YWI"`: typed},
		"integer_t":    {`-2147483648`: formed, `2147483648`: typed, `1.0`: neither, `1e3`: neither, `"1"`: neither, `true`: neither},
		"long_t":       {`9223372036854775807`: formed, `9223372036854775808`: typed},
		"timestamp_t":  {`1772446195000`: formed, `"1772446195000"`: neither},
		"port_t":       {`0`: formed, `65535`: formed, `65536`: typed, `-1`: typed},
		"float_t":      {`1.5`: formed, `1`: formed, `"1.5"`: neither, `1e999`: typed},
		"boolean_t":    {`true`: formed, `"true"`: neither, `0`: neither},
		"unheard_of_t": {`"x"`: neither},
	} {
		for text, want := range values {
			d := json.NewDecoder(strings.NewReader(text))
			d.UseNumber()
			var value any
			require.NoError(t, d.Decode(&value))
			isTyped, isFormed := isScalar(kind, value)
			assert.Equal(t, []bool{want >= typed, want == formed}, []bool{isTyped, isFormed}, "%s %s", kind, text)
		}
	}
}
