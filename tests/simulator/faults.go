package simulator

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault is a misbehavior as data: which calls it meets, how many of them, and
// what happens to their answers. The zero selectors mean any call; the same
// values work from Go and as JSON on the control routes.
type Fault struct {
	Name        string      `json:"name,omitempty"`
	Tenant      string      `json:"tenant,omitempty"` // in the path
	Route       Route       `json:"route,omitempty"`
	ContentType ContentType `json:"contentType,omitempty"`
	ContentID   string      `json:"contentId,omitempty"`
	Page        int         `json:"page,omitempty"` // of a listing: 1 = requests without a page token, 2 = with one; 0 = any

	From  int       `json:"from,omitempty"`  // first of the matching calls that is met, from 1; 0 = 1
	To    int       `json:"to,omitempty"`    // last of them; 0 = no end
	Times int       `json:"times,omitempty"` // so many calls are met, then no more; 0 = no end
	Since time.Time `json:"since,omitzero"`  // by the tenant's clock
	Until time.Time `json:"until,omitzero"`

	Action Action `json:"action"`
}

// On returns the fault limited to a route.
func (f Fault) On(r Route) Fault { f.Route = r; return f }

// For returns the fault limited to a content type.
func (f Fault) For(ct ContentType) Fault { f.ContentType = ct; return f }

// At returns the fault limited to one content.
func (f Fault) At(contentID string) Fault { f.ContentID = contentID; return f }

// Nth returns the fault limited to the nth matching call.
func (f Fault) Nth(n int) Fault { f.From, f.To, f.Times = n, n, 0; return f }

// Calls returns the fault limited to the matching calls from to to, both included.
func (f Fault) Calls(from, to int) Fault { f.From, f.To, f.Times = from, to, 0; return f }

// Count returns the fault limited to so many calls.
func (f Fault) Count(times int) Fault { f.From, f.To, f.Times = 0, 0, times; return f }

// Forever returns the fault without a limit of calls.
func (f Fault) Forever() Fault { f.From, f.To, f.Times = 0, 0, 0; return f }

// faultSet holds the injected faults in the order of injection.
type faultSet struct {
	mu   sync.Mutex
	list []*injected
}

// injected is a fault in force with what it has met so far.
type injected struct {
	Fault
	seen, met int
}

// Inject puts a fault into force. Where several meet a call, the one injected
// first acts. The function returned takes the fault back.
func (s *Simulator) Inject(f Fault) (remove func()) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	in := &injected{Fault: f}
	s.faults.list = append(s.faults.list, in)
	return func() {
		s.faults.mu.Lock()
		defer s.faults.mu.Unlock()
		s.faults.list = slices.DeleteFunc(s.faults.list, func(other *injected) bool { return other == in })
	}
}

// RemoveFaults takes back the faults of these names; none named means all.
func (s *Simulator) RemoveFaults(names ...string) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = slices.DeleteFunc(s.faults.list, func(in *injected) bool {
		return len(names) == 0 || slices.Contains(names, in.Name)
	})
}

// Injected is a fault in force and how often it acted.
type Injected struct {
	Fault Fault `json:"fault"`
	Seen  int   `json:"seen"` // calls that matched
	Met   int   `json:"met"`  // calls that it changed
}

// Injected returns the faults in force.
func (s *Simulator) Injected() []Injected {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	list := make([]Injected, len(s.faults.list))
	for i, in := range s.faults.list {
		list[i] = Injected{in.Fault, in.seen, in.met}
	}
	return list
}

// take returns the fault that meets the call, or none. Every fault that
// matches counts the call, whichever of them acts.
func (fs *faultSet) take(c *call, ct ContentType) Fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	var acting *injected
	for _, in := range fs.list {
		if !in.matches(c, ct) {
			continue
		}
		in.seen++
		if acting == nil && in.due() {
			acting = in
		}
	}
	if acting == nil {
		return Fault{}
	}
	acting.met++
	return acting.Fault
}

func (in *injected) matches(c *call, ct ContentType) bool {
	page := 1
	if c.query["nextpage"] != "" {
		page = 2
	}
	switch {
	case in.Route == "" && c.route == RouteUnknown,
		in.Route != "" && in.Route != c.route,
		in.Tenant != "" && !strings.EqualFold(in.Tenant, c.tenant),
		in.ContentType != "" && in.ContentType != ct,
		in.ContentID != "" && in.ContentID != c.contentID,
		in.Page != 0 && in.Page != page,
		!in.Since.IsZero() && c.now.Before(in.Since),
		!in.Until.IsZero() && !c.now.Before(in.Until):
		return false
	default:
		return true
	}
}

func (in *injected) due() bool {
	return in.seen >= in.From && (in.To == 0 || in.seen <= in.To) && (in.Times == 0 || in.met < in.Times)
}
