// Command mutate takes the handling of one failure at a time out of the plugin
// and sees whether the test that is named for it fails.
//
//	go run ./tests/mutate            all rows of the table
//	go run ./tests/mutate -only 429  those whose name matches
//
// The files of the tree are not touched: go test reads the changed one through
// -overlay. A row whose text is not in its file exactly once is an error, and so
// is a test that does not pass to begin with, or a change that does not compile:
// the table would prove nothing then.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// mutation is one row of the table.
type mutation struct {
	name     string // of the failure or the promise
	file     string // where it is handled
	old, new string // the text that is there once, and what takes its place
	pkg      string // of the test
	test     string // pattern of go test -run; the test before the first / must fail
}

// testTimeout ends a test that a mutation keeps busy for ever; that is a failure
// of the test as well.
const testTimeout = "60s"

func main() {
	only := flag.String("only", "", "run the rows whose name matches this `pattern`")
	jobs := flag.Int("jobs", 2, "rows at a time")
	flag.Parse()
	if err := run(os.Stdout, *only, *jobs); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

// printer prints to out; a terminal that is gone changes no verdict.
func printer(out io.Writer) func(format string, args ...any) {
	return func(format string, args ...any) { _, _ = fmt.Fprintf(out, format, args...) }
}

func run(out io.Writer, only string, jobs int) error {
	say := printer(out)
	pattern, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	rows := slices.DeleteFunc(table(), func(m mutation) bool { return !pattern.MatchString(m.name) })
	begun := time.Now()
	if err := errors.Join(stale(rows), baseline(rows)); err != nil {
		return err
	}
	say("every named test passes (%s); %d mutations\n", time.Since(begun).Round(time.Second), len(rows))
	survivors, broken := runAll(say, rows, jobs)
	say("%d mutations, %d killed, %d survived, %d broken, %s\n",
		len(rows), len(rows)-survivors-broken, survivors, broken, time.Since(begun).Round(time.Second))
	if survivors+broken > 0 {
		return errors.New("a failure is handled by code that no test needs")
	}
	return nil
}

// stale reports rows that do not fit their files.
func stale(rows []mutation) error {
	var errs []error
	names := map[string]bool{}
	for _, m := range rows {
		if names[m.name] {
			errs = append(errs, fmt.Errorf("%s: two rows of this name", m.name))
		}
		names[m.name] = true
		source, err := os.ReadFile(m.file)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if n := bytes.Count(source, []byte(m.old)); n != 1 {
			errs = append(errs, fmt.Errorf("%s: %d times in %s: %s", m.name, n, m.file, m.old))
		}
	}
	return errors.Join(errs...)
}

// baseline runs every named test on the tree as it is.
func baseline(rows []mutation) error {
	tests := map[string][]string{} // by package
	for _, m := range rows {
		if name := m.top(); !slices.Contains(tests[m.pkg], name) {
			tests[m.pkg] = append(tests[m.pkg], name)
		}
	}
	var errs []error
	for pkg, names := range tests {
		out, err := goTest("-timeout", "10m", "-v", "-run", "^("+strings.Join(names, "|")+")$", pkg)
		for _, name := range names {
			if !strings.Contains(out, "--- PASS: "+name+" ") {
				errs = append(errs, fmt.Errorf("%s in %s does not pass to begin with (%w)", name, pkg, errors.Join(err, errNoPass)))
			}
		}
	}
	return errors.Join(errs...)
}

var errNoPass = errors.New("there is no line that says so")

// top is the name of the test without those of its parts.
func (m mutation) top() string {
	name, _, _ := strings.Cut(m.test, "/")
	return name
}

// runAll runs the rows, so many at a time, and prints a line for each.
func runAll(say func(format string, args ...any), rows []mutation, jobs int) (survivors, broken int) {
	var (
		mu    sync.Mutex
		group sync.WaitGroup
		slots = make(chan struct{}, jobs)
	)
	for _, m := range rows {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			begun := time.Now()
			verdict, said := m.run()
			mu.Lock()
			defer mu.Unlock()
			switch verdict {
			case survived:
				survivors++
			case failed:
				broken++
				say("%s\n", said)
			}
			say("%-9s %4.0fs  %-58s %s\n", verdict, time.Since(begun).Seconds(), m.name, m.test)
		})
	}
	group.Wait()
	return survivors, broken
}

// The verdicts on a mutation.
const (
	killed   = "killed"
	survived = "SURVIVED"
	failed   = "BROKEN" // it does not compile
)

// run tests the plugin with the mutation; said is why a row is broken.
func (m mutation) run() (verdict, said string) {
	overlay, clean, err := m.overlay()
	if err != nil {
		return failed, err.Error()
	}
	defer clean()
	out, err := goTest("-overlay", overlay, "-vet", "off", "-ldflags", "-s -w", "-timeout", testTimeout, "-run", m.pattern(), m.pkg)
	switch {
	case err == nil:
		return survived, ""
	case strings.Contains(out, "--- FAIL: "+m.top()), strings.Contains(out, "panic: "):
		return killed, ""
	default:
		return failed, out
	}
}

// pattern is m.test with each part anchored.
func (m mutation) pattern() string {
	parts := strings.Split(m.test, "/")
	for i, part := range parts {
		parts[i] = "^" + part + "$"
	}
	return strings.Join(parts, "/")
}

// overlay writes the mutated file and the map that names it.
func (m mutation) overlay() (path string, clean func(), err error) {
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return "", nil, err
	}
	clean = func() { _ = os.RemoveAll(dir) } // a folder of the system's for such
	source, err := os.ReadFile(m.file)
	if err != nil {
		return "", clean, err
	}
	original, err := filepath.Abs(m.file)
	if err != nil {
		return "", clean, err
	}
	mutated := filepath.Join(dir, filepath.Base(m.file))
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {original: mutated}})
	if err != nil {
		return "", clean, err
	}
	path = filepath.Join(dir, "overlay.json")
	source = bytes.Replace(source, []byte(m.old), []byte(m.new), 1)
	return path, clean, errors.Join(
		os.WriteFile(mutated, source, 0o600), //nolint:gosec // in a folder of its own, by a name of the table
		os.WriteFile(path, replace, 0o600))
}

func goTest(args ...string) (string, error) {
	cmd := exec.CommandContext(context.Background(), "go", append([]string{"test", "-count=1"}, args...)...) //nolint:gosec // the rows of the table
	out, err := cmd.CombinedOutput()
	return string(out), err
}
