package e2e_test

import (
	"fmt"
	"strings"
	"sync"
)

// tally counts what schedules have done.
type tally struct {
	schedules int
	kills     map[window]int

	faults, pauses, filters, drops, reloads, stops int

	offered, delivered, missing, repeated int // records
}

func newTally() tally { return tally{kills: map[window]int{}} }

func (c *tally) add(other tally) {
	c.schedules += other.schedules
	for w, n := range other.kills {
		c.kills[w] += n
	}
	for to, n := range map[*int]int{
		&c.faults: other.faults, &c.pauses: other.pauses, &c.filters: other.filters, &c.drops: other.drops,
		&c.reloads: other.reloads, &c.stops: other.stops,
		&c.offered: other.offered, &c.delivered: other.delivered, &c.missing: other.missing, &c.repeated: other.repeated,
	} {
		*to += n
	}
}

func (c *tally) String() string {
	all := 0
	for _, n := range c.kills {
		all += n
	}
	kills := make([]string, 0, len(windows)+1)
	for _, w := range append(windows, anyMoment) {
		kills = append(kills, fmt.Sprintf("%s %d", w, c.kills[w]))
	}
	return fmt.Sprintf("%d schedules; %d kills (%s); %d faults, %d pauses, %d slow filters, %d dropped batches, %d reloads, %d stops; "+
		"records: %d offered, %d delivered, %d missing, %d repeated",
		c.schedules, all, strings.Join(kills, ", "), c.faults, c.pauses, c.filters, c.drops, c.reloads, c.stops,
		c.offered, c.delivered, c.missing, c.repeated)
}

// totals is a tally of what runs side by side.
type totals struct {
	mu sync.Mutex
	tally
}

func (c *totals) add(other tally) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tally.add(other)
}
