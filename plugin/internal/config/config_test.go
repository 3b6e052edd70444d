package config

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"office365/normalize"
)

const (
	tenant = "aaaaaaaa-1111-2222-3333-444444444444"
	client = "bbbbbbbb-1111-2222-3333-444444444444"
	apiKey = "s3cr3t~Value" // what a client secret looks like
)

// section returns a minimal section that works, changed by keys and values.
func section(changes ...string) map[string]string {
	m := map[string]string{
		"tenant_id":     tenant,
		"client_id":     client,
		"client_secret": apiKey,
		"db":            "/var/lib/office365.db",
	}
	for i := 0; i < len(changes); i += 2 {
		m[changes[i]] = changes[i+1]
	}
	return m
}

func parse(section map[string]string) (Settings, []string, error) {
	return Parse(func(key string) string { return section[key] })
}

func TestASectionWithOnlyTheAppGetsEveryDefault(t *testing.T) {
	t.Parallel()
	got, warnings, err := parse(section())
	require.NoError(t, err)
	assert.Empty(t, warnings)
	assert.Equal(t, Settings{
		TenantID:          tenant,
		ClientID:          client,
		ClientSecret:      apiKey,
		AuthMethod:        AuthSecret,
		Plan:              PlanEnterprise,
		Authority:         "https://login.microsoftonline.com",
		APIURL:            "https://manage.office.com",
		PublisherID:       tenant,
		TenantName:        tenant,
		ContentTypes:      normalize.ContentTypes(),
		Interval:          5 * time.Minute,
		StartFrom:         StartFrom{Kind: StartNow},
		DB:                "/var/lib/office365.db",
		Overlap:           2 * time.Hour,
		Dedup:             true,
		DedupWindow:       26 * time.Hour,
		DedupMax:          500_000,
		RequestsPerMinute: 1800,
		FetchWorkers:      8,
		BatchBytes:        4_000_000,
		BufferBytes:       32_000_000,
		MaxRecordBytes:    4_000_000,
		CommitDelay:       5 * time.Second,
		Format:            FormatInterflow,
		VendorFields:      VendorTop,
		Flatten:           true,
		IndexKey:          "index",
		IndexEvents:       "windows_events",
		IndexAlerts:       "alerts",
		AlertUpdates:      UpdatesRevise,
		AlertMergeWait:    5 * time.Minute,
		AlertMergeTTL:     26 * time.Hour,
		AlertMaxEntities:  100,
		TLSVerify:         true,
		Timeout:           time.Minute,
		StatusInterval:    5 * time.Minute,
	}, got)
}

