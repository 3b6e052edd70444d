package main

import (
	"slices"
	"sync"
)

// instances holds every instance of the process. It is a package variable
// because Fluent Bit calls plain functions; it is empty again when the last
// instance has exited.
var instances registry

// registry finds the instance that a callback means: by the handle that Fluent
// Bit gives back, or by the thread where it gives nothing. The zero value is
// empty and ready. It is safe for concurrent use.
type registry struct {
	mu   sync.Mutex
	last uintptr
	live []*instance // a few: one for each [INPUT] section
}

// add takes an instance in and gives it its handle. A handle is never 0, which
// is Fluent Bit's word for none, and never used again: a late callback for an
// instance that has exited must not meet another one.
func (r *registry) add(i *instance) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	i.handle = r.last
	r.live = append(r.live, i)
}

// remove forgets an instance; it does nothing for one that is not there.
func (r *registry) remove(i *instance) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.live = slices.DeleteFunc(r.live, func(other *instance) bool { return other == i })
}

// byHandle returns nil for a handle that is not, or no longer, in use.
func (r *registry) byHandle(handle uintptr) *instance {
	return r.find(func(i *instance) bool { return i.handle == handle })
}

// byThread returns nil for a thread without an instance.
func (r *registry) byThread(thread int) *instance {
	return r.find(func(i *instance) bool { return i.thread == thread })
}

// all returns every instance that is live now.
func (r *registry) all() []*instance {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.live)
}

func (r *registry) find(is func(*instance) bool) *instance {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at := slices.IndexFunc(r.live, is); at >= 0 {
		return r.live[at]
	}
	return nil
}
