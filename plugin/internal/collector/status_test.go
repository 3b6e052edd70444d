package collector_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/simulator"
)

// status is the text of the newest status line.
func (r *rig) status() string {
	lines := r.lines(`msg="status: `)
	require.NotEmpty(r.t, lines)
	_, text, _ := strings.Cut(lines[len(lines)-1], `msg="status: `)
	return strings.TrimSpace(text)
}

func TestTheStatusLineTellsWhatHappenedSinceTheLastOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["content_types"] = "Audit.Exchange DLP.All Audit.General"
		r.settings["status_interval"] = "7m" // not when a listing is due
		r.start()
		sleep(500 * time.Millisecond)
		r.run(7 * time.Minute)
		assert.Equal(t, `Audit.Exchange, DLP.All, Audit.General: nothing new"`, r.status())
		r.sim.AddContent(simulator.AuditExchange, 3, 4, time.Now().Add(-time.Minute), time.Now())
		r.run(7 * time.Minute)
		assert.Equal(t, `Audit.Exchange: 3 contents, 12 records; DLP.All, Audit.General: nothing new"`, r.status(),
			"what is 0 is left out")
		r.run(7 * time.Minute)
		assert.Equal(t, `Audit.Exchange, DLP.All, Audit.General: nothing new"`, r.status())
		r.stop()
	})
}

func TestTheStatusLineNamesWhatCannotBeListedAndWhatIsInQuarantine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["content_types"] = "Audit.Exchange DLP.All"
		r.fill(1, 1)
		id := r.sim.AddContent(simulator.AuditExchange, 1, 1, time.Now().Add(-time.Minute), time.Now())[0]
		r.sim.Inject(simulator.MustFault("malformed-record").At(id))
		r.start()
		sleep(500 * time.Millisecond)
		r.run(10 * time.Minute)
		r.sim.Inject(simulator.MustFault("503").On(simulator.RouteContentList).For(simulator.DLPAll))
		r.run(20 * time.Minute)
		assert.Contains(t, r.status(), "Audit.Exchange: 1 in quarantine; DLP.All: not listed for 2")
		assert.Contains(t, r.status(), `trouble="contents of Audit.Exchange, listing DLP.All"`)
		r.stop()
	})
}

func TestACatchUpIsSeenInTheStatusLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["content_types"] = "Audit.Exchange"
		r.fill(1, 1)
		r.sim.Inject(simulator.MustFault("503").On(simulator.RouteBlob))
		r.start()
		sleep(500 * time.Millisecond)
		r.run(5 * time.Minute)
		assert.Contains(t, r.status(), "Audit.Exchange: catching up from 20h5m0s back, 1 not done yet")
		r.stop()
	})
}

func TestAnAPIThatHasNothingIsSaidOnceAndNotAsAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.sim.Start(simulator.ContentTypes()...)
		r.start()
		r.idle(23 * time.Hour)
		assert.Empty(t, r.lines("nothing new for 24 hours"))
		r.sim.AddContent(simulator.AuditExchange, 1, 1, time.Now().Add(-time.Minute), time.Now())
		r.idle(12 * time.Hour)
		require.Len(t, r.lines("level=WARN", "has had nothing new for 24 hours", "to_do=",
			`content_types="Audit.AzureActiveDirectory, Audit.General, Audit.SharePoint, DLP.All"`), 1, r.log)
		r.idle(14 * time.Hour)
		assert.Len(t, r.lines("level=WARN", "has had nothing new for 24 hours", "content_types=Audit.Exchange"), 1)
		assert.Len(t, r.lines("nothing new for 24 hours"), 2, "once each")
		assert.Empty(t, r.lines("level=ERROR"))
		r.sim.AddContent(simulator.DLPAll, 1, 1, time.Now().Add(-time.Minute), time.Now())
		r.idle(10 * time.Minute)
		assert.Len(t, r.lines("level=INFO", "something new again", "content_types=DLP.All"), 1)
		r.stop()
	})
}

func TestAnAPIThatCannotBeReachedIsNotTakenForASilentOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.sim.Start(simulator.ContentTypes()...)
		r.start()
		r.idle(time.Hour)
		r.sim.Inject(simulator.MustFault("503").On(simulator.RouteContentList))
		r.idle(30 * time.Hour)
		assert.Empty(t, r.lines("nothing new for 24 hours"))
		assert.NotEmpty(t, r.lines("level=ERROR", "listing failed"))
		assert.Less(t, len(r.lines("level=ERROR", "listing failed")), 35, "one line an hour for all content types")
		r.stop()
	})
}
