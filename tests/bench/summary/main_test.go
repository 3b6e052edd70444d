package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const printed = `cores: 2
memory: 23.5 GB
go: go1.26.0
fluent-bit: 5.1.1
date: 2026-11-23
goos: linux
pkg: office365/plugin/internal/msgpack
cpu: AMD EPYC
BenchmarkPipeline/interflow-2  	      50	  20000000 ns/op	 300.00 MB/core-s	   230000 records/s	     120 B/op	       1 allocs/op
BenchmarkPipeline/interflow-2  	      50	  20000000 ns/op	 310.00 MB/core-s	   230000 records/s	     120 B/op	       1 allocs/op
BenchmarkPipeline/interflow-2  	      50	  20000000 ns/op	 400.00 MB/core-s	   230000 records/s	     120 B/op	       1 allocs/op
BenchmarkPipeline/ecs-2        	      50	  20000000 ns/op	 248.00 MB/core-s	   180000 records/s	     120 B/op	       1 allocs/op
BenchmarkPlain/vmihailenco-2   	       5	 200000000 ns/op	  31.00 MB/core-s
BenchmarkPlain/ugorji-2        	       5	 200000000 ns/op	  20.00 MB/core-s
BenchmarkFluentBit/batch=64M   	       1	1 ns/op	 20.5 cpu-µs/record	 26133 records/s
BenchmarkFluentBit/batch=4M-2
    fluentbit_test.go:27: something was logged
PASS
`

func find(t *testing.T, of []outcome, name string) outcome {
	t.Helper()
	for _, o := range of {
		if o.Name == name {
			return o
		}
	}
	require.Fail(t, "no outcome", name)
	return outcome{}
}

func TestAFigureOfSeveralRunsIsTheirMedian(t *testing.T) {
	t.Parallel()
	o := find(t, summarize(parse(printed)).Targets, "JSON in, encoded records out, one core")
	require.NotNil(t, o.Value)
	assert.InDelta(t, 310, *o.Value, 0)
	assert.True(t, *o.Pass)
}

func TestThePlainWayIsTheFasterOfBoth(t *testing.T) {
	t.Parallel()
	o := find(t, summarize(parse(printed)).Targets, "the same, beside the faster plain way")
	require.NotNil(t, o.Value)
	assert.InDelta(t, 10, *o.Value, 0)
	assert.Equal(t, times, o.Unit)
}

func TestAFormatIsHeldAgainstTheDefault(t *testing.T) {
	t.Parallel()
	s := summarize(parse(printed))
	ecs := find(t, s.Targets, "format ecs beside the default format")
	require.NotNil(t, ecs.Value)
	assert.InDelta(t, 0.8, *ecs.Value, 1e-9)
	assert.True(t, *ecs.Pass)
	assert.Equal(t, notMeasured, find(t, s.Targets, "format ocsf beside the default format").Note)
}

func TestAMissedTargetDoesNotPass(t *testing.T) {
	t.Parallel()
	o := find(t, summarize(parse(printed)).Targets, "processor time in Fluent Bit, quick settings")
	require.NotNil(t, o.Value)
	assert.InDelta(t, 20.5, *o.Value, 0)
	assert.False(t, *o.Pass)
	assert.Empty(t, o.Note)
}

func TestWhatWasNotMeasuredIsNoPass(t *testing.T) {
	t.Parallel()
	s := summarize(parse(printed))
	for _, name := range []string{"processor time in Fluent Bit, default settings", "from end to end in the test host, two cores"} {
		o := find(t, s.Targets, name)
		assert.Nil(t, o.Value)
		assert.False(t, *o.Pass)
		assert.Equal(t, notMeasured, o.Note)
	}
	o := find(t, s.Targets, "memory above idle, a backlog of 1,000,000 records")
	assert.Equal(t, "not measured: run make backlog", o.Note)
	assert.Equal(t, len(targets)-3, s.missed())
	assert.Equal(t, len(targets), summarize(parse("")).missed())
}

func TestEachComparisonHasItsBorder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		comparison comparison
		value      float64
		want       bool
	}{
		{atLeast, 5, true},
		{atLeast, 4.9, false},
		{atMost, 5, true},
		{atMost, 5.1, false},
		{under, 4.9, true},
		{under, 5, false},
		{"", 5, false},
	} {
		assert.Equal(t, c.want, c.comparison.holds(c.value, 5), "%v %s 5", c.value, c.comparison)
	}
}

func TestNumbersArePrintedInThreeDigits(t *testing.T) {
	t.Parallel()
	for value, want := range map[float64]string{
		0: "0", 0.2679: "0.27", 5: "5", 20.59: "20.6", 368.4: "368", 30_000: "30,000", 1_234_567.8: "1,234,568", 9.996: "10",
	} {
		assert.Equal(t, want, number(value))
	}
}

func TestTheSummaryIsWrittenAndTheTableReplacedInItsPlace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, page, results := filepath.Join(dir, "summary.json"), filepath.Join(dir, "README.md"), filepath.Join(dir, "bench.txt")
	require.NoError(t, os.WriteFile(results, []byte(printed), 0o600))
	require.NoError(t, os.WriteFile(page, []byte("before\n"+tableBegin+"old\n"+tableEnd+"after\n"), 0o600))
	backlog := filepath.Join(dir, "backlog.txt")
	require.NoError(t, os.WriteFile(backlog, []byte("BenchmarkBacklog 1 600000000000 ns/op 99.5 above-idle-MB\n"), 0o600))
	args := []string{"-out", file, "-readme", page, results, backlog}
	require.NoError(t, run(args, io.Discard))
	require.NoError(t, run(args, io.Discard), "a second time")
	require.ErrorContains(t, run(append([]string{"-strict"}, args...), io.Discard), "targets are missed or not measured")

	text, err := os.ReadFile(page)
	require.NoError(t, err)
	s := summarize(parse(printed + "BenchmarkBacklog 1 600000000000 ns/op 99.5 above-idle-MB\n"))
	assert.Equal(t, "before\n"+tableBegin+"\n"+s.markdown()+"\n"+tableEnd+"after\n", string(text))
	assert.Contains(t, string(text), "| JSON in, encoded records out, one core | 310 MB/core-s | ≥ 250 | yes |\n")
	assert.Contains(t, string(text), "| from end to end in the test host, two cores | not measured | ≥ 30,000 |  |\n")
	assert.Contains(t, string(text), "| memory above idle, a backlog of 1,000,000 records | 99.5 above-idle-MB | ≤ 100 | yes |\n")
	assert.Contains(t, string(text), "Measured on 2026-11-23: AMD EPYC, 2 cores, 23.5 GB of memory, go1.26.0, Fluent Bit 5.1.1.\n")

	text, err = os.ReadFile(file)
	require.NoError(t, err)
	var read summary
	require.NoError(t, json.Unmarshal(text, &read))
	assert.Equal(t, s, read)
}

func TestAPageWithoutMarkersIsLeftAlone(t *testing.T) {
	t.Parallel()
	page := filepath.Join(t.TempDir(), "README.md")
	require.NoError(t, os.WriteFile(page, []byte("a page\n"), 0o600))
	require.ErrorContains(t, writeTable(page, summary{}), "no place for the table")
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	assert.Equal(t, "a page\n", string(text))
}
