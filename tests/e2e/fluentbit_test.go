package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"office365/tests/program"
	"office365/tests/simulator"
)

// TestTwentyKillsOfFluentBitUnderLoadLoseNothing kills the real Fluent Bit at
// random moments. Records may come twice by its own doing: a chunk whose output
// had not answered is sent again.
func TestTwentyKillsOfFluentBitUnderLoadLoseNothing(t *testing.T) {
	t.Parallel()
	if len(program.All()) == 1 {
		t.Skip("there is no Fluent Bit")
	}
	const kills = 20
	begun := time.Now()
	random := rand.New(rand.NewPCG(*firstSeed, kills))
	tn := newTenant(t)
	tn.sim.Change(func(o *simulator.Options) { o.PageSize = 100 })
	tn.extra = []string{"interval", "1s", "batch_size", "256K"}
	got := newDelivered(tn.output())
	l := tn.arrive(rand.New(rand.NewPCG(*firstSeed, 0)))
	busy := 0 // lives that have delivered something
	for range kills {
		run := tn.start(program.All()[1])
		<-time.After(300*time.Millisecond + time.Duration(random.Int64N(int64(4500*time.Millisecond))))
		before := len(got.ids)
		tn.kill(run)
		if got.read(t); len(got.ids) > before {
			busy++
		}
	}
	l.stop()
	run := tn.start(program.All()[1])
	offered := tn.sim.Offered()
	got.requireAllOf(t, offered, 2*time.Minute)
	assert.Zero(t, run.Stop())
	got.read(t)
	fmt.Printf("fluent-bit, seed %d: %d kills in %s, %d of these lives delivered something; records: %d offered, %d delivered, %d missing, %d repeated\n",
		*firstSeed, kills, time.Since(begun).Round(time.Second), busy, len(offered), len(got.ids), got.missing(offered), got.repeated())
	assert.Greater(t, busy, kills/5, "the kills come before anything is under way")
}
