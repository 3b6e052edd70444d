package collector

import (
	"cmp"
	"time"

	"office365/normalize"
	"office365/plugin/internal/activity"
	"office365/plugin/internal/auth"
	"office365/plugin/internal/telemetry"
)

// metric is a row of the table of metrics. Of the functions that read it, which
// must not wait, one is set; it decides the labels.
type metric struct {
	kind       telemetry.Kind
	name, help string

	ofInstance  func(r *reading) float64
	ofType      func(r *reading, ct normalize.ContentType, st *typeStats) float64 // content_type
	ofOperation bool                                                              // operation, result: see requests
}

const (
	counter = telemetry.Counter
	gauge   = telemetry.Gauge
)

// metrics is the table of all metrics, in the order of the documentation.
var metrics = []metric{
	{
		kind: counter, name: "contents_listed_total",
		help:   "Contents that listings have shown for the first time.",
		ofType: count(func(st *typeStats) int64 { return st.listed.Load() }),
	},
	{
		kind: counter, name: "contents_fetched_total",
		help:   "Contents fetched and read to their end.",
		ofType: count(func(st *typeStats) int64 { return st.fetched.Load() }),
	},
	{
		kind: counter, name: "contents_failed_total",
		help:   "Fetches of a content that failed; each is tried again.",
		ofType: count(func(st *typeStats) int64 { return st.failures.Load() }),
	},
	{
		kind: counter, name: "contents_gone_total",
		help:   "Contents lost because the API did not have them any more.",
		ofType: count(func(st *typeStats) int64 { return st.gone.Load() }),
	},
	{
		kind: counter, name: "contents_quarantined_total",
		help:   "Contents put into quarantine: retried slowly until they expire.",
		ofType: count(func(st *typeStats) int64 { return st.quarantined.Load() }),
	},
	{
		kind: counter, name: "listing_entries_malformed_total",
		help:   "Entries of listings that name no content.",
		ofType: count(func(st *typeStats) int64 { return st.malformed.Load() }),
	},
	{
		kind: gauge, name: "quarantine_contents",
		help: "Contents in quarantine now.",
		ofType: func(_ *reading, _ normalize.ContentType, st *typeStats) float64 {
			return float64(st.place.Load().quarantined)
		},
	},
	{
		kind: gauge, name: "backlog_contents",
		help: "Contents known and not done yet, quarantine left out.",
		ofType: func(_ *reading, _ normalize.ContentType, st *typeStats) float64 {
			return float64(st.place.Load().waiting)
		},
	},
	{
		kind: gauge, name: "backlog_age_seconds",
		help: "Age of the oldest of the contents known and not done yet; 0 without one.",
		ofType: func(r *reading, _ normalize.ContentType, st *typeStats) float64 {
			return r.since(st.place.Load().oldest)
		},
	},
	{
		kind: gauge, name: "watermark_age_seconds",
		help: "How far back the oldest moment lies that is not listed for good and handed over; never less than overlap in steady running.",
		ofType: func(r *reading, _ normalize.ContentType, st *typeStats) float64 {
			return r.since(st.place.Load().watermark)
		},
	},
	{
		kind: gauge, name: "listing_age_seconds",
		help: "Time since the last complete listing, or since the start.",
		ofType: func(r *reading, _ normalize.ContentType, st *typeStats) float64 {
			return r.ago(cmp.Or(st.lastListing.Load(), r.started))
		},
	},
	{
		kind: gauge, name: "news_age_seconds",
		help:   "Time since a listing showed a new content, or since the start.",
		ofType: func(r *reading, _ normalize.ContentType, st *typeStats) float64 { return r.ago(st.lastNews.Load()) },
	},
	{
		kind: counter, name: "beyond_reach_seconds_total",
		help:   "Time whose contents were never listed and are lost, for the API offers seven days only.",
		ofType: count(func(st *typeStats) int64 { return st.beyondReach.Load() }),
	},

	{
		kind: counter, name: "records_total",
		help:   "Records that have arrived in Fluent Bit and are saved as done; merged alerts do not count.",
		ofType: count(func(st *typeStats) int64 { return st.committed.Load() }),
	},
	{
		kind: counter, name: "records_read_total",
		help:   "Records read that were not seen before.",
		ofType: count(func(st *typeStats) int64 { return st.records.Load() }),
	},
	{
		kind: counter, name: "records_duplicate_total",
		help:   "Records dropped because they were seen before.",
		ofType: count(func(st *typeStats) int64 { return st.repeats.Load() }),
	},
	{
		kind: counter, name: "records_undecodable_total",
		help:   "Records that could not be read and are handed over as text with the error.",
		ofType: count(func(st *typeStats) int64 { return st.undecodable.Load() }),
	},
	{
		kind: gauge, name: "api_lag_seconds",
		help: "contentCreated minus the CreationTime of the youngest record in the content fetched last: what Microsoft took at least.",
		ofType: func(_ *reading, _ normalize.ContentType, st *typeStats) float64 {
			return st.ages.Load().youngest.Seconds()
		},
	},
	{
		kind: gauge, name: "api_lag_oldest_seconds",
		help: "contentCreated minus the CreationTime of the oldest record in the content fetched last.",
		ofType: func(_ *reading, _ normalize.ContentType, st *typeStats) float64 {
			return st.ages.Load().oldest.Seconds()
		},
	},
	{
		kind: gauge, name: "lag_seconds",
		help:   "Hand-over minus contentCreated, of the oldest content in the last batch: what the plugin took.",
		ofType: func(r *reading, ct normalize.ContentType, _ *typeStats) float64 { return r.lag(ct) },
	},

	{
		kind: gauge, name: "ids_remembered",
		help:       "Ids of records that are remembered, to drop repeats.",
		ofInstance: func(r *reading) float64 { return float64(r.c.stats.ids.Load()) },
	},

	{
		kind: counter, name: "requests_total",
		help:        "Requests by operation (subscriptions, start, list, content, token) and result: ok, no_answer, or the class of the refusal.",
		ofOperation: true,
	},
	{
		kind: counter, name: "throttled_total",
		help:       "Answers of the API that throttled the tenant.",
		ofInstance: func(r *reading) float64 { return float64(r.c.stats.throttled.Load()) },
	},
	{
		kind: counter, name: "received_bytes_total",
		help:       "Bytes of answers of the API as they came, which is compressed as a rule.",
		ofInstance: func(r *reading) float64 { return float64(r.c.client.Received()) },
	},
	{
		kind: gauge, name: "token_age_seconds",
		help:       "Age of the access token; 0 without one.",
		ofInstance: func(r *reading) float64 { return r.token.Age.Seconds() },
	},
	{
		kind: gauge, name: "token_remaining_seconds",
		help:       "Time until the access token ends; 0 without one. It is renewed at 80 % of its life.",
		ofInstance: func(r *reading) float64 { return r.token.Left.Seconds() },
	},
	{
		kind: gauge, name: "clock_offset_seconds",
		help:       "How far the API's clock is ahead of ours, give or take a second.",
		ofInstance: func(r *reading) float64 { return r.ahead.Seconds() },
	},

	{
		kind: counter, name: "handed_over_bytes_total",
		help:       "Bytes of msgpack handed to Fluent Bit.",
		ofInstance: func(r *reading) float64 { return float64(r.outbox.total.bytes) },
	},
	{
		kind: counter, name: "handed_over_records_total",
		help:       "Records handed to Fluent Bit, merged alerts and repeated hand-overs included.",
		ofInstance: func(r *reading) float64 { return float64(r.outbox.total.records) },
	},
	{
		kind: counter, name: "batches_handed_over_total",
		help:       "Batches handed to Fluent Bit.",
		ofInstance: func(r *reading) float64 { return float64(r.outbox.total.batches) },
	},
	{
		kind: counter, name: "batches_handed_over_again_total",
		help:       "Batches that Fluent Bit has dropped, and that were handed over again.",
		ofInstance: func(r *reading) float64 { return float64(r.c.stats.lost.Load()) },
	},
	{
		kind: counter, name: "batches_saved_total",
		help:       "Batches that have arrived and are saved as done.",
		ofInstance: func(r *reading) float64 { return float64(r.c.stats.batches.Load()) },
	},
	{
		kind: gauge, name: "batches_waiting",
		help:       "Batches that are not saved as done yet.",
		ofInstance: func(r *reading) float64 { return float64(r.outbox.batches) },
	},
	{
		kind: gauge, name: "waiting_bytes",
		help:       "Bytes of records held for Fluent Bit.",
		ofInstance: func(r *reading) float64 { return float64(r.outbox.bytes) },
	},
	{
		kind: gauge, name: "paused",
		help:       "1 while Fluent Bit pauses the instance; the other values stand still then.",
		ofInstance: func(r *reading) float64 { return flag(r.outbox.paused) },
	},
	{
		kind: gauge, name: "disk_short",
		help:       "1 while nothing is handed over for want of disk space.",
		ofInstance: func(r *reading) float64 { return flag(r.outbox.short) },
	},
	{
		kind: gauge, name: "disk_free_bytes",
		help:       "Free space on the file system of db; 0 without db.",
		ofInstance: func(r *reading) float64 { return float64(r.outbox.space.Free) },
	},
	{
		kind: gauge, name: "state_failed",
		help:       "1 while the position cannot be saved; nothing is handed over then.",
		ofInstance: func(r *reading) float64 { return flag(r.outbox.stalled) },
	},
	{
		kind: gauge, name: "state_file_bytes",
		help:       "Size of db.",
		ofInstance: func(r *reading) float64 { return float64(r.c.stats.fileBytes.Load()) },
	},
	{
		kind: gauge, name: "troubles",
		help:       "How many things are wrong now; the status line names them.",
		ofInstance: func(r *reading) float64 { return float64(len(r.c.trouble.current())) },
	},
	{
		kind: gauge, name: "sampled_timestamp_seconds",
		help:       "When these values were taken, as Unix time: it stands still with the instance.",
		ofInstance: func(r *reading) float64 { return float64(r.now.Unix()) },
	},

	{
		kind: gauge, name: "alerts_pending",
		help:       "Alerts that wait for entities before they are emitted.",
		ofInstance: func(r *reading) float64 { return float64(r.alerts.Pending) },
	},
	{
		kind: counter, name: "alerts_merged_total",
		help:       "Merged alerts emitted for the first time.",
		ofInstance: func(r *reading) float64 { return float64(r.alerts.Merged) },
	},
	{
		kind: counter, name: "alerts_revised_total",
		help:       "Merged alerts emitted again, with what has come since.",
		ofInstance: func(r *reading) float64 { return float64(r.alerts.Revised) },
	},
	{
		kind: counter, name: "alerts_orphaned_total",
		help:       "Entities whose alert never came.",
		ofInstance: func(r *reading) float64 { return float64(r.alerts.Orphaned) },
	},
	{
		kind: counter, name: "alerts_unkeyed_total",
		help:       "Alerts without an AlertId, emitted without entities.",
		ofInstance: func(r *reading) float64 { return float64(r.alerts.Unkeyed) },
	},
	{
		kind: counter, name: "alerts_evicted_total",
		help:       "Alerts forgotten early for want of room.",
		ofInstance: func(r *reading) float64 { return float64(r.alerts.Evicted) },
	},
}

