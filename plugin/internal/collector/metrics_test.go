package collector_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/plugin/internal/collector"
	"office365/plugin/internal/state"
	"office365/plugin/internal/telemetry"
	"office365/tests/simulator"
)

// values are the metrics now, by name and the values of their labels but the
// tenant: contents_gone_total Audit.Exchange.
func (r *rig) values() map[string]float64 {
	values := map[string]float64{}
	for _, s := range r.c.Samples() {
		key := []string{s.Name}
		for _, label := range s.Labels[1:] {
			key = append(key, label.Value)
		}
		values[strings.Join(key, " ")] = s.Value
	}
	return values
}

// cause is what makes metrics move.
type cause struct {
	setting []string // key, value, …
	// act makes it happen, in a rig that is started, has content to fetch, and
	// has run for a moment.
	act   func(r *rig)
	moves map[string]func(before, after float64) bool
	// later makes it end; then back is how the metrics are.
	later func(r *rig)
	back  map[string]float64
}

func rises(before, after float64) bool { return after > before }
func falls(before, after float64) bool { return after < before }

// by is a rise of exactly so much.
func by(n float64) func(before, after float64) bool {
	return func(before, after float64) bool { return after-before == n }
}

func to(n float64) func(before, after float64) bool {
	return func(before, after float64) bool { return before != n && after == n }
}

func between(low, high float64) func(before, after float64) bool {
	return func(before, after float64) bool { return before != after && low <= after && after <= high }
}

type moves = map[string]func(before, after float64) bool

