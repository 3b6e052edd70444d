package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// delivered reads the Ids in an output as it grows; a merged alert counts by its
// uid and revision.
type delivered struct {
	path   string
	offset int64
	ids    []string // in the order of their arrival
	count  map[string]int
	alerts map[string]map[int]bool // uid → revisions
}

func newDelivered(path string) *delivered {
	return &delivered{path: path, count: map[string]int{}, alerts: map[string]map[int]bool{}}
}

// read takes in the complete lines that have come since the last read.
func (d *delivered) read(t *testing.T) {
	t.Helper()
	f, err := os.Open(d.path)
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	require.NoError(t, err)
	defer func() { _ = f.Close() }() // only read
	_, err = f.Seek(d.offset, io.SeekStart)
	require.NoError(t, err)
	text, err := io.ReadAll(f)
	require.NoError(t, err)
	text = text[:bytes.LastIndexByte(text, '\n')+1]
	d.offset += int64(len(text))
	for line := range bytes.Lines(text) {
		var r struct {
			ID       string
			AlertUID string `json:"alert_uid"`
			Revision int    `json:"alert_revision"`
		}
		require.NoError(t, json.Unmarshal(line, &r), "%s", line)
		if r.AlertUID != "" { // it has the Id of its trigger
			r.ID = fmt.Sprintf("alert %s revision %d", r.AlertUID, r.Revision)
			if d.alerts[r.AlertUID] == nil {
				d.alerts[r.AlertUID] = map[int]bool{}
			}
			d.alerts[r.AlertUID][r.Revision] = true
		}
		d.ids = append(d.ids, r.ID)
		d.count[r.ID]++
	}
}

// missing counts those of the Ids that have not come.
func (d *delivered) missing(ids []string) int {
	missing := 0
	for _, id := range ids {
		if d.count[id] == 0 {
			missing++
		}
	}
	return missing
}

// merged counts the merged alerts, every revision of them.
func (d *delivered) merged() int {
	n := 0
	for _, revisions := range d.alerts {
		n += len(revisions)
	}
	return n
}

// gaps names the alerts whose revisions do not count up from 0.
func (d *delivered) gaps() []string {
	var gaps []string
	for uid, revisions := range d.alerts {
		for n := range len(revisions) {
			if !revisions[n] {
				gaps = append(gaps, uid)
				break
			}
		}
	}
	return gaps
}

// repeated counts the deliveries beyond the first of each Id.
func (d *delivered) repeated() int { return len(d.ids) - len(d.count) }
