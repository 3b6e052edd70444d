package collector_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"office365/plugin/internal/collector"
	"office365/tests/simulator"
)

// newCollector is start without its goroutines.
func (r *rig) newCollector() {
	r.t.Helper()
	c, err := collector.New(r.options())
	if err != nil {
		r.t.Fatal(err)
	}
	r.c, r.counter, r.ring = c, 0, nil
	r.t.Cleanup(c.Stop)
}

func TestAnOriginThatCannotBeStoredAtFirstIsStoredLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["start_from"] = "now"
		r.newCollector()
		mend := r.c.BreakState(t)
		begun := time.Now()
		r.c.Start()
		r.run(10 * time.Minute)
		assert.Empty(t, r.sim.Requests(), "nothing is listed from nowhere")
		assert.InDelta(t, 10, len(r.lines("level=ERROR", "the position cannot be saved")), 1, "every minute: %s", r.log)
		// What was there since the start counts, for that is when it was to begin.
		r.sim.AddContent(simulator.AuditGeneral, 3, 2, begun.Add(time.Minute), begun.Add(8*time.Minute))
		mend()
		r.run(2 * time.Minute)
		r.stop()
		r.requireAllOnce()
		assert.NotEmpty(t, r.lines("works again", "state"))
	})
}

func TestWhileTheStateCannotBeWrittenNothingIsHandedOverAndItGoesOnByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["batch_size"] = "64K"
		r.fill(10, 50)
		r.start()
		r.run(8 * time.Second)
		before := len(r.delivered)
		assert.Positive(t, before)
		mend := r.c.BreakState(t)
		r.run(10 * time.Second) // until a commit fails
		stopped := len(r.delivered)
		assert.LessOrEqual(t, stopped-before, 3*64, "two or three batches of 64 KB")
		r.run(30 * time.Minute)
		assert.Len(t, r.delivered, stopped)
		assert.InDelta(t, 30, len(r.lines("level=ERROR", "the position cannot be saved; collection waits")), 2, "every minute")
		mend()
		r.run(2 * time.Minute)
		assert.NotEmpty(t, r.lines("works again", "state"))
		assert.Greater(t, len(r.delivered), stopped)
		r.stop()
		r.start()
		r.run(2 * time.Minute)
		r.stop()
		r.requireAllOnce()
	})
}

// With nothing to store, only a write of its own can tell that the disk works.
func TestADiskThatWorksAgainIsNoticedWithoutNews(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["interval"], r.settings["content_types"] = "12h", "Audit.Exchange"
		r.fill(1, 2)
		r.start()
		r.run(20 * time.Second)
		mend := r.c.BreakState(t)
		r.run(13 * time.Hour) // one listing, which cannot be stored
		assert.NotEmpty(t, r.lines("level=ERROR", "the position cannot be saved"))
		mend()
		r.run(time.Second) // the next listing is minutes away
		assert.NotEmpty(t, r.lines("works again", "state"))
		r.stop()
	})
}

func TestStopWaitsTenSecondsForADiskThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.fill(1, 2)
		r.start()
		r.run(10 * time.Second)
		let := make(chan struct{})
		r.c.Hang(let)
		begun := time.Now()
		r.c.Stop()
		assert.Equal(t, 10*time.Second, time.Since(begun))
		assert.Len(t, r.lines("level=ERROR", "the disk is slow"), 1, r.log)
		close(let)
		synctest.Wait() // the rest of Stop ends by itself, and saves what it can
		r.start()
		r.run(10 * time.Second)
		r.stop()
		r.requireAllOnce()
	})
}
