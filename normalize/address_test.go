package normalize_test

import (
	"encoding/json"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"office365/normalize"
)

var addressPaths = []string{"srcip", "srcip_host", "srcip_version", "srcip_type", "srcport"}

// at is what the layer says of an address.
func at(ip, host, version, kind string, port int) map[string]any {
	m := map[string]any{"srcip": ip, "srcip_host": host, "srcip_version": version, "srcip_type": kind}
	if port > 0 {
		m["srcport"] = json.Number(quotedInt(port))
	}
	return m
}

func quotedInt(n int) string {
	b, err := json.Marshal(n)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestAddressesOfAllShapesAreRead(t *testing.T) {
	t.Parallel()
	const v4, v6 = "203.0.113.4", "2001:db8::5"
	none := map[string]any{}
	for text, want := range map[string]map[string]any{
		"203.0.113.4":             at(v4, v4, "ipv4", "public", 0),
		"203.0.113.4:63070":       at(v4, v4, "ipv4", "public", 63070),
		"2001:db8::5":             at(v6, v6, "ipv6", "public", 0),
		"[2001:db8::5]:12345":     at(v6, v6, "ipv6", "public", 12345),
		"[2001:db8::5]":           at(v6, v6, "ipv6", "public", 0),
		"[10.11.12.13]:12345":     at("10.11.12.13", "10.11.12.13", "ipv4", "private", 12345),
		"::1":                     at("::1", "::1", "ipv6", "private", 0),
		"::ffff:203.0.113.4":      at(v4, v4, "ipv4", "public", 0),
		"[::ffff:10.1.1.1]:443":   at("10.1.1.1", "10.1.1.1", "ipv4", "private", 443),
		"FE80::AB:1%eth0":         at("fe80::ab:1", "fe80::ab:1", "ipv6", "private", 0),
		"mail.contoso.example":    {"srcip_host": "mail.contoso.example"},
		"HOST1:8080":              {"srcip_host": "HOST1", "srcport": json.Number("8080")},
		"[HOST1]:8080":            {"srcip_host": "HOST1", "srcport": json.Number("8080")},
		"NAME (10.90.0.1)":        at("10.90.0.1", "NAME", "ipv4", "private", 0),
		"[NAME (10.90.0.1)]":      at("10.90.0.1", "NAME", "ipv4", "private", 0),
		"[NAME (10.90.0.1)]:7":    at("10.90.0.1", "NAME", "ipv4", "private", 7),
		"my pc! (2001:db8::5)":    at(v6, v6, "ipv6", "public", 0),
		" 203.0.113.4 ":           at(v4, v4, "ipv4", "public", 0),
		"0.0.0.0":                 at("0.0.0.0", "0.0.0.0", "ipv4", "public", 0),
		"::":                      at("::", "::", "ipv6", "public", 0),
		"255.255.255.255":         at("255.255.255.255", "255.255.255.255", "ipv4", "public", 0),
		"100.64.0.7":              at("100.64.0.7", "100.64.0.7", "ipv4", "public", 0),
		"192.0.2.7":               at("192.0.2.7", "192.0.2.7", "ipv4", "public", 0),
		"224.0.0.1":               at("224.0.0.1", "224.0.0.1", "ipv4", "public", 0),
		"ff02::1":                 at("ff02::1", "ff02::1", "ipv6", "public", 0),
		"fec0::1":                 at("fec0::1", "fec0::1", "ipv6", "public", 0),
		"127.0.0.1":               at("127.0.0.1", "127.0.0.1", "ipv4", "private", 0),
		"169.254.0.9":             at("169.254.0.9", "169.254.0.9", "ipv4", "private", 0),
		"172.31.255.255":          at("172.31.255.255", "172.31.255.255", "ipv4", "private", 0),
		"172.32.0.0":              at("172.32.0.0", "172.32.0.0", "ipv4", "public", 0),
		"192.168.1.1":             at("192.168.1.1", "192.168.1.1", "ipv4", "private", 0),
		"fd00::1":                 at("fd00::1", "fd00::1", "ipv6", "private", 0),
		"203.0.113.4:99999":       at(v4, v4, "ipv4", "public", 0),
		"203.0.113.4:0":           at(v4, v4, "ipv4", "public", 0),
		"203.0.113.4:http":        at(v4, v4, "ipv4", "public", 0),
		"":                        none,
		"null":                    none,
		"<null>":                  none,
		"Unknown":                 none,
		"10.0.0.256":              none,
		"2001:db8::zz":            none,
		"fe80:x":                  none,
		"two words":               none,
		"(10.0.0.1":               none,
		"name (nobody)":           none,
		"[":                       none,
		"[]":                      none,
		"]:1":                     none,
		":1":                      none,
		"%":                       none,
		"::1%":                    none,
		"naïve":                   none,
		"-":                       none,
		"203.0.113.4, 10.0.0.1":   none,
		"2001:db8::5:203.0.113.4": at("2001:db8::5:cb00:7104", "2001:db8::5:cb00:7104", "ipv6", "public", 0),
	} {
		got := object(t, `{"ClientIP":`+quoted(text)+`}`)
		assert.Equal(t, want, pick(got, addressPaths...), "%q", text)
		assert.Equal(t, text, got["ClientIP"])
	}
	for _, value := range []string{"null", "7", "[]", `["203.0.113.4"]`, "{}", "true"} {
		assert.Equal(t, none, pick(object(t, `{"ClientIP":`+value+`}`), addressPaths...), value)
	}
}

func TestTheFirstFieldWithAnAddressWins(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]any{
		`{"ActorIpAddress":"203.0.113.3","ClientIPAddress":"203.0.113.2","ClientIP":"203.0.113.1"}`: "203.0.113.1",
		`{"ActorIpAddress":"203.0.113.3","ClientIPAddress":"203.0.113.2","ClientIP":""}`:            "203.0.113.2",
		`{"ActorIpAddress":"203.0.113.3","ClientIPAddress":"<null>"}`:                               "203.0.113.3",
		`{"ActorIpAddress":"203.0.113.3","ClientIP":"host.example"}`:                                "203.0.113.3",
		`{"SenderIp":"203.0.113.9"}`: nil,
	} {
		got := object(t, text)
		assert.Equal(t, want, got["srcip"], text)
		assert.Equal(t, want, got["srcip_host"], text)
	}
	got := object(t, `{"ClientIP":"first.example:1","ClientIPAddress":"second.example","ActorIpAddress":"nonsense!"}`)
	assert.Equal(t, map[string]any{"srcip_host": "first.example", "srcport": json.Number("1")}, pick(got, addressPaths...))
}

func TestParseIPAgreesWithTheStandardLibrary(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(
		rapid.StringMatching(`[0-9]{1,4}(\.[0-9]{1,4}){2,4}`),
		rapid.StringMatching(`[0-9a-fA-F]{0,5}(:{1,2}[0-9a-fA-F]{0,4}){0,9}(%[a-z]?)?`),
		rapid.StringMatching(`(:{1,2}[0-9a-f]{0,4}){0,7}:[0-9]{1,3}(\.[0-9]{1,3}){3}`),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 16, 16), func(b []byte) string {
			ip, _ := netip.AddrFromSlice(b)
			return ip.String()
		}),
		rapid.String(),
	)
	rapid.Check(t, func(t *rapid.T) {
		s := text.Draw(t, "address")
		got, ok := normalize.ParseIP([]byte(s))
		want, err := netip.ParseAddr(s)
		require.Equal(t, err == nil, ok, s)
		if ok {
			require.Equal(t, want.WithZone("").Unmap(), got, s)
		}
	})
}