func count(of func(*typeStats) int64) func(*reading, normalize.ContentType, *typeStats) float64 {
	return func(_ *reading, _ normalize.ContentType, st *typeStats) float64 { return float64(of(st)) }
}

func flag(on bool) float64 {
	if on {
		return 1
	}
	return 0
}

// reading is what the metrics of one moment are read from.
type reading struct {
	c       *Collector
	now     time.Time
	ahead   time.Duration // the server's clock of ours
	started int64
	outbox  contents
	token   auth.State
	alerts  normalize.MergeStats
}

// since is how long ago a moment of the server's clock was, 0 of none.
func (r *reading) since(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return max(0, r.now.Add(r.ahead).Sub(t).Seconds())
}

// ago is how long ago a moment of our clock was, in Unix time.
func (r *reading) ago(unix int64) float64 { return float64(max(0, r.now.Unix()-unix)) }

func (r *reading) lag(ct normalize.ContentType) float64 {
	lag, known := r.outbox.total.lag[ct]
	if !known {
		return 0
	}
	return max(0, (lag + r.ahead).Seconds())
}

// Samples are all metrics now. They are complete from the first call on, which
// may come before Start.
func (c *Collector) Samples() []telemetry.Sample {
	now := c.now()
	ahead := time.Duration(0)
	if offset, known := c.client.ClockOffset(now); known {
		ahead = offset
	}
	r := &reading{
		c: c, now: now, ahead: ahead, started: c.started.Unix(),
		outbox: c.outbox.look(), token: c.tokens.State(), alerts: *c.stats.alerts.Load(),
	}
	samples := make([]telemetry.Sample, 0, len(metrics)*len(c.settings.ContentTypes)+len(r.requests()))
	for i := range metrics {
		samples = append(samples, metrics[i].samples(r)...)
	}
	return samples
}

