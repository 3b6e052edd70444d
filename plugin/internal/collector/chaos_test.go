package collector_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/simulator"
)

var (
	chaosSeeds = flag.Int("chaos", 4, "random schedules to run")
	chaosFrom  = flag.Uint64("seed", 1, "seed of the first schedule; a failing one is printed")
)

// TestNoScheduleOfFaultsKillsAndPausesLosesARecord runs random schedules on the
// fake clock: content that comes late, faults, pauses, kills, stops and dropped
// batches, days of it. In the end every record has arrived; twice at most those
// of the batches that were not committed when a kill came.
//
//	go test ./plugin/internal/collector -run Schedule -chaos 200
func TestNoScheduleOfFaultsKillsAndPausesLosesARecord(t *testing.T) {
	t.Parallel()
	for i := range *chaosSeeds {
		seed := *chaosFrom + uint64(i)
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				newChaos(t, seed).run()
			})
		})
	}
}

// chaos is one schedule.
type chaos struct {
	*rig
	rand    *rand.Rand
	steps   []string // for the report of a failure
	paused  bool
	remove  []func()
	excused map[string]bool // Ids that may come twice, for a kill came before their commit
}

func newChaos(t *testing.T, seed uint64) *chaos {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, seed))
	c := &chaos{rand: random, excused: map[string]bool{}}
	c.rig = newRig(t, func(o *simulator.Options) {
		o.Seed = seed
		o.PageSize = 1 + random.IntN(20)
		o.QuotaPerMinute = []int{0, 0, 100, 600}[random.IntN(4)]
		o.TokenLife = []time.Duration{0, 5 * time.Minute, time.Hour}[random.IntN(3)]
	})
	c.settings["batch_size"] = []string{"16K", "64K", "4M"}[random.IntN(3)]
	c.settings["interval"] = []string{"1m", "5m", "17m"}[random.IntN(3)]
	c.counted = random.IntN(4) > 0
	return c
}

func (c *chaos) run() {
	c.fill(2, 5)
	c.start()
	for range 30 {
		c.step()
	}
	for _, remove := range c.remove {
		remove()
	}
	if c.paused {
		c.c.Resume()
	}
	c.rig.run(4 * time.Hour)
	c.stop()
	c.requireNothingLost()
}

// step is one event of the schedule, and some time for it to act.
func (c *chaos) step() {
	kinds := []struct {
		name string
		do   func()
	}{
		{"content", c.content},
		{"content", c.content},
		{"fault", c.fault},
		{"fault", c.fault},
		{"kill", c.kill},
		{"stop", c.restart},
		{"pause", c.pause},
		{"drop", c.drop},
	}
	kind := kinds[c.rand.IntN(len(kinds))]
	c.steps = append(c.steps, fmt.Sprintf("%s %s", time.Now().Format(time.DateTime), kind.name))
	kind.do()
	c.rig.run(time.Duration(c.rand.IntN(600)) * time.Second)
}

// content becomes listable late, as late as overlap allows.
func (c *chaos) content() {
	types := simulator.ContentTypes()
	for range 1 + c.rand.IntN(10) {
		late := time.Duration(c.rand.IntN(115)) * time.Minute
		c.sim.AddBlob(simulator.Blob{
			Type:     types[c.rand.IntN(len(types))],
			Created:  time.Now(),
			Listable: time.Now().Add(late),
			Generate: 1 + c.rand.IntN(20),
		})
	}
}

// fault is one of the catalog that takes no record away, for some minutes.
func (c *chaos) fault() {
	for {
		fault := simulator.Faults()[c.rand.IntN(len(simulator.Faults()))]
		if loses(fault) {
			continue
		}
		fault.Until = time.Now().Add(time.Duration(c.rand.IntN(3600)) * time.Second)
		c.steps = append(c.steps, "  "+fault.Name)
		c.remove = append(c.remove, c.sim.Inject(fault))
		return
	}
}

// kill ends the process: what is in the ring is lost, and what was committed is
// in the file.
func (c *chaos) kill() {
	synctest.Wait()
	saved, err := os.ReadFile(c.settings["db"])
	require.NoError(c.t, err)
	for _, ids := range c.uncommitted() {
		for _, id := range ids {
			c.excused[id] = true
		}
	}
	c.ring = nil
	c.c.Stop()
	require.NoError(c.t, os.WriteFile(c.settings["db"], saved, 0o600))
	c.paused = false
	c.start()
}

// uncommitted are the batches that may have arrived and not been committed: with
// the counter the last one and the one under way; without it those of the last
// unpaused seconds.
func (c *chaos) uncommitted() [][]string {
	n := 2
	if !c.counted {
		n = 8
	}
	return c.batches[max(0, len(c.batches)-n):]
}

func (c *chaos) restart() {
	c.stop()
	c.paused = false
	c.start()
}

func (c *chaos) pause() {
	if c.paused = !c.paused; c.paused {
		c.c.Pause()
		return
	}
	c.c.Resume()
}

// drop lets Fluent Bit lose the next batch, which only the counter can show.
func (c *chaos) drop() {
	if c.counted {
		c.dropNext = true
	}
}

func (c *chaos) requireNothingLost() {
	c.t.Helper()
	report := func() string {
		return "schedule:\n" + strings.Join(c.steps, "\n") + "\nlog:\n" + c.log.String()
	}
	seen := map[string]int{}
	for _, id := range c.delivered {
		seen[id]++
	}
	missing, twice := 0, 0
	offered := c.sim.Offered()
	for _, id := range offered {
		switch {
		case seen[id] == 0:
			missing++
		case seen[id] > 1 && !c.excused[id]:
			twice++
		}
	}
	if missing > 0 || twice > 0 {
		c.t.Log(report())
	}
	assert.Zero(c.t, missing, "records missing of %d", len(offered))
	assert.Zero(c.t, twice, "records twice of %d", len(offered))
}