// causes are what makes each metric of the table move.
var causes = map[string]cause{
	"news": {
		act: func(r *rig) {
			made := time.Now().Add(-10 * time.Minute)
			r.sim.AddBlob(simulator.Blob{Type: simulator.AuditExchange, Created: made, Records: []json.RawMessage{
				aged("a", made.Add(-time.Hour)), aged("b", made.Add(-30*time.Minute)), aged("b", made.Add(-30*time.Minute)),
			}})
			r.run(6 * time.Minute)
		},
		moves: moves{
			"contents_listed_total Audit.Exchange": by(1), "contents_fetched_total Audit.Exchange": by(1),
			"records_total Audit.Exchange": by(2), "records_read_total Audit.Exchange": by(2), "records_duplicate_total Audit.Exchange": by(1),
			"api_lag_seconds Audit.Exchange": to(1800), "api_lag_oldest_seconds Audit.Exchange": to(3600),
			"lag_seconds Audit.Exchange": between(600, 960), "received_bytes_total": rises,
			"ids_remembered": by(2), "handed_over_bytes_total": rises, "handed_over_records_total": by(2), "batches_handed_over_total": by(1), "batches_saved_total": by(1),
			"requests_total content ok": by(1), "requests_total list ok": rises, "sampled_timestamp_seconds": rises, "token_age_seconds": rises,
		},
	},
	"quiet": {
		act:   func(r *rig) { r.idle(62 * time.Minute) },
		moves: moves{"news_age_seconds Audit.Exchange": rises, "token_remaining_seconds": falls, "watermark_age_seconds Audit.Exchange": between(7200, 7800)},
	},
	"listings that fail": {
		act: func(r *rig) {
			r.sim.Inject(simulator.MustFault("503").On(simulator.RouteContentList))
			r.run(20 * time.Minute)
		},
		moves: moves{"listing_age_seconds Audit.Exchange": between(1190, 1500), "requests_total list retry": rises, "troubles": to(5)},
	},
	"a listing that names no content": {
		act: func(r *rig) {
			r.sim.Inject(simulator.Fault{Route: simulator.RouteContentList, ContentType: simulator.AuditExchange, Action: simulator.Action{
				Change: func([]byte) []byte { return []byte(`[{"contentType":"Audit.Exchange"}]`) },
			}})
			r.run(6 * time.Minute)
		},
		moves: moves{"listing_entries_malformed_total Audit.Exchange": rises},
	},
	"contents that cannot be fetched": {
		act: func(r *rig) {
			r.sim.Inject(simulator.MustFault("503").On(simulator.RouteBlob))
			r.sim.AddContent(simulator.AuditExchange, 3, 1, time.Now().Add(-time.Hour), time.Now())
			r.run(7 * time.Minute)
		},
		moves: moves{
			"contents_failed_total Audit.Exchange": rises, "backlog_contents Audit.Exchange": to(3),
			"backlog_age_seconds Audit.Exchange": between(3600, 4200), "requests_total content retry": rises,
		},
		later: func(r *rig) {
			r.sim.RemoveFaults("503")
			r.run(10 * time.Minute)
		},
		back: map[string]float64{"backlog_contents Audit.Exchange": 0, "backlog_age_seconds Audit.Exchange": 0},
	},
	"a content that is gone": {
		act: func(r *rig) {
			r.blob(simulator.AuditExchange, record("a", 0))
			r.sim.Inject(simulator.MustFault("gone"))
			r.run(6 * time.Minute)
		},
		moves: moves{"contents_gone_total Audit.Exchange": by(1), "requests_total content gone": by(1)},
	},
	"a content with broken JSON": {
		act: func(r *rig) {
			id := r.sim.AddContent(simulator.AuditExchange, 1, 3, time.Now().Add(-time.Minute), time.Now())[0]
			r.sim.Inject(simulator.MustFault("malformed-record").At(id))
			r.run(15 * time.Minute)
		},
		moves: moves{"contents_quarantined_total Audit.Exchange": by(1), "quarantine_contents Audit.Exchange": to(1), "records_undecodable_total Audit.Exchange": rises},
	},
	"throttling": {
		act: func(r *rig) {
			r.sim.Inject(simulator.MustFault("af429").On(simulator.RouteContentList).Count(1))
			r.run(6 * time.Minute)
		},
		moves: moves{"throttled_total": rises, "requests_total list throttle": rises},
	},
	"no network": {
		act: func(r *rig) {
			r.sim.Inject(simulator.MustFault("reset").On(simulator.RouteContentList).Count(1))
			r.run(6 * time.Minute)
		},
		moves: moves{"requests_total list no_answer": rises},
	},
	"a subscription that somebody stops": {
		act: func(r *rig) {
			r.sim.Stop(simulator.AuditExchange)
			r.run(22 * time.Minute)
		},
		moves: moves{"requests_total start ok": by(1), "requests_total list resubscribe": rises},
	},
	"a token that the API refuses, and another": {
		act: func(r *rig) {
			r.sim.RevokeTokens()
			r.run(6 * time.Minute)
		},
		moves: moves{"requests_total list reauthenticate": rises, "requests_total token ok": by(1)},
	},
	"a secret that has ended": {
		act: func(r *rig) {
			r.sim.Inject(simulator.MustFault("token-7000222"))
			r.idle(70 * time.Minute)
		},
		moves: moves{"requests_total token configuration": rises, "token_remaining_seconds": to(0), "token_age_seconds": to(0)},
	},
	"a token endpoint that fails": {
		act: func(r *rig) {
			r.sim.Inject(simulator.MustFault("token-503"))
			r.idle(55 * time.Minute)
		},
		moves: moves{"requests_total token retry": rises, "token_remaining_seconds": between(1, 600)},
	},
	"a clock that is wrong": {
		act: func(r *rig) {
			r.sim.Advance(2 * time.Hour)
			r.run(6 * time.Minute)
		},
		moves: moves{"clock_offset_seconds": between(7198, 7202)},
	},
	"a pause": {
		act: func(r *rig) {
			r.c.Pause()
			r.sim.AddContent(simulator.AuditExchange, 3, 10, time.Now().Add(-time.Minute), time.Now())
			r.run(6 * time.Minute)
		},
		moves: moves{"paused": to(1), "batches_waiting": to(1), "waiting_bytes": rises},
		later: func(r *rig) {
			r.c.Resume()
			r.run(15 * time.Second)
		},
		back: map[string]float64{"paused": 0, "batches_waiting": 0, "waiting_bytes": 0},
	},
	"a batch that Fluent Bit drops": {
		act: func(r *rig) {
			r.dropNext = true
			r.blob(simulator.AuditExchange, record("a", 0))
			r.run(17 * time.Minute)
		},
		moves: moves{"batches_handed_over_again_total": by(1), "batches_handed_over_total": by(2), "handed_over_records_total": by(2), "records_total Audit.Exchange": by(1)},
	},
	"a state that cannot be saved": {
		act: func(r *rig) {
			r.c.BreakState(r.t)
			r.blob(simulator.AuditExchange, record("a", 0))
			r.run(6 * time.Minute)
		},
		moves: moves{"state_failed": to(1), "troubles": rises},
	},
	"the first content": {
		act: func(r *rig) {
			r.sim.AddContent(simulator.DLPAll, 200, 20, time.Now().Add(-time.Hour), time.Now())
			r.run(10 * time.Minute)
		},
		moves: moves{"state_file_bytes": rises},
	},
	"a disk that fills up": {
		act: func(r *rig) {
			r.stop()
			full := &disk{}
			full.free.Store(1000)
			r.startOn(full)
			r.blob(simulator.AuditExchange, record("a", 0))
			r.run(6 * time.Minute)
		},
		moves: moves{"disk_short": to(1), "disk_free_bytes": to(1000)},
	},
	"a downtime of nine days": {
		act: func(r *rig) {
			r.stop()
			sleep(9 * 24 * time.Hour)
			r.start()
			r.run(time.Minute)
		},
		moves: moves{"beyond_reach_seconds_total Audit.Exchange": between(24*3600, 3*24*3600)},
	},
	"alerts": {
		setting: []string{"interval", "1m"},
		act: func(r *rig) {
			f := family{"a-1"}
			r.offer(f.trigger("t-1"), f.entity("e-1", "alice@contoso.example"))
			r.offer(strings.Replace(family{"-"}.trigger("t-2"), `"AlertId":"-",`, "", 1))
			r.run(4 * time.Minute)
			r.offer(f.entity("e-2", "bob@contoso.example"))
			r.run(90 * time.Minute)
			r.offer(family{"a-9"}.entity("e-9", "carol@contoso.example"))
			r.idle(30 * time.Hour)
			r.run(2 * time.Minute)
			r.offer(family{"a-2"}.trigger("t-3"))
			r.run(90 * time.Second)
		},
		moves: moves{
			"alerts_merged_total": by(2), "alerts_revised_total": rises, "alerts_orphaned_total": by(1),
			"alerts_unkeyed_total": by(1), "alerts_pending": to(1),
		},
	},
	"more alerts than there is room for": {
		act: func(r *rig) {
			for i := range 11 {
				records := make([]string, 1000)
				for k := range records {
					id := fmt.Sprint(i, "-", k)
					records[k] = family{id}.entity("e-"+id, "alice@contoso.example")
				}
				r.offer(records...)
			}
			r.run(7 * time.Minute)
		},
		moves: moves{"alerts_evicted_total": by(1000)},
	},
}

