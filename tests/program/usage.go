package program

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// PeakMemory is the largest resident set of a running program so far, in bytes.
func (r *Process) PeakMemory() int64 { r.tb.Helper(); return r.memory("VmHWM:") }

// Memory is the resident set of a running program, in bytes.
func (r *Process) Memory() int64 { r.tb.Helper(); return r.memory("VmRSS:") }

func (r *Process) memory(field string) int64 {
	r.tb.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.PID()))
	require.NoError(r.tb, err)
	_, text, found := strings.Cut(string(status), field)
	require.True(r.tb, found, "it has ended:\n%s", r.Log.String())
	var kib int64
	_, err = fmt.Sscan(text, &kib)
	require.NoError(r.tb, err)
	return kib << 10
}

// CPU is the time that the program has had of the processors so far, in user and
// in system mode; after its end: in all.
func (r *Process) CPU() time.Duration {
	r.tb.Helper()
	select {
	case <-r.exited:
		return r.cmd.ProcessState.UserTime() + r.cmd.ProcessState.SystemTime()
	default:
	}
	// The clock of another process, as clock_getcpuclockid(3) makes its number:
	// of all its threads, to the nanosecond, where /proc counts hundredths.
	const scheduled = 2
	var spent unix.Timespec
	require.NoError(r.tb, unix.ClockGettime(int32(^r.PID()<<3|scheduled), &spent)) //nolint:gosec // a number of a process fits
	return time.Duration(spent.Nano())
}
