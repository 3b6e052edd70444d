package bench_test

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"office365/tests/program"
)

var profiles = flag.String("profiles", "", "folder for what perf records of each program; none: it records nothing")

// profile lets perf follow a program to its end, when that is asked for.
func profile(b *testing.B, r *program.Process) {
	b.Helper()
	if *profiles == "" {
		return
	}
	perf, err := exec.LookPath("perf")
	if err != nil {
		b.Log("there is no perf: no profile of the process")
		return
	}
	file, err := filepath.Abs(filepath.Join(*profiles, strings.ReplaceAll(b.Name(), "/", "-")+".perf"))
	require.NoError(b, err)
	cmd := exec.CommandContext(context.WithoutCancel(b.Context()), perf, "record", "--quiet", "--freq", "499", "--call-graph", "fp",
		"--output", file, "--pid", strconv.Itoa(r.PID()))
	require.NoError(b, cmd.Start())
	b.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt) // it has ended with the program, or ends now
		_ = cmd.Wait()                       // interrupted, it fails
	})
}
