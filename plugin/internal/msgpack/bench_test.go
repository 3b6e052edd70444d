package msgpack_test

import (
	"bytes"
	"errors"
	"io"
	"syscall"
	"testing"
	"time"

	jsoniter "github.com/json-iterator/go"
	"github.com/ugorji/go/codec"
	vmihailenco "github.com/vmihailenco/msgpack/v5"

	"office365/normalize"
	"office365/plugin/internal/msgpack"
	"office365/tests/bench/corpus"
)

// The corpus of the throughput target: 5,000 records of 1.3 KB on average.
const (
	benchSeed    = 1
	benchRecords = 5000
	batchBytes   = 4 << 20 // batch_size's default: the buffer that is filled again and again
)

var benchReceived = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// BenchmarkPipeline is what the plugin does with a blob in each format: split,
// parse, normalize, encode. Compare its MB/s of JSON with those of BenchmarkPlain;
// the formats of the two schemas are meant to be within 30 % of interflow.
func BenchmarkPipeline(b *testing.B) {
	for _, format := range []normalize.Format{normalize.FormatInterflow, normalize.FormatECS, normalize.FormatOCSF} {
		b.Run(format.String(), func(b *testing.B) { pipeline(b, format) })
	}
}

func pipeline(b *testing.B, format normalize.Format) {
	b.Helper()
	blob := corpus.Blob(corpus.Records(benchSeed, benchRecords))
	split := normalize.NewSplitter(nil, 0)
	norm := normalize.New(normalize.Options{TenantName: "contoso-prod", IndexKey: "index", IndexEvents: "windows_events", Format: format})
	src := normalize.Source{ContentType: normalize.AuditGeneral, ContentID: "20260302$audit_general"}
	body := bytes.NewReader(nil)
	buf := make([]byte, 0, batchBytes+batchBytes/2)
	m := start(b, blob)
	for b.Loop() {
		body.Reset(blob)
		split.Reset(body)
		records := 0
		for ; ; records++ {
			raw, err := split.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil || raw.Err != nil {
				b.Fatal(err, raw.Err)
			}
			buf = msgpack.AppendEvent(buf, norm.Record(raw, src, benchReceived))
			if len(buf) >= batchBytes {
				buf = buf[:0]
			}
		}
		if records != benchRecords {
			b.Fatal("records:", records)
		}
	}
	m.stop()
}

// BenchmarkPlain is the plain way to the same events: the whole blob into maps,
// our keys added, a reflective encoder that is reused.
func BenchmarkPlain(b *testing.B) {
	b.Run("vmihailenco", func(b *testing.B) {
		var out bytes.Buffer
		enc := vmihailenco.NewEncoder(&out)
		enc.UseCompactInts(true)
		plain(b, &out, enc.Encode)
	})
	b.Run("ugorji", func(b *testing.B) {
		var out bytes.Buffer
		handle := &codec.MsgpackHandle{WriteExt: true}
		enc := codec.NewEncoder(&out, handle)
		plain(b, &out, enc.Encode)
	})
}

func plain(b *testing.B, out *bytes.Buffer, encode func(any) error) {
	b.Helper()
	blob := corpus.Blob(corpus.Records(benchSeed, benchRecords))
	out.Grow(batchBytes + batchBytes/2)
	m := start(b, blob)
	for b.Loop() {
		var records []map[string]any
		if err := jsoniter.Unmarshal(blob, &records); err != nil {
			b.Fatal(err)
		}
		for _, rec := range records {
			plainLayer(rec)
			event := []any{[]any{benchReceived.UnixNano(), map[string]any{}}, rec}
			if err := encode(event); err != nil {
				b.Fatal(err)
			}
			if out.Len() >= batchBytes {
				out.Reset()
			}
		}
	}
	m.stop()
}

// plainLayer adds the keys that the normalized layer has.
func plainLayer(rec map[string]any) {
	rec["msg_class"] = "office365_audit_general"
	rec["msg_origin"] = map[string]any{
		"source": "office365", "vendor": "office365", "category": "office_suite",
		"processor": map[string]any{"name": "office365", "type": "log_collector"},
	}
	rec["tenant_name"] = "contoso-prod"
	rec["index"] = "windows_events"
	rec["write_time"] = benchReceived.UnixMilli()
	rec["timestamp"] = benchReceived.UnixMilli()
	if s, ok := rec["CreationTime"].(string); ok {
		if t, err := time.Parse("2006-01-02T15:04:05", s); err == nil {
			rec["timestamp"] = t.UnixMilli()
		}
	}
}

// meter measures passes over a blob.
type meter struct {
	b     *testing.B
	bytes int
	begun time.Duration // by the processors' clock
}

func start(b *testing.B, blob []byte) meter {
	b.Helper()
	b.SetBytes(int64(len(blob)))
	b.ReportAllocs()
	return meter{b, len(blob), processorTime(b)}
}

// stop reports the rate of records, and how much one core does in a second of its
// time, whoever else is at work on the machine; collecting garbage counts.
func (m meter) stop() {
	m.b.Helper()
	spent := processorTime(m.b) - m.begun
	m.b.ReportMetric(float64(m.b.N)*benchRecords/m.b.Elapsed().Seconds(), "records/s")
	m.b.ReportMetric(float64(m.b.N)*float64(m.bytes)/1e6/spent.Seconds(), "MB/core-s")
}

// processorTime is what this process has had so far.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkIterator is why the parser of package normalize is our own: a walk of
// the records with json-iterator's Iterator, each value appended as it comes,
// before any of it is split, checked or normalized.
func BenchmarkIterator(b *testing.B) {
	blob := corpus.Blob(corpus.Records(benchSeed, benchRecords))
	iter := jsoniter.NewIterator(jsoniter.ConfigDefault)
	buf := make([]byte, 0, 2*len(blob))
	m := start(b, blob)
	for b.Loop() {
		iter.ResetBytes(blob)
		buf = buf[:0]
		iter.ReadArrayCB(func(iter *jsoniter.Iterator) bool {
			buf = walk(buf, iter)
			return true
		})
		if iter.Error != nil {
			b.Fatal(iter.Error)
		}
	}
	m.stop()
}

// walk appends the texts of a value, as an encoder would.
func walk(dst []byte, iter *jsoniter.Iterator) []byte {
	switch iter.WhatIsNext() {
	case jsoniter.StringValue:
		return append(dst, iter.ReadString()...)
	case jsoniter.NumberValue:
		return append(dst, iter.ReadNumber()...)
	case jsoniter.ArrayValue:
		iter.ReadArrayCB(func(iter *jsoniter.Iterator) bool {
			dst = walk(dst, iter)
			return true
		})
	case jsoniter.ObjectValue:
		iter.ReadMapCB(func(iter *jsoniter.Iterator, key string) bool {
			dst = walk(append(dst, key...), iter)
			return true
		})
	default:
		iter.Skip()
	}
	return dst
}
