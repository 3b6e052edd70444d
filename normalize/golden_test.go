package normalize_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/normalize"
)

var update = flag.Bool("update", false, "rewrite want*.json of every golden case")

// workloads are the folders of testdata with the content type of their blobs.
var workloads = map[string]normalize.ContentType{
	"entra":      normalize.AuditAzureActiveDirectory,
	"exchange":   normalize.AuditExchange,
	"sharepoint": normalize.AuditSharePoint,
	"general":    normalize.AuditGeneral,
	"dlp":        normalize.DLPAll,
}

// settings are what a case may change in an optional case.json.
type settings struct {
	Received       time.Time
	TenantName     string
	TenantID       string
	ConnectorName  string
	IndexKey       string
	ContentID      string
	MaxRecordBytes int

	// As a configuration has them.
	Format       string `json:"format"`
	VendorFields string `json:"vendor_fields"`
	Flatten      string `json:"flatten"`
	Redact       string `json:"redact"`
	Raw          string `json:"raw"`
}

// goldens are the files that hold what is wanted of a case: that of its own
// settings, and of each further format where these say nothing of one.
var goldens = map[string]string{"": "want.json", "ecs": "want.ecs.json", "ocsf": "want.ocsf.json"}

// options are the settings as package normalize takes them.
func (s *settings) options(t *testing.T) normalize.Options {
	t.Helper()
	o := normalize.Options{
		TenantName: s.TenantName, TenantID: s.TenantID, ConnectorName: s.ConnectorName, IndexKey: s.IndexKey,
		IndexEvents: "windows_events", IndexAlerts: "alerts", NoFlatten: s.Flatten == "off", Redact: s.Redact == "on",
		RawText: s.Raw == "on",
	}
	for s.Format != "" && o.Format.String() != s.Format {
		require.Less(t, o.Format, normalize.FormatOCSF, "no such format")
		o.Format++
	}
	for o.VendorFields.String() != s.VendorFields {
		require.Less(t, o.VendorFields, normalize.VendorBoth, "no such place")
		o.VendorFields++
	}
	return o
}

// TestRecordsAreAsWanted compares what becomes of each testdata/<workload>/<case>/in.json,
// a body as the API sends it, with want.json, all its records in one array, and
// in further formats with the files of these. A new case is a new folder; -update
// writes what is wanted.
func TestRecordsAreAsWanted(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob("testdata/*/*/in.json")
	require.NoError(t, err)
	require.NotEmpty(t, cases)
	for _, in := range cases {
		dir := filepath.Dir(in)
		for format, want := range goldens {
			t.Run(strings.TrimPrefix(filepath.ToSlash(dir), "testdata/")+"/"+format, func(t *testing.T) {
				t.Parallel()
				body, err := os.ReadFile(in)
				require.NoError(t, err)
				s := caseSettings(t, dir)
				if format != "" {
					if s.Format != "" {
						t.Skip("the case has a format of its own")
					}
					s.Format = format
				}
				compareFile(t, filepath.Join(dir, want), s.normalized(t, dir, body))
			})
		}
	}
}

// compareFile compares records with those of a file, or writes the file.
func compareFile(t *testing.T, want string, got []byte) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(want, got, 0o600))
	}
	wanted, err := os.ReadFile(want)
	require.NoError(t, err)
	assert.Equal(t, exact(t, wanted), exact(t, got))
}

// caseSettings returns the settings of a case; Format is "" when it names none.
func caseSettings(t *testing.T, dir string) settings {
	t.Helper()
	s := settings{
		Received: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), TenantName: "contoso-prod", IndexKey: "index", ContentID: "20260302$case",
		VendorFields: "top", Flatten: "on", Redact: "off",
	}
	if b, err := os.ReadFile(filepath.Join(dir, "case.json")); err == nil {
		require.NoError(t, json.Unmarshal(b, &s))
	}
	return s
}

// normalized returns the records of a body as an indented JSON array.
func (s *settings) normalized(t *testing.T, dir string, body []byte) []byte {
	t.Helper()
	ct, ok := workloads[filepath.Base(filepath.Dir(dir))]
	require.True(t, ok, "no workload is called like the folder of %s", dir)
	n := normalize.New(s.options(t))
	split := normalize.NewSplitter(bytes.NewReader(body), s.MaxRecordBytes)
	all := []byte("[")
	for {
		raw, err := split.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if len(all) > 1 {
			all = append(all, ',')
		}
		all = n.Record(raw, normalize.Source{ContentType: ct, ContentID: s.ContentID}, s.Received).AppendJSON(all)
	}
	var out bytes.Buffer
	require.NoError(t, json.Indent(&out, append(all, ']'), "", "  "))
	return append(out.Bytes(), '\n')
}

// exact decodes JSON so that numbers keep their digits.
func exact(t *testing.T, text []byte) any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	require.NoError(t, dec.Decode(&v))
	return v
}