// rows has for every supported setting what it takes, with the effective value,
// and what it refuses, with the message.
var rows = map[string]struct {
	good map[string]string
	bad  map[string]string
}{
	"tenant_id": {
		good: map[string]string{
			"AAAAAAAA-1111-2222-3333-44444444444F":     "aaaaaaaa-1111-2222-3333-44444444444f",
			"  aaaaaaaa-1111-2222-3333-444444444444  ": tenant,
		},
		bad: map[string]string{
			"":                                     "tenant_id is missing; set it to the Directory (tenant) ID from the overview page of the app registration",
			"contoso.onmicrosoft.com":              `tenant_id "contoso.onmicrosoft.com" is not a GUID; use the form 11111111-2222-3333-4444-555555555555`,
			"00000000-0000-0000-0000-000000000000": "tenant_id 00000000-0000-0000-0000-000000000000 is the empty GUID; use that of your tenant or app",
		},
	},
	"client_id": {
		good: map[string]string{"BBBBBBBB-1111-2222-3333-444444444444": client},
		bad: map[string]string{
			"":                                       "client_id is missing; set it to the Application (client) ID",
			"{bbbbbbbb-1111-2222-3333-444444444444}": `client_id "{bbbbbbbb-1111-2222-3333-444444444444}" is not a GUID`,
		},
	},
	"client_secret": {
		good: map[string]string{"ab~c d": "***"},
		bad:  map[string]string{"": "client_secret is missing; set it to the value of a client secret of the app"},
	},
	"auth_method": {
		good: map[string]string{"auto": "secret", "Secret": "secret", "MANAGED_IDENTITY": "managed_identity"},
		bad: map[string]string{
			"certificate":       "certificate_file is missing; set it to the PEM file with the certificate of the app",
			"workload_identity": "federated_token_file is missing, and so is $AZURE_FEDERATED_TOKEN_FILE; set it to the file with the token of the workload identity",
			"secrt":             `auth_method "secrt" is unknown; use auto, secret, certificate, workload_identity or managed_identity (did you mean secret?)`,
		},
	},
	"client_secret_file": {
		good: map[string]string{"": ""},
		bad:  map[string]string{"a\x00b": `client_secret_file "a\x00b" holds a zero byte`, "/run/secret": "client_secret and client_secret_file are both set; keep one"},
	},
	"certificate_file": {
		good: map[string]string{"": ""},
		bad:  map[string]string{"a\x00b": `certificate_file "a\x00b" holds a zero byte`, "app.pem": "client_secret and certificate_file are both set; keep one"},
	},
	"certificate_key_file": {
		good: map[string]string{"": ""},
		bad:  map[string]string{"a\x00b": `certificate_key_file "a\x00b" holds a zero byte`, "app.key": "certificate_key_file is set without certificate_file; set that to the certificate of the key"},
	},
	"federated_token_file": {
		good: map[string]string{"": ""},
		bad:  map[string]string{"a\x00b": `federated_token_file "a\x00b" holds a zero byte`, "token": "client_secret and federated_token_file are both set; keep one"},
	},
	"plan": {
		good: map[string]string{"GCC_High": "gcc_high", "dod": "dod"},
		bad: map[string]string{
			"us":      `plan "us" is unknown; use enterprise, gcc, gcc_high, dod or china`,
			"gcchigh": `plan "gcchigh" is unknown; use enterprise, gcc, gcc_high, dod or china (did you mean gcc_high?)`,
		},
	},
	"authority": {
		good: with(roots, "https://gateway.example/Entra/public/", "https://gateway.example/Entra/public"),
		bad: with(badRoots("authority"),
			"https://login.microsoftonline.com/"+tenant, `authority "https://login.microsoftonline.com/`+tenant+`" has a path; write only https://login.microsoftonline.com`,
			"https://gateway.example/entra/"+tenant+"/", `authority "https://gateway.example/entra/`+tenant+`/" names a tenant, which tenant_id does; end it before that`),
	},
	"api_url": {good: roots, bad: with(badRoots("api_url"),
		"https://manage.example/a/b", `api_url "https://manage.example/a/b" has a path; write only https://manage.example`)},
	"publisher_id": {
		good: map[string]string{"CCCCCCCC-1111-2222-3333-444444444444": "cccccccc-1111-2222-3333-444444444444"},
		bad:  map[string]string{"contoso": `publisher_id "contoso" is not a GUID`},
	},
	"tenant_name": {
		good: map[string]string{"Köln GmbH": "Köln GmbH"},
		bad:  map[string]string{"a\nb": `tenant_name "a\nb" holds control characters`, "a\xff": `tenant_name "a\xff" holds control characters or is not UTF-8`},
	},
	"connector_name": {
		good: map[string]string{"office 365 (EMEA)": "office 365 (EMEA)"},
		bad:  map[string]string{"Köln": `connector_name "Köln" is not plain ASCII`},
	},
	"tenantid": {
		good: map[string]string{"Köln": "Köln"},
		bad:  map[string]string{"a\tb": `tenantid "a\tb" holds control characters`},
	},
	"content_types": {
		good: map[string]string{
			"dlp.all":                         "DLP.All",
			"Audit.General,AUDIT.EXCHANGE":    "Audit.General, Audit.Exchange",
			"Audit.General,\t  Audit.General": "Audit.General",
		},
		bad: map[string]string{
			"Audit.General Audit.Sharepoin": `content_types "Audit.General Audit.Sharepoin" is wrong: "Audit.Sharepoin" is no content type; use Audit.AzureActiveDirectory, Audit.Exchange, Audit.General, Audit.SharePoint or DLP.All (did you mean Audit.SharePoint?)`,
			", ,":                           `content_types ", ," names no content type; use Audit.AzureActiveDirectory`,
		},
	},
	"interval": {
		good: map[string]string{"90s": "1m30s", "1H": "1h", "1h30m": "1h30m", "1m": "1m"},
		bad: map[string]string{
			"300":  "interval 300 has no unit; write 300s for seconds or 300m for minutes",
			"-5":   `interval "-5" has no unit`,
			"0":    "interval 0 is out of range; use 1s to 24h",
			"2d":   "interval 2d is out of range",
			"5min": "interval 5min is not a duration; write a number with a unit: s, m, h or d, such as 90s or 5m",
			"-5m":  `interval "-5m" is not a duration`,
			"soon": `interval "soon" is not a duration`,
		},
	},
	"start_from": {
		good: map[string]string{
			"NOW": "now", "Earliest": "earliest", "36h": "36h", "2d": "48h", "1d12h": "36h",
			"2026-01-31T08:00:00+01:00": "2026-01-31T07:00:00Z", "2026-01-31t08:00:00.5z": "2026-01-31T08:00:00.5Z",
		},
		bad: map[string]string{
			"yesterday":            `start_from "yesterday" is not a start; use now, earliest, a duration back such as 36h, or a time such as 2026-01-31T08:00:00Z`,
			"36":                   "start_from 36 has no unit; write 36s for seconds or 36m for minutes",
			"0":                    "start_from 0 is not a start",
			"2026-01-31":           "start_from 2026-01-31 has no zone or is not in the form of RFC 3339; write 2026-01-31T00:00:00Z for UTC",
			"2026-01-31 08:00:00":  `start_from "2026-01-31 08:00:00" has no zone or is not in the form of RFC 3339; write 2026-01-31T08:00:00Z for UTC`,
			"0026-01-31T08:00:00Z": "start_from 0026-01-31T08:00:00Z is before the year 2000",
		},
	},
	"db": {
		good: map[string]string{"office365.db": "office365.db"},
		bad:  map[string]string{"a\x00b": `db "a\x00b" holds a zero byte`},
	},
	"overlap": {
		good: map[string]string{"0s": "0s", "24h": "24h", "1d": "24h"},
		bad:  map[string]string{"25h": "overlap 25h is out of range; use 0s to 24h"},
	},
	"dedup": {
		good: map[string]string{"OFF": "off", "true": "on", "no": "off", "yes": "on"},
		bad:  map[string]string{"1": "dedup 1 is neither on nor off; use one of them"},
	},
	"dedup_window": {
		good: map[string]string{"7d": "168h", "2h": "2h"},
		bad: map[string]string{
			"15d": "dedup_window 15d is out of range",
			"1h":  "dedup_window 1h is shorter than overlap 2h; use at least that",
		},
	},
	"dedup_max": {
		good: map[string]string{"1": "1"},
		bad:  map[string]string{"0": "dedup_max 0 is out of range; use 1 to 10000000", "1e6": "dedup_max 1e6 is not a whole number", "99999999999999999999": "dedup_max 99999999999999999999 is out of range"},
	},
	"requests_per_minute": {
		good: map[string]string{"60000": "60000"},
		bad:  map[string]string{"-1": `requests_per_minute "-1" is out of range`},
	},
	"fetch_workers": {
		good: map[string]string{"64": "64"},
		bad:  map[string]string{"65": "fetch_workers 65 is out of range; use 1 to 64", "many": `fetch_workers "many" is not a whole number; use one from 1 to 64`},
	},
	"batch_size": {
		good: map[string]string{"16M": "16M", "1k": "1k", "1.5MB": "1500k", "1000": "1k"},
		bad: map[string]string{
			"4MiB":                    "batch_size 4MiB is not a size; write a number of bytes, or with k, M or G, such as 4M",
			"999":                     "batch_size 999 is out of range; use 1k to 2G",
			"-4M":                     `batch_size "-4M" is not a size`,
			"16.1M":                   "buffer_size 32M is less than twice batch_size 16100k; use at least 32200k",
			"9999999999999999999999G": "batch_size 9999999999999999999999G is out of range",
		},
	},
	"buffer_size": {
		good: map[string]string{"8M": "8M", "2G": "2G"},
		bad: map[string]string{
			"7M": "buffer_size 7M is less than twice batch_size 4M; use at least 8M",
			"3G": "buffer_size 3G is out of range; use 1k to 2G",
		},
	},
	"max_record_size": {
		good: map[string]string{"32M": "32M"},
		bad:  map[string]string{"33M": "max_record_size 33M is more than buffer_size 32M; use at most that"},
	},
	"commit_delay": {
		good: map[string]string{"0s": "0s", "500ms": "500ms"},
		bad:  map[string]string{"5": "commit_delay 5 has no unit; write 5s for seconds or 5m for minutes"},
	},
	"format": {
		good: map[string]string{"Interflow": "interflow", "RAW": "raw", "ECS": "ecs", "ocsf": "ocsf"},
		bad:  map[string]string{"json": `format "json" is unknown; use interflow, raw, ecs or ocsf`},
	},
	"vendor_fields": {
		good: map[string]string{"Top": "top", "nested": "nested", "both": "both"},
		bad:  map[string]string{"none": `vendor_fields "none" is unknown; use top, nested or both`},
	},
	"flatten": {
		good: map[string]string{"off": "off", "On": "on"},
		bad:  map[string]string{"both": `flatten "both" is neither on nor off`},
	},
	"raw": {
		good: map[string]string{"on": "on", "Off": "off"},
		bad:  map[string]string{"base64": `raw "base64" is neither on nor off`},
	},
	"redact": {
		good: map[string]string{"on": "on", "false": "off"},
		bad:  map[string]string{"all": `redact "all" is neither on nor off`},
	},
	"index_key": {
		good: map[string]string{"_index": "_index", "Off": "", "kind": "kind"},
		bad: map[string]string{
			"Operation": `index_key "Operation" cannot be the name of the key; begin with a lower-case letter`,
			"msg_class": `index_key "msg_class" is already a field of records`,
			"severity":  `index_key "severity" is already a field of records; use another name`,
		},
	},
	"index_events": {
		good: map[string]string{"o365": "o365"},
		bad:  map[string]string{"a\rb": `index_events "a\rb" holds control characters`},
	},
	"index_alerts": {
		good: map[string]string{"o365-alerts": "o365-alerts"},
		bad:  map[string]string{"a\nb": `index_alerts "a\nb" holds control characters`},
	},
	"alert_updates": {
		good: map[string]string{"Revise": "revise", "once": "once", "off": "off"},
		bad:  map[string]string{"on": `alert_updates "on" is unknown; use revise, once or off`},
	},
	"alert_merge_wait": {
		good: map[string]string{"0": "0s", "0s": "0s", "60m": "1h", "90s": "1m30s"},
		bad: map[string]string{
			"5":   "alert_merge_wait 5 has no unit; write 5s for seconds or 5m for minutes",
			"61m": "alert_merge_wait 61m is out of range; use 0s to 1h",
		},
	},
	"alert_merge_ttl": {
		good: map[string]string{"26h": "26h", "7d": "168h", "5m": "5m"},
		bad: map[string]string{
			"15d": "alert_merge_ttl 15d is out of range",
			"4m":  "alert_merge_ttl 4m is shorter than alert_merge_wait 5m; use at least that",
		},
	},
	"alert_max_entities": {
		good: map[string]string{"1": "1", "10000": "10000"},
		bad:  map[string]string{"0": "alert_max_entities 0 is out of range; use 1 to 10000", "all": `alert_max_entities "all" is not a whole number`},
	},
	"alert_status_updates": {
		good: map[string]string{"on": "on", "no": "off"},
		bad:  map[string]string{"2": "alert_status_updates 2 is neither on nor off"},
	},
	"original_bundle": {
		good: map[string]string{"on": "on", "off": "off"},
		bad:  map[string]string{"2": "original_bundle 2 is neither on nor off"},
	},
	"proxy": {
		good: map[string]string{
			"http://proxy:3128":               "http://proxy:3128",
			"socks5://[::1]:1080":             "socks5://[::1]:1080",
			"http://joe:p%40ss@proxy:3128":    "http://***@proxy:3128",
			"https://joe:pass@p.example:3128": "https://***@p.example:3128",
		},
		bad: map[string]string{
			"proxy:3128":               `proxy "proxy:3128" has no scheme; write one in front, such as http://`,
			"ftp://proxy":              `proxy "ftp://proxy" has an unknown scheme; use http, https or socks5`,
			"http://":                  `proxy "http://" is not a URL`,
			"http://joe:pw@proxy/path": `proxy "http://***@proxy/path" has a path, a query or a fragment`,
			"joe:pw@proxy:3128":        `proxy "***@proxy:3128" has no scheme`,
			"http://joe:p%w@proxy":     `proxy "http://***@proxy" is not a URL`,
			"http://proxy:99999":       `proxy "http://proxy:99999" has a port that is no port`,
		},
	},
	"ca_file": {
		good: map[string]string{"ca.pem": "ca.pem"},
		bad:  map[string]string{"\x00a": `ca_file "\x00a" holds a zero byte`},
	},
	"tls_verify": {
		good: map[string]string{"off": "off"},
		bad:  map[string]string{"never": `tls_verify "never" is neither on nor off`},
	},
	"timeout": {
		good: map[string]string{"30m": "30m"},
		bad:  map[string]string{"60": "timeout 60 has no unit", "31m": "timeout 31m is out of range; use 1s to 30m"},
	},
	"status_interval": {
		good: map[string]string{"1h": "1h"},
		bad:  map[string]string{"100ms": "status_interval 100ms is out of range; use 1s to 24h"},
	},
}

