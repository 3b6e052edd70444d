package program

import (
	"bufio"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Ask gives a command to the test host, waits until it is done, and returns the
// lines of its answer. At the start and in a reload the host has no instance for a
// moment: it is asked again then.
func (r *Process) Ask(command string) []string {
	r.tb.Helper()
	var lines []string
	var problem string
	HoldsWithin(10*time.Second, func() bool {
		lines, problem = r.ask(command)
		return !strings.HasSuffix(problem, "no such instance")
	})
	require.Empty(r.tb, problem, command)
	return lines
}

// ask returns the lines of the answer, or what is wrong with the command.
func (r *Process) ask(command string) (lines []string, problem string) {
	r.tb.Helper()
	var c net.Conn
	Eventually(r.tb, 10*time.Second, "control socket", func() bool {
		var err error
		c, err = (&net.Dialer{}).DialContext(r.tb.Context(), "unix", r.control)
		return err == nil
	})
	defer func() { _ = c.Close() }() // the answer has been read
	_, err := fmt.Fprintln(c, command)
	require.NoError(r.tb, err)
	answer := bufio.NewScanner(c)
	for answer.Scan() {
		if answer.Text() == "ok" {
			return lines, ""
		}
		if strings.HasPrefix(answer.Text(), "error") {
			return nil, answer.Text()
		}
		lines = append(lines, answer.Text())
	}
	return nil, "no answer"
}

// Counts are what the test host tells of an instance, such as ring, collects and
// batches.
func (r *Process) Counts(instance string) map[string]int {
	r.tb.Helper()
	counts := map[string]int{}
	for _, line := range r.Ask("status") {
		if !strings.HasPrefix(line, instance+" ") {
			continue
		}
		for field := range strings.FieldsSeq(line) {
			key, value, _ := strings.Cut(field, "=")
			counts[key], _ = strconv.Atoi(value) // 0 for what is no number
		}
	}
	return counts
}

// Eventually waits until ok holds.
func Eventually(tb testing.TB, limit time.Duration, what string, ok func() bool) {
	tb.Helper()
	require.True(tb, HoldsWithin(limit, ok), "waited in vain for: "+what)
}

// HoldsWithin reports whether ok comes to hold within limit.
func HoldsWithin(limit time.Duration, ok func() bool) bool {
	deadline := time.After(limit)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			return ok()
		}
	}
	return true
}
