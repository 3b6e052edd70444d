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
	bytes, err := r.status(field)
	require.NoError(r.tb, err, "it has ended:\n%s", r.Log.String())
	return bytes
}

// status reads a size from the program's status.
func (r *Process) status(field string) (bytes int64, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.PID()))
	if err != nil {
		return 0, err
	}
	_, text, _ := strings.Cut(string(status), field) // a program that has ended has no sizes
	var kib int64
	_, err = fmt.Sscan(text, &kib)
	return kib << 10, err
}

// Peaks is the memory of a program at its worst moments, in bytes.
type Peaks struct {
	Resident int64 // the resident set: see PeakMemory
	Own      int64 // of it, what no file stands behind, as far as samples have met it
}

// WatchMemory looks at the memory of a running program ten times a second, until
// it is asked for the peaks, before the program ends.
func (r *Process) WatchMemory() (peaks func() Peaks) {
	stop, most := make(chan struct{}), make(chan int64)
	go func() {
		own := int64(0)
		for {
			select {
			case <-stop:
				most <- own
				return
			case <-time.After(100 * time.Millisecond):
				now, _ := r.status("RssAnon:") // of one that has ended there is no more to see
				own = max(own, now)
			}
		}
	}()
	return func() Peaks {
		close(stop)
		return Peaks{Resident: r.PeakMemory(), Own: <-most}
	}
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
