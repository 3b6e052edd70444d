package normalize_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"office365/normalize"
)

// timeline is what a case of merged alerts has in its timeline.json: the settings
// and what arrives when.
type timeline struct {
	About         string
	Wait, TTL     string // alert_merge_wait, alert_merge_ttl; 5m and 26h when not given
	Updates       string // alert_updates
	MaxEntities   int    // alert_max_entities, 100 when not given
	StatusUpdates bool
	Bundle        bool
	Format        string
	VendorFields  string
	NoFlatten     bool
	Redact        bool
	Steps         []step
}

// step is a content that arrives, or a restart, or neither: then time has passed.
type step struct {
	At      time.Time
	Content []json.RawMessage
	Restart bool
}

// TestAlertsAreAsWanted runs each testdata/alerts/<case>/timeline.json and compares
// the records that come of it (the alerts, and the bundles) with want.json, and in further formats with the files of these. A new
// case is a new folder; -update writes what is wanted.
func TestAlertsAreAsWanted(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob("testdata/alerts/*/timeline.json")
	require.NoError(t, err)
	require.NotEmpty(t, cases)
	for _, in := range cases {
		dir := filepath.Dir(in)
		for format, want := range goldens {
			t.Run(filepath.Base(dir)+"/"+format, func(t *testing.T) {
				t.Parallel()
				line := readTimeline(t, in)
				if format != "" {
					if line.Format != "" {
						t.Skip("the case has a format of its own")
					}
					line.Format = format
				}
				compareFile(t, filepath.Join(dir, want), line.run(t))
			})
		}
	}
}

func readTimeline(t *testing.T, file string) (line timeline) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	require.NoError(t, dec.Decode(&line))
	return line
}

// run returns the records that come of the timeline as an indented JSON array.
func (line timeline) run(t *testing.T) []byte {
	t.Helper()
	n := normalize.New(line.options())
	p := newProcess(t, line.mergeOptions(t))
	p.n, p.now = n, line.Steps[0].At
	all := []byte("[")
	for i, s := range line.Steps {
		p.pass(s.At.Sub(p.now))
		if s.Restart {
			p.restart()
		}
		if i > 0 || len(s.Content) > 0 {
			p.contentOf(s.Content)
		}
	}
	for _, e := range p.take() {
		all = append(n.Alert(&e.MergedAlert, e.at).AppendJSON(all), ',')
		if line.Bundle {
			all = append(n.Bundle(&e.MergedAlert, e.at).AppendJSON(all), ',')
		}
	}
	var out bytes.Buffer
	require.NoError(t, json.Indent(&out, append(bytes.TrimSuffix(all, []byte(",")), ']'), "", "  "))
	return append(out.Bytes(), '\n')
}

func (p *process) contentOf(records []json.RawMessage) {
	texts := make([]string, 0, len(records))
	for _, r := range records {
		texts = append(texts, string(r))
	}
	p.content(texts...)
}

func (line timeline) options() normalize.Options {
	o := normalize.Options{
		TenantName: "contoso-prod", IndexKey: "index", IndexEvents: "windows_events", IndexAlerts: "alerts",
		NoFlatten: line.NoFlatten, Redact: line.Redact,
	}
	for f := range normalize.FormatOCSF + 1 {
		if f.String() == line.Format {
			o.Format = f
		}
	}
	for _, v := range []normalize.VendorFields{normalize.VendorTop, normalize.VendorNested, normalize.VendorBoth} {
		if v.String() == line.VendorFields {
			o.VendorFields = v
		}
	}
	return o
}

func (line timeline) mergeOptions(t *testing.T) normalize.MergeOptions {
	t.Helper()
	o := normalize.MergeOptions{
		Wait: duration(t, line.Wait, 5*time.Minute), TTL: duration(t, line.TTL, 26*time.Hour),
		MaxEntities: cmp.Or(line.MaxEntities, 100), StatusUpdates: line.StatusUpdates, Bundle: line.Bundle,
	}
	for _, u := range []normalize.AlertUpdates{normalize.ReviseAlerts, normalize.AlertsOnce, normalize.AlertsUnmerged} {
		if u.String() == line.Updates {
			o.Updates = u
		}
	}
	return o
}

func duration(t *testing.T, text string, otherwise time.Duration) time.Duration {
	t.Helper()
	if text == "" {
		return otherwise
	}
	d, err := time.ParseDuration(text)
	require.NoError(t, err)
	return d
}