var roots = map[string]string{
	"https://127.0.0.1:8443":         "https://127.0.0.1:8443",
	"https://[::1]:8443/":            "https://[::1]:8443",
	"HTTPS://Manage.Office.Com/":     "https://manage.office.com",
	"https://manage.contoso.example": "https://manage.contoso.example",
}

// with adds pairs to a map of values.
func with(values map[string]string, pairs ...string) map[string]string {
	values = maps.Clone(values)
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return values
}

func badRoots(key string) map[string]string {
	return map[string]string{
		"http://127.0.0.1:80":           key + ` "http://127.0.0.1:80" is not https; a token must not travel in the clear`,
		"manage.office.com":             key + ` "manage.office.com" has no scheme; write https:// in front`,
		"https://joe:pw@manage.example": key + ` "https://***@manage.example" holds a user name; remove it`,
		"https://manage.example?a=b":    key + ` "https://manage.example?a=b" has a query or a fragment; remove it`,
		"https://manage.example#":       key + ` "https://manage.example#" has a query or a fragment; remove it`,
		"https://":                      key + ` "https://" is not a URL; write one such as https://manage.office.com`,
		"https:manage.example":          key + ` "https:manage.example" is not a URL`,
		"https://manage.example:0":      key + ` "https://manage.example:0" has a port that is no port; use 1 to 65535`,
		"://":                           key + ` "://" is not a URL`,
	}
}

