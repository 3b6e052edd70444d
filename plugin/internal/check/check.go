// Package check finds out why an input of office365 does not work, or would not:
// step by step, from the configuration file over name resolution, proxy, TLS and
// the clock to token, subscriptions, listings and the state file.
//
// A Step is a value, a name and a function; it returns a Result, which holds one
// sentence on what was found and a Problem, with what to do, for everything that
// is wrong or doubtful. Printing is the caller's. A step whose ground has given
// way (a listing without a token) is skipped and says why.
//
// Nothing is changed: no subscription is started, the state file is only read, of
// content only the listing is asked for. The requests go through package
// activity and package auth, as the plugin's do.
//
// No text of a Result holds a secret or a token: values of keys that are not
// known are not shown, all other texts come from packages that mask them.
package check

import (
	"context"
	"slices"
	"time"
)

// Status is the outcome of a step, or the weight of a problem.
type Status string

// The outcomes.
const (
	OK   Status = "ok"
	Warn Status = "warn" // works, and is likely not meant
	Fail Status = "fail" // does not work
	Skip Status = "skip" // could not be looked at
)

// Problem is one thing that is wrong or doubtful.
type Problem struct {
	Status Status // Warn or Fail
	What   string
	ToDo   string // one sentence; "" where What says it
}

// Result is what a step has found.
type Result struct {
	What     string // one sentence
	Problems []Problem
	Skipped  bool
	Timed    bool // Took is the step's own measure, and not its caller's
	Took     time.Duration
}

// Status is that of the worst problem.
func (r Result) Status() Status {
	switch {
	case r.Skipped:
		return Skip
	case slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Status == Fail }):
		return Fail
	case len(r.Problems) > 0:
		return Warn
	}
	return OK
}

func (r *Result) fail(what, todo string) { r.Problems = append(r.Problems, Problem{Fail, what, todo}) }

func (r *Result) warn(what, todo string) { r.Problems = append(r.Problems, Problem{Warn, what, todo}) }

func skipped(why string) Result { return Result{What: why, Skipped: true} }

// Step is one thing to look at.
type Step struct {
	Name string
	Run  func(ctx context.Context) Result
}

// Outcome is a step that has run.
type Outcome struct {
	Name string
	Result
}

// stepTime bounds a step. Each wait within has a shorter limit of its own, but
// for the setting timeout, of which 30 minutes are allowed.
const stepTime = 2 * time.Minute

// run runs the steps in their order.
func run(ctx context.Context, steps []Step, now func() time.Time) []Outcome {
	outcomes := make([]Outcome, 0, len(steps))
	for _, s := range steps {
		begun := now()
		limited, cancel := context.WithTimeout(ctx, stepTime)
		r := s.Run(limited)
		cancel()
		if !r.Timed {
			r.Took = now().Sub(begun)
		}
		outcomes = append(outcomes, Outcome{s.Name, r})
	}
	return outcomes
}

// Count returns how many problems of that weight the outcomes hold.
func Count(outcomes []Outcome, s Status) int {
	n := 0
	for _, o := range outcomes {
		for _, p := range o.Problems {
			if p.Status == s {
				n++
			}
		}
	}
	return n
}
