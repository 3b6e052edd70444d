package e2e_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What `make build` makes.
const (
	library = "../../bin/in_office365.so"
	host    = "../../bin/host"
)

// program is what loads the library: the test host, or Fluent Bit.
type program struct {
	name string
	path string
}

// programs are the test host and, where there is one, Fluent Bit.
var programs = sync.OnceValue(func() []program {
	all := []program{{"host", host}}
	candidates := []string{os.Getenv("FLUENT_BIT"), "fluent-bit", "/opt/fluent-bit/bin/fluent-bit"}
	for _, candidate := range candidates {
		if path, err := exec.LookPath(candidate); candidate != "" && err == nil {
			return append(all, program{"fluent-bit", path})
		}
	}
	return all
})

func TestMain(m *testing.M) {
	for _, path := range []string{library, host, command} {
		if _, err := os.Stat(path); err != nil {
			fmt.Fprintf(os.Stderr, "e2e: %v: run make build first\n", err)
			os.Exit(1)
		}
	}
	for _, p := range programs() {
		fmt.Println("e2e: runs in", p.name, p.path)
	}
	if len(programs()) == 1 {
		fmt.Println("e2e: there is no Fluent Bit in $FLUENT_BIT, the PATH or /opt/fluent-bit: only the stand-in is tested")
	}
	os.Exit(m.Run())
}

// onEach runs a test in every program.
func onEach(t *testing.T, test func(t *testing.T, p program)) {
	t.Helper()
	for _, p := range programs() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			test(t, p)
		})
	}
}

// standIn is the test host, for what Fluent Bit cannot be told to do.
func standIn() program { return programs()[0] }

// process is a running program.
type process struct {
	t       *testing.T
	cmd     *exec.Cmd
	log     logBuffer
	exited  chan struct{}
	secrets []string
	control string // socket of the test host
	journal string // of the test host: what happened to each batch

	killedAt time.Time // when kill was called
}

// logBuffer is what the program has printed, to be read while it prints.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// start runs the program with a configuration in the classic format, and ends
// it at the end of the test. Whatever it prints must hold none of the secrets.
func (p program) start(t *testing.T, conf string, secrets []string, args ...string) *process {
	t.Helper()
	return p.startWith(t, nil, conf, secrets, args...)
}

// startWith is start with further variables in the environment.
func (p program) startWith(t *testing.T, variables []string, conf string, secrets []string, args ...string) *process {
	t.Helper()
	file := filepath.Join(t.TempDir(), "fluent-bit.conf")
	require.NoError(t, os.WriteFile(file, []byte(conf), 0o600))
	return p.startFile(t, variables, file, secrets, args...)
}

// startFile is startWith for a configuration in files.
func (p program) startFile(t *testing.T, variables []string, file string, secrets []string, args ...string) *process {
	t.Helper()
	so, err := filepath.Abs(library)
	require.NoError(t, err)
	args = append([]string{"-e", so, "-c", file}, args...)
	r := &process{t: t, exited: make(chan struct{}), secrets: secrets}
	if p == standIn() {
		dir := filepath.Dir(file)
		r.control = filepath.Join(dir, "control")
		r.journal = filepath.Join(dir, "journal")
		args = append(args, "--control", r.control, "--journal", r.journal)
	}
	r.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), p.path, args...)
	r.cmd.Stdout, r.cmd.Stderr = &r.log, &r.log
	r.cmd.Env = append(os.Environ(), variables...)
	require.NoError(t, r.cmd.Start())
	go func() {
		defer close(r.exited)
		_ = r.cmd.Wait() // the status is in ProcessState
	}()
	t.Cleanup(r.cleanUp)
	return r
}

func (r *process) cleanUp() {
	_ = r.cmd.Process.Kill() // it may have ended
	<-r.exited
	if r.t.Failed() {
		r.t.Logf("%s:\n%s", r.cmd.Path, r.log.String())
	}
	requireNoSecret(r.t, r.log.String(), r.secrets)
}

