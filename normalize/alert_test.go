package normalize_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
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
// the records that come of it (the alerts, and the bundles) with want.json. A new
// case is a new folder; -update writes its want.json.
func TestAlertsAreAsWanted(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob("testdata/alerts/*/timeline.json")
	require.NoError(t, err)
	require.NotEmpty(t, cases)
	for _, in := range cases {
		dir := filepath.Dir(in)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(in)
			require.NoError(t, err)
			var line timeline
			dec := json.NewDecoder(bytes.NewReader(text))
			dec.DisallowUnknownFields()
			require.NoError(t, dec.Decode(&line))
			got := line.run(t)
			want := filepath.Join(dir, "want.json")
			if *update {
				require.NoError(t, os.WriteFile(want, got, 0o600))
			}
			wanted, err := os.ReadFile(want)
			require.NoError(t, err)
			assert.Equal(t, exact(t, wanted), exact(t, got))
		})
	}
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
	for _, f := range []normalize.Format{normalize.FormatInterflow, normalize.FormatRaw} {
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