func (m *metric) samples(r *reading) []telemetry.Sample {
	sample := func(value float64, labels ...telemetry.Label) telemetry.Sample {
		labels = append([]telemetry.Label{{Key: "tenant", Value: r.c.settings.TenantName}}, labels...)
		return telemetry.Sample{Kind: m.kind, Name: m.name, Help: m.help, Labels: labels, Value: value}
	}
	var samples []telemetry.Sample
	switch {
	case m.ofInstance != nil:
		samples = append(samples, sample(m.ofInstance(r)))
	case m.ofType != nil:
		for _, ct := range r.c.settings.ContentTypes {
			samples = append(samples, sample(m.ofType(r, ct, r.c.stats.of(ct)), telemetry.Label{Key: "content_type", Value: string(ct)}))
		}
	case m.ofOperation:
		for _, q := range r.requests() {
			samples = append(samples, sample(float64(q.count),
				telemetry.Label{Key: "operation", Value: q.operation}, telemetry.Label{Key: "result", Value: q.result}))
		}
	}
	return samples
}

// requests counts the requests that ended in one way.
type requests struct {
	operation, result string
	count             uint64
}

func (r *reading) requests() []requests {
	operations, results := activity.Operations(), activity.Results()
	list := make([]requests, 0, 3+len(operations)*len(results))
	list = append(list,
		requests{"token", "ok", r.token.Requests.OK},
		requests{"token", activity.Configuration.String(), r.token.Requests.Configuration},
		requests{"token", activity.Retry.String(), r.token.Requests.Transient},
	)
	for _, operation := range operations {
		for _, result := range results {
			list = append(list, requests{string(operation), result, r.c.client.Requests(operation, result)})
		}
	}
	return list
}
