package main

import (
	"slices"
	"strconv"
	"strings"
)

// results are what `go test -bench` has printed.
type results struct {
	values map[series][]float64 // one for each run
	config map[string]string    // lines "key: value", as benchstat knows them
}

// series is one figure of one benchmark.
type series struct{ benchmark, unit string }

// parse reads the output of go test; of a key that comes again the last value
// counts.
func parse(text string) results {
	r := results{values: map[series][]float64{}, config: map[string]string{}}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "Benchmark") {
			r.add(strings.Fields(line))
			continue
		}
		key, value, found := strings.Cut(line, ": ")
		if found && !strings.ContainsAny(key, " \t") {
			r.config[key] = strings.TrimSpace(value)
		}
	}
	return r
}

// add takes in the fields of a result: name, iterations, and pairs of a value and
// its unit.
func (r results) add(fields []string) {
	if len(fields) < 4 {
		return // the name alone, when something was logged
	}
	name := strings.TrimPrefix(fields[0], "Benchmark")
	if i := strings.LastIndexByte(name, '-'); i > 0 {
		if _, err := strconv.Atoi(name[i+1:]); err == nil {
			name = name[:i] // GOMAXPROCS
		}
	}
	for pair := range slices.Chunk(fields[2:], 2) {
		value, err := strconv.ParseFloat(pair[0], 64)
		if err != nil || len(pair) < 2 {
			return
		}
		of := series{name, pair[1]}
		r.values[of] = append(r.values[of], value)
	}
}

// median is the middle one of the runs of a figure; false when it was not
// measured.
func (r results) median(of series) (float64, bool) {
	values := slices.Sorted(slices.Values(r.values[of]))
	n := len(values)
	if n == 0 {
		return 0, false
	}
	return (values[(n-1)/2] + values[n/2]) / 2, true
}
