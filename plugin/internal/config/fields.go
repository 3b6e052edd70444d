package config

import (
	"strconv"
	"strings"
	"time"

	"office365/normalize"
)

// Field is one setting: a row of the table.
type Field struct {
	Key      string
	Default  string // as a user would write it; "" when there is none
	Derived  string // what stands in for a default that is no fixed text, for people
	Example  string // for a commented-out line where Default is ""
	Help     string // Markdown, without a full stop
	Required bool

	missing string // what to do when a required setting is missing
	spared  sparer // says when a required setting may be missing; nil: never
	kind    kind
}

// Fields returns the table, in the order in which people should read it.
func Fields() []Field { return fields }

// Limits that are ours, not Microsoft's.
const (
	day = 24 * time.Hour
	// retention is how long the API keeps content: 7 days, Microsoft Learn
	// "Office 365 Management Activity API reference", list available content.
	retention = 7 * day
	// maxBytes bounds sizes to what an int of a 32-bit build can count.
	maxBytes = 2_000_000_000
)

var fields = []Field{
	{
		Key: "tenant_id", Required: true, Example: "${O365_TENANT_ID}",
		Help:    "Directory (tenant) ID, a GUID",
		missing: "set it to the Directory (tenant) ID from the overview page of the app registration",
		kind:    text(func(s *Settings) *string { return &s.TenantID }, parseGUID),
	},
	{
		Key: "client_id", Required: true, Example: "${O365_CLIENT_ID}",
		Help:    "Application (client) ID, a GUID; with `auth_method managed_identity` the client ID of a user-assigned identity, left out for the system-assigned one",
		missing: "set it to the Application (client) ID from the overview page of the app registration",
		spared:  managedIdentity,
		kind:    text(func(s *Settings) *string { return &s.ClientID }, parseGUID),
	},
	{
		Key: "client_secret", Example: "${O365_CLIENT_SECRET}",
		Help: "API access key: the *Value* of a client secret of the app, not its ID",
		kind: secret(func(s *Settings) *Secret { return &s.ClientSecret }),
	},
	{
		Key: "client_secret_file", Example: "/run/secrets/office365",
		Help: "in place of `client_secret`: file that holds it; read for every access token, so a new one needs no restart",
		kind: text(func(s *Settings) *string { return &s.ClientSecretFile }, parsePath),
	},
	{
		Key: "certificate_file", Example: "/etc/office365/app.pem",
		Help: "in place of `client_secret`: PEM file with a certificate of the app, and its RSA key unless `certificate_key_file` has it; read for every access token",
		kind: text(func(s *Settings) *string { return &s.CertificateFile }, parsePath),
	},
	{
		Key: "certificate_key_file", Example: "/etc/office365/app.key",
		Help: "PEM file with the RSA key of the certificate, without a password",
		kind: text(func(s *Settings) *string { return &s.CertificateKeyFile }, parsePath),
	},
	{
		Key: "federated_token_file", Derived: "`$AZURE_FEDERATED_TOKEN_FILE`",
		Example: "/var/run/secrets/azure/tokens/azure-identity-token",
		Help:    "in place of `client_secret`: file with the token of a workload identity; read for every access token",
		kind:    text(func(s *Settings) *string { return &s.FederatedTokenFile }, parsePath),
	},
	{
		Key: "auth_method", Default: "auto",
		Help: "how to get an access token: " + codeList(authMethods) + "; `auto` goes by the one credential that is set, and never takes a managed identity",
		kind: enum(func(s *Settings) *AuthMethod { return &s.AuthMethod }, authMethods),
	},
	{
		Key: "plan", Default: "enterprise",
		Help: "cloud of the tenant: " + codeList(plans) + "; gives API root and authority",
		kind: enum(func(s *Settings) *Plan { return &s.Plan }, plans),
	},
	{
		Key: "authority", Derived: "by `plan`", Example: "https://login.microsoftonline.com",
		Help: "login endpoint: one of the published hosts (" + codeList(publishedAuthorities) + ") or another https URL",
		kind: text(func(s *Settings) *string { return &s.Authority }, parseAuthority),
	},
	{
		Key: "api_url", Derived: "by `plan`", Example: "https://manage.office.com",
		Help: "other API root (https); the audience of the token follows it",
		kind: text(func(s *Settings) *string { return &s.APIURL }, parseRoot),
	},
	{
		Key: "publisher_id", Derived: "`tenant_id`", Example: "11111111-2222-3333-4444-555555555555",
		Help: "PublisherIdentifier, a GUID, sent with every request; Microsoft counts the quota by it",
		kind: text(func(s *Settings) *string { return &s.PublisherID }, parseGUID),
	},
	{
		Key: "tenant_name", Derived: "`tenant_id`", Example: "contoso-prod",
		Help: "name of the tenant, in every record and log line",
		kind: text(func(s *Settings) *string { return &s.TenantName }, parseLine),
	},
	{
		Key: "connector_name", Example: "office365-emea",
		Help: "`msg_origin.processor.id` of records (ASCII); without it they have none",
		kind: text(func(s *Settings) *string { return &s.ConnectorName }, parseASCII),
	},
	{
		Key: "tenantid", Example: "contoso-emea",
		Help: "`tenantid` of records, free text; without it they have none",
		kind: text(func(s *Settings) *string { return &s.RecordTenantID }, parseLine),
	},
	{
		Key: "content_types", Default: joinTypes(normalize.ContentTypes()), Derived: "all five",
		Help: "which to collect, separated by commas or spaces, in any letter case: " + codeList(normalize.ContentTypes()) +
			"; one string even in YAML, where Fluent Bit passes on only the first item of a list",
		kind: contentTypes(func(s *Settings) *[]normalize.ContentType { return &s.ContentTypes }),
	},
	{
		Key: "interval", Default: "5m",
		Help: "time between polls; under `1m` warns",
		kind: duration(func(s *Settings) *time.Duration { return &s.Interval }, time.Second, day),
	},
	{
		Key: "start_from", Default: "now",
		Help: "where collection begins without a saved position: `now`, `earliest` (7 days), a duration back such as `36h`, or an RFC 3339 time",
		kind: startFrom(func(s *Settings) *StartFrom { return &s.StartFrom }),
	},
	{
		Key: "db", Example: "/var/lib/fluent-bit/office365.db",
		Help: "file of the saved position; without it a restart begins at `start_from` again",
		kind: text(func(s *Settings) *string { return &s.DB }, parsePath),
	},
	{
		Key: "overlap", Default: "2h",
		Help: "how late content may become listable and still be found (at most `24h`)",
		kind: duration(func(s *Settings) *time.Duration { return &s.Overlap }, 0, day),
	},
	{
		Key: "dedup", Default: "on",
		Help: "drop a record whose Id was already seen within `dedup_window`",
		kind: boolean(func(s *Settings) *bool { return &s.Dedup }),
	},
	{
		Key: "dedup_window", Default: "26h",
		Help: "how long Ids are remembered; at least `overlap`",
		kind: duration(func(s *Settings) *time.Duration { return &s.DedupWindow }, 0, 2*retention),
	},
	{
		Key: "dedup_max", Default: "500000",
		Help: "most Ids remembered; the oldest go first",
		kind: integer(func(s *Settings) *int { return &s.DedupMax }, 10_000_000),
	},
	{
		Key: "requests_per_minute", Default: "1800",
		Help: "quota of the tenant, for all requests together",
		kind: integer(func(s *Settings) *int { return &s.RequestsPerMinute }, 1_000_000),
	},
	{
		Key: "fetch_workers", Default: "8",
		Help: "parallel downloads",
		kind: integer(func(s *Settings) *int { return &s.FetchWorkers }, 64),
	},
	{
		Key: "batch_size", Default: "4M",
		Help: "most bytes handed to Fluent Bit per second (a longer record goes alone)",
		kind: size(func(s *Settings) *int64 { return &s.BatchBytes }, 1000, maxBytes),
	},
	{
		Key: "buffer_size", Default: "32M",
		Help: "most bytes held in the plugin; at least twice `batch_size`",
		kind: size(func(s *Settings) *int64 { return &s.BufferBytes }, 1000, maxBytes),
	},
	{
		Key: "max_record_size", Default: "4M",
		Help: "a longer record is emitted as an undecodable one: its first 64 KB, its length, its place",
		kind: size(func(s *Settings) *int64 { return &s.MaxRecordBytes }, 1000, maxBytes),
	},
	{
		Key: "commit_delay", Default: "5s",
		Help: "longest time between arrival and checkpoint",
		kind: duration(func(s *Settings) *time.Duration { return &s.CommitDelay }, 0, 10*time.Minute),
	},
	{
		Key: "format", Default: "interflow",
		Help: "shape of records: `interflow`, the original fields with a normalized layer beside them, " +
			"`raw`, the original fields with `msg_class` and the index key, `ecs`, Elastic's common schema, " +
			"or `ocsf`, the Open Cybersecurity Schema Framework",
		kind: enum(func(s *Settings) *Format { return &s.Format }, formats),
	},
	{
		Key: "vendor_fields", Default: "top",
		Help: "where the original fields go: `top`, `nested` (under `office365`; `Operation`, `Id` and `AlertId` on top as well) " +
			"or `both`; sinks whose columns ignore case need `nested`; of `format interflow` alone",
		kind: enum(func(s *Settings) *VendorFields { return &s.VendorFields }, vendorFields),
	},
	{
		Key: "flatten", Default: "on",
		Help: "objects beside the lists of names and values, and of the data of alerts: under `office365` in `format interflow`, under `o365` in `format ecs`",
		kind: boolean(func(s *Settings) *bool { return &s.Flatten }),
	},
	{
		Key: "raw", Default: "off",
		Help: "the JSON text of each record as well: `raw_data` in `format ocsf`, `event.original` in `format ecs`; the others have the original fields themselves",
		kind: boolean(func(s *Settings) *bool { return &s.RawText }),
	},
	{
		Key: "redact", Default: "off",
		Help: "mask what DLP policies detected (`DetectedValues`) and the values of changed keys, passwords, secrets " +
			"and credentials, in the original fields too",
		kind: boolean(func(s *Settings) *bool { return &s.Redact }),
	},
	{
		Key: "index_key", Default: "index",
		Help: "name of the key that tells records apart for routing, in `format ocsf` under `unmapped`; `off` for none",
		kind: text(func(s *Settings) *string { return &s.IndexKey }, parseIndexKey),
	},
	{
		Key: "index_events", Default: "windows_events",
		Help: "value of that key in the records that the API delivers",
		kind: text(func(s *Settings) *string { return &s.IndexEvents }, parseLine),
	},
	{
		Key: "index_alerts", Default: "alerts",
		Help: "value of that key in merged alerts",
		kind: text(func(s *Settings) *string { return &s.IndexAlerts }, parseLine),
	},
	{
		Key: "alert_updates", Default: "revise",
		Help: "entities that come after their alert: `revise` emits the alert again with the same `alert_uid`, " +
			"`once` leaves them to the originals, `off` merges nothing",
		kind: enum(func(s *Settings) *AlertUpdates { return &s.AlertUpdates }, alertUpdates),
	},
	{
		Key: "alert_merge_wait", Default: "5m",
		Help: "how long an alert without entities waits for one (at most `60m`; `0s` not at all)",
		kind: duration(func(s *Settings) *time.Duration { return &s.AlertMergeWait }, 0, time.Hour),
	},
	{
		Key: "alert_merge_ttl", Default: "26h",
		Help: "how long an alert and its entities are expected to find each other; at least `alert_merge_wait`",
		kind: duration(func(s *Settings) *time.Duration { return &s.AlertMergeTTL }, 0, 2*retention),
	},
	{
		Key: "alert_max_entities", Default: "100",
		Help: "most entities listed in an alert; the count is of all",
		kind: integer(func(s *Settings) *int { return &s.AlertMaxEntities }, 10_000),
	},
	{
		Key: "alert_status_updates", Default: "off",
		Help: "a change of an alert's status gives a revision of the merged alert",
		kind: boolean(func(s *Settings) *bool { return &s.AlertStatusUpdates }),
	},
	{
		Key: "original_bundle", Default: "off",
		Help: "one more record per alert, with all of its originals and both of their operations",
		kind: boolean(func(s *Settings) *bool { return &s.OriginalBundle }),
	},
	{
		Key: "proxy", Derived: "environment", Example: "http://proxy.example.com:3128",
		Help: "proxy URL, `http`, `https` or `socks5`, for all requests but those for a managed identity; by default as `HTTPS_PROXY` and `NO_PROXY` say",
		kind: text(func(s *Settings) *string { return &s.Proxy }, parseProxy),
	},
	{
		Key: "ca_file", Derived: "system", Example: "/etc/ssl/certs/company-ca.pem",
		Help: "further CA certificates (PEM), beside those of the system",
		kind: text(func(s *Settings) *string { return &s.CAFile }, parsePath),
	},
	{
		Key: "tls_verify", Default: "on",
		Help: "check the certificates of the servers; `off` is for tests and warns",
		kind: boolean(func(s *Settings) *bool { return &s.TLSVerify }),
	},
	{
		Key: "timeout", Default: "60s",
		Help: "of one request until its first byte; a body that keeps moving has no limit",
		kind: duration(func(s *Settings) *time.Duration { return &s.Timeout }, time.Second, 30*time.Minute),
	},
	{
		Key: "status_interval", Default: "5m",
		Help: "time between the log lines with lag, counts and the state of each content type",
		kind: duration(func(s *Settings) *time.Duration { return &s.StatusInterval }, time.Second, day),
	},
}

// quote shows a refused value in a message: a secret as ***, a password in a
// URL as ***, numbers as they are, anything else in quotes, long text cut.
func (f *Field) quote(value string) string {
	if f.kind.secret {
		return masked
	}
	value = maskUserinfo(value)
	const most = 100 // characters; enough for a GUID, a path or a URL
	if r := []rune(value); len(r) > most {
		value = string(r[:most]) + "…"
	}
	quoted := strconv.Quote(value)
	if value[0] >= '0' && value[0] <= '9' && quoted == `"`+value+`"` && !strings.Contains(value, " ") {
		return value
	}
	return quoted
}
