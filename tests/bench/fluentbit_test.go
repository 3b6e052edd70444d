package bench_test

import (
	"bufio"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"office365/tests/program"
)

// slowRecords is how much of the corpus a run with batch_size at its default
// takes, which lets 4 MB a second through.
const slowRecords = 60_000

// BenchmarkFluentBit collects in the real Fluent Bit over TLS and gzip: quickly,
// with all settings at their defaults, and quickly in contents of 50 records, as
// many as small tenants have.
func BenchmarkFluentBit(b *testing.B) {
	p := fluentBit(b)
	b.Run("batch=64M", func(b *testing.B) {
		sim := full()
		for b.Loop() {
			collect(b, p, sim, corpusRecords, fast...)
		}
	})
	b.Run("batch=4M", func(b *testing.B) {
		sim := loaded(slowRecords, blobRecords)
		for b.Loop() {
			collect(b, p, sim, slowRecords)
		}
	})
	b.Run("batch=64M,blob=50", func(b *testing.B) {
		sim := loaded(corpusRecords, 50)
		for b.Loop() {
			collect(b, p, sim, corpusRecords, fast...)
		}
	})
}

// BenchmarkTail moves the same records the way that a user would pick without
// this plugin: as JSON lines in a file, which Fluent Bit's own input tail reads
// with its parser json.
func BenchmarkTail(b *testing.B) {
	p := fluentBit(b)
	lines := filepath.Join(b.TempDir(), "records.jsonl")
	writeLines(b, lines)
	parsers := filepath.Join(b.TempDir(), "parsers.conf")
	require.NoError(b, os.WriteFile(parsers, []byte(program.Section("PARSER", "Name", "json", "Format", "json")), 0o600))
	for b.Loop() {
		r := start(b, p, "tail.0", func(service ...string) string {
			return program.Section("SERVICE", append([]string{"Flush", "1", "Grace", "2", "Log_Level", "info", "Parsers_File", parsers}, service...)...) +
				program.Section("INPUT", "Name", "tail", "Tag", "office365", "Path", lines, "Parser", "json", "Read_from_Head", "on") +
				program.Section("OUTPUT", "Name", "null", "Match", "*")
		})
		r.await(corpusRecords, 2*time.Minute)
		took := time.Since(r.begun)
		peak := r.PeakMemory()
		r.end()
		report(b, figures{records: corpusRecords, rate: corpusRecords / took.Seconds(), cpu: r.CPU(), peak: peak})
	}
}

func writeLines(b *testing.B, path string) {
	b.Helper()
	f, err := os.Create(path)
	require.NoError(b, err)
	w := bufio.NewWriter(f)
	for _, r := range records() {
		_, err := w.Write(append(r.JSON, '\n'))
		require.NoError(b, err)
	}
	require.NoError(b, w.Flush())
	require.NoError(b, f.Close())
}