func TestEverySettingTakesWhatItShouldAndRefusesTheRestByName(t *testing.T) {
	t.Parallel()
	tested := 0
	for i := range fields {
		f := &fields[i]
		row, ok := rows[f.Key]
		if !ok {
			assert.Fail(t, "a setting without a test", f.Key)
			continue
		}
		tested++
		t.Run(f.Key, func(t *testing.T) {
			t.Parallel()
			require.NotEmpty(t, row.good)
			require.NotEmpty(t, row.bad)
			for value, want := range row.good {
				got, _, err := parse(section(f.Key, value))
				if assert.NoError(t, err, value) {
					assert.Equal(t, want, f.kind.show(&got), value)
				}
			}
			for value, want := range row.bad {
				got, _, err := parse(section(f.Key, value))
				if assert.Error(t, err, value) {
					assert.True(t, strings.HasPrefix(err.Error(), want), "%q gives: %v", value, err)
					assert.NotContains(t, err.Error(), "\n", "one mistake, one message")
				}
				assert.Equal(t, Settings{}, got)
			}
		})
	}
	assert.Len(t, rows, tested, "a test without a setting")
}

func TestAllProblemsAreReportedAtOnceInTheOrderOfTheTable(t *testing.T) {
	t.Parallel()
	_, _, err := parse(map[string]string{
		"client_id":            client,
		"client_secret":        apiKey,
		"certificate_file":     "app.pem",
		"plan":                 "us",
		"interval":             "300",
		"batch_size":           "20M",
		"federated_token_file": "token",
	})
	require.Error(t, err)
	assert.Equal(t, []string{
		"tenant_id is missing; set it to the Directory (tenant) ID from the overview page of the app registration",
		`plan "us" is unknown; use enterprise, gcc, gcc_high, dod or china`,
		"interval 300 has no unit; write 300s for seconds or 300m for minutes",
		"client_secret, certificate_file and federated_token_file are all set; keep one",
		"buffer_size 32M is less than twice batch_size 20M; use at least 40M",
	}, strings.Split(err.Error(), "\n"))
	var one *FieldError
	require.ErrorAs(t, err, &one)
	assert.Equal(t, "tenant_id", one.Key)
}

