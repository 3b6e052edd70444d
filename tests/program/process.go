package program

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Process is a running program.
type Process struct {
	Log      Log
	Journal  string    // of the test host: what happened to each batch
	KilledAt time.Time // when Kill was called

	tb      testing.TB
	cmd     *exec.Cmd
	exited  chan struct{}
	secrets []string
	control string // socket of the test host
}

// Log is what a program has printed, to be read while it prints.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write appends what the program prints.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// String is all that the program has printed so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Start runs the program with a configuration in the classic format, and ends
// it at the end of the test. Whatever it prints must hold none of the secrets.
func (p Program) Start(tb testing.TB, conf string, secrets []string, args ...string) *Process {
	tb.Helper()
	return p.StartWith(tb, nil, conf, secrets, args...)
}

// StartWith is Start with further variables in the environment.
func (p Program) StartWith(tb testing.TB, variables []string, conf string, secrets []string, args ...string) *Process {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "fluent-bit.conf")
	require.NoError(tb, os.WriteFile(file, []byte(conf), 0o600))
	return p.StartFile(tb, variables, file, secrets, args...)
}

// StartFile is StartWith for a configuration in files.
func (p Program) StartFile(tb testing.TB, variables []string, file string, secrets []string, args ...string) *Process {
	tb.Helper()
	so, err := filepath.Abs(Library)
	require.NoError(tb, err)
	args = append([]string{"-e", so, "-c", file}, args...)
	r := &Process{tb: tb, exited: make(chan struct{}), secrets: secrets}
	if p == Host() {
		dir := filepath.Dir(file)
		r.control = filepath.Join(dir, "control")
		r.Journal = filepath.Join(dir, "journal")
		args = append(args, "--control", r.control, "--journal", r.Journal)
	}
	r.cmd = exec.CommandContext(context.WithoutCancel(tb.Context()), p.Path, args...) //nolint:gosec // a program of ours, or the Fluent Bit that the user names
	r.cmd.Stdout, r.cmd.Stderr = &r.Log, &r.Log
	r.cmd.Env = append(os.Environ(), variables...)
	require.NoError(tb, r.cmd.Start())
	go func() {
		defer close(r.exited)
		_ = r.cmd.Wait() // the status is in ProcessState
	}()
	tb.Cleanup(r.cleanUp)
	return r
}

func (r *Process) cleanUp() {
	_ = r.cmd.Process.Kill() // it may have ended
	<-r.exited
	if r.tb.Failed() {
		r.tb.Logf("%s:\n%s", r.cmd.Path, r.Log.String())
	}
	RequireNoSecret(r.tb, r.Log.String(), r.secrets)
}

// secretShapes are in what no test has told: a JSON Web Token, as an access token
// or an assertion is one, and a key.
var secretShapes = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{10,}|PRIVATE KEY`)

// RequireNoSecret checks that output holds none of the secrets, and nothing that
// looks like one.
func RequireNoSecret(tb testing.TB, output string, secrets []string) {
	tb.Helper()
	for _, secret := range secrets {
		require.NotContains(tb, output, secret, "a secret in the output")
	}
	require.NotRegexp(tb, secretShapes, output, "a secret in the output")
}

// Stop asks for a graceful stop and returns the exit status.
func (r *Process) Stop() int {
	r.tb.Helper()
	r.Signal(syscall.SIGTERM)
	return r.Wait(time.Minute)
}

// Kill ends the program as a crash would.
func (r *Process) Kill() {
	r.tb.Helper()
	r.KilledAt = time.Now()
	require.NoError(r.tb, r.cmd.Process.Kill())
	r.Wait(time.Minute)
}

// Crash is Kill for goroutines that are not the test's own: it checks nothing.
func (r *Process) Crash() {
	r.KilledAt = time.Now()
	_ = r.cmd.Process.Kill() // Killed tells
	<-r.exited
}

// Wait waits until the program ends and returns its exit status.
func (r *Process) Wait(limit time.Duration) int {
	r.tb.Helper()
	require.True(r.tb, r.Ends(limit), "it does not end")
	return r.cmd.ProcessState.ExitCode()
}

// Ends reports whether the program ends within limit.
func (r *Process) Ends(limit time.Duration) bool {
	select {
	case <-r.exited:
		return true
	case <-time.After(limit):
		return false
	}
}

// Killed reports whether SIGKILL has ended the program.
func (r *Process) Killed() bool {
	status, ok := r.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// State is how the program has ended.
func (r *Process) State() string { return r.cmd.ProcessState.String() }

// Signal sends a signal to the program.
func (r *Process) Signal(s syscall.Signal) {
	r.tb.Helper()
	require.NoError(r.tb, r.cmd.Process.Signal(s))
}

// PID is the number of the process.
func (r *Process) PID() int { return r.cmd.Process.Pid }
