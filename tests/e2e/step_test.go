package e2e_test

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"office365/tests/simulator"
)

// step is one event of the schedule.
func (s *schedule) step() {
	kinds := []struct {
		name string
		do   func()
	}{
		{"content", s.content},
		{"content", s.content},
		{"content", s.content},
		{"fault", s.fault},
		{"fault", s.fault},
		{"fault", s.fault},
		{"fault", s.fault},
		{"kill", s.killNow},
		{"kill in a reload", s.killInReload},
		{"stop", s.restart},
		{"reload", s.reload},
		{"pause or resume", s.pause},
		{"pause or resume", s.pause},
		{"slow filter", s.slowFilter},
		{"drop", s.drop},
	}
	kind := pick(s.rand, kinds...)
	s.note("%s", kind.name)
	kind.do()
}

// content becomes listable late, and some of it with one contentCreated.
func (s *schedule) content() {
	ct := pick(s.rand, simulator.ContentTypes()...)
	created := time.Now().Add(-time.Duration(s.rand.Int64N(int64(100 * time.Minute))))
	siblings := s.rand.IntN(2) == 0
	for range 1 + s.rand.IntN(6) {
		if !siblings {
			ct = pick(s.rand, simulator.ContentTypes()...)
			created = time.Now().Add(-time.Duration(s.rand.Int64N(int64(100 * time.Minute))))
		}
		listable := time.Now().Add(time.Duration(s.rand.Int64N(int64(8 * time.Second))))
		if listable.After(s.lastListable) {
			s.lastListable = listable
		}
		s.sim.AddBlob(simulator.Blob{Type: ct, Created: created, Listable: listable, Generate: 1 + s.rand.IntN(20)})
	}
}

// fault lets one to three faults happen. What makes the plugin wait for minutes
// ends with a new start, as it does when a person has mended it.
func (s *schedule) fault() {
	longest := time.Duration(0)
	for range 1 + s.rand.IntN(3) {
		longest = max(longest, s.inject())
	}
	if s.held {
		<-time.After(longest)
		s.anew()
	}
}

// inject lets a fault of the catalog that takes no record away happen for some
// seconds.
func (s *schedule) inject() (length time.Duration) {
	fault := pick(s.rand, slices.DeleteFunc(simulator.Faults(), loses)...)
	if s.rand.IntN(2) == 0 && (fault.Route == simulator.RouteBlob || fault.Route == simulator.RouteContentList) {
		fault = fault.For(pick(s.rand, simulator.ContentTypes()...))
	}
	length = 500*time.Millisecond + time.Duration(s.rand.Int64N(int64(3500*time.Millisecond)))
	fault.Until = time.Now().Add(length)
	s.note("  %s %s for %s", fault.Name, fault.ContentType, length.Round(100*time.Millisecond))
	s.sim.Inject(fault)
	s.tally.faults++
	s.held = s.held || waitsForAPerson(fault)
	return length
}

// loses reports whether a fault takes records away or adds text.
func loses(fault simulator.Fault) bool {
	return strings.HasPrefix(fault.Name, "gone") || strings.HasPrefix(fault.Name, "expired") ||
		fault.Action.Single || fault.Action.Insert != nil
}

// waitsForAPerson reports whether the plugin waits for minutes after a fault.
func waitsForAPerson(fault simulator.Fault) bool {
	return strings.HasPrefix(fault.Name, "token-") || slices.Contains([]string{
		"401", "401-once", "401-empty", "no-permission", "redirect", "audit-off", "cool-down", "no-subscription", "disabled",
	}, fault.Name)
}

// anew begins a new life of the plugin, in one of the ways that there are.
func (s *schedule) anew() {
	pick(s.rand, s.killNow, s.restart, s.reload)()
}

func (s *schedule) killNow() {
	s.run.Kill()
	s.crashed(anyMoment)
}

// reload asks for a hot reload and waits for its end.
func (s *schedule) reload() {
	s.tally.reloads++
	s.awaitStart()
	before := s.events("started")
	s.run.Signal(syscall.SIGHUP)
	s.awaitEvent("started", before)
	s.paused, s.held = false, false
}

func (s *schedule) killInReload() {
	s.tally.reloads++
	s.awaitStart()
	s.run.Signal(syscall.SIGHUP)
	s.pass(1500 * time.Millisecond)
	s.killNow()
}

func (s *schedule) pause() {
	if s.paused {
		s.resume()
		return
	}
	s.tell("pause 0")
	s.paused = true
	s.tally.pauses++
}

func (s *schedule) resume() {
	s.tell("resume 0")
	s.paused = false
}

func (s *schedule) slowFilter() {
	s.tell(s.filterDelay())
	s.tally.filters++
}

// filterDelay keeps below what the plugin can bear: a batch must be through the
// filters before its commit is due, and without the counter before the next.
func (s *schedule) filterDelay() string {
	most := s.bound.commitDelay * 3 / 5
	if !s.bound.counted {
		most = 300 * time.Millisecond
	}
	return fmt.Sprintf("filter-delay %d", s.rand.Int64N(most.Milliseconds()))
}

// drop lets the host lose the next batch, which only the counter can show. It
// goes again after ten minutes, or with a new start.
func (s *schedule) drop() {
	if !s.bound.counted {
		return
	}
	s.tell("drop-next 1")
	s.held = true
	s.tally.drops++
	s.content()
	s.pass(5 * time.Second)
	pick(s.rand, s.killNow, s.restart)()
}
