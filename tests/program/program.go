// Package program runs what loads the plugin, the test host or Fluent Bit, for
// tests and benchmarks: it starts one with a configuration, reads its log, asks
// it things, ends it, and says what it took of the processor and of memory.
//
// It expects `make build`, and callers in a folder below tests/.
package program

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
)

// What `make build` makes, as seen from a folder below tests/.
const (
	Library = "../../bin/in_office365.so"
	host    = "../../bin/host"
)

// Program is what loads the library.
type Program struct {
	Name string // host or fluent-bit
	Path string
}

// Host is the test host.
func Host() Program { return Program{"host", host} }

// FluentBit is the real one; false where there is none.
func FluentBit() (Program, bool) {
	path := fluentBit()
	return Program{"fluent-bit", path}, path != ""
}

var fluentBit = sync.OnceValue(func() string {
	for _, candidate := range []string{os.Getenv("FLUENT_BIT"), "fluent-bit", "/opt/fluent-bit/bin/fluent-bit"} {
		if path, err := exec.LookPath(candidate); err == nil {
			return path
		}
	}
	return ""
})

// All are the test host and, where there is one, Fluent Bit.
func All() []Program {
	if p, ok := FluentBit(); ok {
		return []Program{Host(), p}
	}
	return []Program{Host()}
}

// Check is for TestMain: it fails when something is not built yet, and tells w
// what the tests of area run in.
func Check(w io.Writer, area string, more ...string) error {
	for _, path := range append([]string{Library, host}, more...) {
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("%s: %w: run make build first", area, err)
		}
	}
	var problems []error
	for _, p := range All() {
		_, err := fmt.Fprintln(w, area+": runs in", p.Name, p.Path)
		problems = append(problems, err)
	}
	if len(All()) == 1 {
		_, err := fmt.Fprintln(w, area+": there is no Fluent Bit in $FLUENT_BIT, the PATH or /opt/fluent-bit: only the stand-in is tested")
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}