// secretShapes are in what no test has told: a JSON Web Token, as an access token
// or an assertion is one, and a key.
var secretShapes = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{10,}|PRIVATE KEY`)

func requireNoSecret(t *testing.T, output string, secrets []string) {
	t.Helper()
	for _, secret := range secrets {
		require.NotContains(t, output, secret, "a secret in the output")
	}
	require.NotRegexp(t, secretShapes, output, "a secret in the output")
}

// stop asks for a graceful stop and returns the exit status.
func (r *process) stop() int {
	r.t.Helper()
	require.NoError(r.t, r.cmd.Process.Signal(syscall.SIGTERM))
	return r.wait(time.Minute)
}

// kill ends the program as a crash would.
func (r *process) kill() {
	r.t.Helper()
	r.killedAt = time.Now()
	require.NoError(r.t, r.cmd.Process.Kill())
	r.wait(time.Minute)
}

func (r *process) wait(limit time.Duration) int {
	r.t.Helper()
	require.True(r.t, r.ends(limit), "it does not end")
	return r.cmd.ProcessState.ExitCode()
}

// ends reports whether the program ends within limit.
func (r *process) ends(limit time.Duration) bool {
	select {
	case <-r.exited:
		return true
	case <-time.After(limit):
		return false
	}
}

// killed reports whether SIGKILL has ended the program.
func (r *process) killed() bool {
	status, ok := r.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

func (r *process) signal(s syscall.Signal) {
	r.t.Helper()
	require.NoError(r.t, r.cmd.Process.Signal(s))
}

// tell gives a command to the test host and waits until it is done.
func (r *process) tell(command string) {
	r.t.Helper()
	r.ask(command)
}

// ask gives a command to the test host and returns the lines of its answer.
func (r *process) ask(command string) []string {
	r.t.Helper()
	var c net.Conn
	eventually(r.t, 10*time.Second, "control socket", func() bool {
		var err error
		c, err = (&net.Dialer{}).DialContext(r.t.Context(), "unix", r.control)
		return err == nil
	})
	defer func() { _ = c.Close() }() // the answer has been read
	_, err := fmt.Fprintln(c, command)
	require.NoError(r.t, err)
	var lines []string
	answer := bufio.NewScanner(c)
	for answer.Scan() {
		if answer.Text() == "ok" {
			return lines
		}
		require.False(r.t, strings.HasPrefix(answer.Text(), "error"), "%s: %s", command, answer.Text())
		lines = append(lines, answer.Text())
	}
	require.FailNow(r.t, "no answer to "+command)
	return nil
}

// eventually waits until ok holds.
func eventually(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	require.True(t, holdsWithin(limit, ok), "waited in vain for: "+what)
}

// holdsWithin reports whether ok comes to hold within limit.
func holdsWithin(limit time.Duration, ok func() bool) bool {
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

// record is one line of an output.
type record map[string]any

func (r record) id() string {
	id, _ := r["Id"].(string)
	return id
}

// merged reports whether it is a merged alert, which has the Id of its trigger.
func (r record) merged() bool { return r["alert_uid"] != nil }

// readOutput returns the originals in a file of the output plugin "file" with
// format plain, and leaves merged alerts out. A last line without its end is not
// complete yet.
func readOutput(t *testing.T, path string) []record {
	t.Helper()
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	require.NoError(t, err)
	var records []record
	for line := range bytes.Lines(text) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			break
		}
		var r record
		require.NoError(t, json.Unmarshal(line, &r), "%s", line)
		if !r.merged() {
			records = append(records, r)
		}
	}
	return records
}

// lines counts the originals in a file by its complete lines, which is quicker
// than reading them.
func lines(path string) int {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	text = text[:bytes.LastIndexByte(text, '\n')+1]
	return bytes.Count(text, []byte("\n")) - bytes.Count(text, []byte(`"alert_uid":`))
}

// section renders a section of the classic format.
func section(name string, pairs ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "[%s]\n", name)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			fmt.Fprintf(&b, "    %s %s\n", pairs[i], pairs[i+1])
		}
	}
	return b.String()
}
