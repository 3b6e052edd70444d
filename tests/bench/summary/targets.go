package main

// comparison says on which side of its target a figure has to be.
type comparison string

const (
	atLeast comparison = "≥"
	atMost  comparison = "≤"
	under   comparison = "<"
)

func (c comparison) holds(value, target float64) bool {
	switch c {
	case atLeast:
		return value >= target
	case atMost:
		return value <= target
	case under:
		return value < target
	default:
		return false
	}
}

// target is what a figure must reach.
type target struct {
	name string
	series
	compare comparison
	target  float64
}

// The units of figures that are divided by others.
const (
	times          = "times" // of plain
	timesInterflow = "times the default's"
)

// byProcessor is the unit of what is divided, and of what it is divided by.
const byProcessor = "MB/core-s"

// The ways to the same records: the plugin's, in the default format and in the
// others, and the plain ones.
var (
	interflow = series{"Pipeline/interflow", byProcessor}
	plain     = []series{{"Plain/vmihailenco", byProcessor}, {"Plain/ugorji", byProcessor}}
)

// divisors are what figures of a unit are divided by: the largest of these.
var divisors = map[string][]series{times: plain, timesInterflow: {interflow}}

// targets are all that the plugin must reach. A megabyte of memory has 2^20
// bytes, one of a rate a million, as in what go test prints. MB/core-s is the
// rate by processor time.
var targets = []target{
	{"JSON in, encoded records out, one core", interflow, atLeast, 250},
	{"the same, beside the faster plain way", series{interflow.benchmark, times}, atLeast, 6},
	{"format ecs beside the default format", series{"Pipeline/ecs", timesInterflow}, atLeast, 0.7},
	{"format ocsf beside the default format", series{"Pipeline/ocsf", timesInterflow}, atLeast, 0.7},
	{"from end to end in the test host, two cores", series{"EndToEnd", "records/s"}, atLeast, 30_000},
	{"processor time in Fluent Bit, quick settings", series{"FluentBit/batch=64M", "cpu-µs/record"}, atMost, 15},
	{"processor time in Fluent Bit, default settings", series{"FluentBit/batch=4M", "cpu-µs/record"}, atMost, 15},
	{"500 contents at 50 ms an answer, 8 workers", series{"Latency", "s"}, atMost, 6},
	{"memory above idle, steady running", series{"Steady", "above-idle-MB"}, atMost, 60},
	{"memory above idle, a content of 100 MB", series{"HugeBlob", "above-idle-MB"}, atMost, 100},
	{"memory above idle, a backlog of 1,000,000 records", series{"Backlog", "above-idle-MB"}, atMost, 100},
	{"idle: share of a core", series{"Idle", "%core"}, under, 0.5},
	{"idle: listings", series{"Idle", "listings/interval"}, atMost, 5},
	{"idle: memory of one more instance", series{"Idle", "MB/instance"}, atMost, 3},
	{"a late content is asked for after", series{"Late", "intervals"}, atMost, 1},
}

// elsewhere are the benchmarks that make bench does not run, and what does.
var elsewhere = map[string]string{"Backlog": "make backlog"}

// figure is measured beside the targets, to compare with.
type figure struct {
	name string
	series
}

var beside = []figure{
	{"the plain way, vmihailenco/msgpack", plain[0]},
	{"the plain way, ugorji/go/codec", plain[1]},
	{"Fluent Bit with the plugin, quick settings: rate", series{"FluentBit/batch=64M", "records/s"}},
	{"Fluent Bit with the plugin, quick settings: memory", series{"FluentBit/batch=64M", "peak-MB"}},
	{"Fluent Bit with the plugin, default settings: memory", series{"FluentBit/batch=4M", "peak-MB"}},
	{"Fluent Bit with the plugin, quick settings, contents of 50 records: processor time", series{"FluentBit/batch=64M,blob=50", "cpu-µs/record"}},
	{"Fluent Bit's tail on the same records in a file: processor time", series{"Tail", "cpu-µs/record"}},
	{"Fluent Bit's tail on the same records in a file: rate", series{"Tail", "records/s"}},
	{"Fluent Bit's tail on the same records in a file: memory", series{"Tail", "peak-MB"}},
	{"memory above idle that is the process's own, the same backlog", series{"Backlog", "above-idle-own-MB"}},
	{"an idle process in the test host: memory", series{"Idle", "peak-MB"}},
}