func TestAWrongSettingDoesNotDrawOthersIn(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]map[string]string{
		"a size that cannot be read":      section("batch_size", "lots"),
		"a time that cannot be read":      section("overlap", "long", "dedup_window", "1h"),
		"a method that does not exist":    section("auth_method", "managed", "client_secret", ""),
		"a window that is not used":       section("dedup", "perhaps", "dedup_window", "1h"),
		"a record larger than the buffer": section("buffer_size", "8x", "max_record_size", "40M"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := parse(s)
			require.Error(t, err)
			assert.NotContains(t, err.Error(), "\n")
		})
	}
	_, _, err := parse(section("dedup", "off", "dedup_window", "1h"))
	assert.NoError(t, err, "without dedup its window does not matter")
}

func TestTheIndexKeyIsNoFieldOfItsFormat(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"@timestamp", "host", "o365", "event"} {
		_, _, err := parse(section("format", "ecs", "index_key", key))
		require.ErrorContains(t, err, "index_key \""+key+"\" is ", key)
	}
	_, _, err := parse(section("index_key", "host"))
	require.NoError(t, err, "the default has no such field")
	_, _, err = parse(section("format", "ecs", "index_key", "kind"))
	require.NoError(t, err)
}

func TestAPlanGivesTheRootsAndASettingOverridesThem(t *testing.T) {
	t.Parallel()
	for plan, want := range map[Plan][2]string{
		PlanEnterprise: {"https://manage.office.com", "https://login.microsoftonline.com"},
		PlanGCC:        {"https://manage-gcc.office.com", "https://login.microsoftonline.com"},
		PlanGCCHigh:    {"https://manage.office365.us", "https://login.microsoftonline.us"},
		PlanDoD:        {"https://manage.protection.apps.mil", "https://login.microsoftonline.us"},
		PlanChina:      {"https://manage.office365.cn", "https://login.partner.microsoftonline.cn"},
	} {
		got, _, err := parse(section("plan", string(plan)))
		require.NoError(t, err)
		assert.Equal(t, want, [2]string{got.APIURL, got.Authority}, plan)

		got, _, err = parse(section("plan", string(plan), "api_url", "https://localhost:1"))
		require.NoError(t, err)
		assert.Equal(t, [2]string{"https://localhost:1", want[1]}, [2]string{got.APIURL, got.Authority}, plan)
	}
	assert.Len(t, clouds, len(plans))
}

