package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"office365/tests/program"
)

// process is a running program.
type process = program.Process

func TestMain(m *testing.M) {
	if err := program.Check(os.Stdout, "e2e", command); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// onEach runs a test in every program.
func onEach(t *testing.T, test func(t *testing.T, p program.Program)) {
	t.Helper()
	for _, p := range program.All() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			test(t, p)
		})
	}
}

// standIn is the test host, for what Fluent Bit cannot be told to do.
func standIn() program.Program { return program.Host() }

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