// aged is a record of that Id and time.
func aged(id string, at time.Time) json.RawMessage {
	return json.RawMessage(strings.Replace(string(record(id, 0)), "2026-01-01T00:00:00", at.UTC().Format("2006-01-02T15:04:05"), 1))
}

func TestEachMetricMovesWhenItsCauseHappens(t *testing.T) {
	t.Parallel()
	moved := map[string]bool{}
	for name, c := range causes {
		for metric := range c.moves {
			moved[strings.Fields(metric)[0]] = true
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { c.happens(t) })
		})
	}
	for _, m := range collector.Metrics() {
		assert.True(t, moved[m.Name], "nothing moves %s", m.Name)
	}
}

func (c cause) happens(t *testing.T) {
	t.Helper()
	r := newRig(t, nil)
	for i := 0; i < len(c.setting); i += 2 {
		r.settings[c.setting[i]] = c.setting[i+1]
	}
	r.sim.Start(simulator.AuditGeneral)
	r.start()
	r.run(time.Minute)
	before := r.values()
	c.act(r)
	after := r.values()
	for metric, moves := range c.moves {
		require.Contains(t, after, metric)
		assert.True(t, moves(before[metric], after[metric]), "%s: %v, then %v", metric, before[metric], after[metric])
	}
	if c.later != nil {
		c.later(r)
		for metric, want := range c.back {
			assert.InDelta(t, want, r.values()[metric], 0, metric)
		}
	}
	r.c.Stop()
}

func TestMetricsAreCompleteBeforeTheStartAndWithoutAState(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["tenant_name"] = "Contoso"
		keys := func(c *collector.Collector) []string {
			var keys []string
			for _, s := range c.Samples() {
				require.Equal(t, telemetry.Label{Key: "tenant", Value: "Contoso"}, s.Labels[0])
				assert.Equal(t, s.Kind == telemetry.Counter, strings.HasSuffix(s.Name, "_total"), s.Name)
				keys = append(keys, fmt.Sprint(s.Name, s.Labels))
			}
			return keys
		}
		first, err := collector.New(r.options())
		require.NoError(t, err)
		for _, s := range first.Samples() {
			assert.True(t, s.Value == 0 || s.Name == "sampled_timestamp_seconds", s.Name)
		}
		all := keys(first)
		first.Stop()
		held, _, err := state.Open(state.Options{Path: r.settings["db"], Tenant: tenantID, Wait: time.Second, Now: time.Now()})
		require.NoError(t, err)
		r.fill(3, 3)
		r.start()
		assert.Equal(t, all, keys(r.c), "another process has the state file")
		require.NoError(t, held.Close())
		r.run(30 * time.Second)
		assert.Equal(t, all, keys(r.c), "no metric comes or goes")
		assert.NotEmpty(t, r.delivered)
		r.stop()
	})
}
