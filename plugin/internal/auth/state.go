package auth

import "time"

// State tells how a Source stands, for metrics.
type State struct {
	Age      time.Duration // of the token; 0 without one
	Left     time.Duration // until it is of no use any more; 0 without one
	Requests Requests
}

// Requests counts token requests by their end. One that nobody waited for any
// more is none.
type Requests struct{ OK, Configuration, Transient uint64 }

func (r *Requests) count(failed Kind) {
	if failed == Configuration {
		r.Configuration++
		return
	}
	r.Transient++
}

// State tells how the source stands. It asks nobody and does not wait.
func (s *Source) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	state := State{Requests: s.requests}
	if e, ok := s.cached(); ok && e.lives(now) {
		state.Age = now.Sub(e.born)
		state.Left = e.life - state.Age
	}
	return state
}