func TestWhatIsLikelyNotMeantWarns(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		section map[string]string
		want    string
	}{
		"quick polls":       {section("interval", "30s"), "interval 30s is under 1m"},
		"no verification":   {section("tls_verify", "off"), "tls_verify is off"},
		"no state file":     {section("db", ""), "db is not set: the position lives in memory, and a restart begins at start_from now again"},
		"more than is kept": {section("start_from", "8d"), "start_from 192h is more than the 7 days"},
		"ID for a secret":   {section("client_secret", client), "client_secret has the form of a GUID"},
		"nested originals in a schema": {
			section("format", "ocsf", "vendor_fields", "nested"), "vendor_fields nested has no effect in format ocsf: the original fields have",
		},
		"no objects in a schema":      {section("format", "ocsf", "flatten", "off"), "flatten off has no effect in format ocsf: "},
		"text beside original fields": {section("raw", "on"), "raw on has no effect in format interflow: "},
		"beside an error":             {section("interval", "30s", "timeout", "60"), "interval 30s is under 1m"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, warnings, _ := parse(tt.section)
			require.Len(t, warnings, 1)
			assert.True(t, strings.HasPrefix(warnings[0], tt.want), warnings[0])
		})
	}
}

func TestNoTextEndsInAPanicOrGivesASecretAway(t *testing.T) {
	t.Parallel()
	keys := make([]string, len(fields))
	for i := range fields {
		keys[i] = fields[i].Key
	}
	value := rapid.OneOf(
		rapid.String(),
		rapid.StringMatching(`-?[0-9]{1,25}(\.[0-9]{1,3})?[a-zA-Z]{0,3}`),
		rapid.StringMatching(`[a-z0-9]{0,6}:?/?/?[a-z:%@\[\]]{0,12}:?[0-9]{0,6}[/?#]?`),
		rapid.StringMatching(`[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{0,10}[Zz+-]?[0-9:]{0,5}`),
		rapid.SampledFrom([]string{"on", "off", "now", "5m", "4M", "gcc", "Audit.General", tenant}),
	)
	rapid.Check(t, func(t *rapid.T) {
		s := section()
		maps.Copy(s, rapid.MapOfN(rapid.SampledFrom(keys), value, 0, 8).Draw(t, "changes"))
		s["client_secret"] = apiKey
		got, warnings, err := parse(s)
		if err != nil {
			if strings.Contains(err.Error(), apiKey) || strings.Contains(strings.Join(warnings, ""), apiKey) {
				t.Fatalf("the secret is in a message: %v %v", err, warnings)
			}
			var one *FieldError
			if !errors.As(err, &one) || one.Key == "" || one.Reason == "" {
				t.Fatalf("an error without key or reason: %v", err)
			}
			return
		}
		again, _, err := parse(effective(&got))
		if err != nil {
			t.Fatalf("effective settings are refused: %v", err)
		}
		if again.String() != got.String() {
			t.Fatalf("effective settings change:\n%s\n%s", got, again)
		}
	})
}

// effective writes parsed settings as a section again.
func effective(s *Settings) map[string]string {
	m := map[string]string{}
	for _, f := range fields {
		m[f.Key] = f.kind.show(s)
	}
	m["client_secret"] = s.ClientSecret.Reveal()
	m["proxy"] = s.Proxy
	if s.IndexKey == "" {
		m["index_key"] = "off"
	}
	return m
}
