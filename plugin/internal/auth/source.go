// Package auth gets the access tokens of one instance from Entra ID, with the
// Microsoft Authentication Library (MSAL): with a client secret, a certificate or
// a federated token of an app registration, or as the managed identity of the
// machine (see method). Files of credentials are read for every token request,
// some 50 minutes apart: a new one needs no restart, and a file that cannot be read
// is tried again like any other failure, while the old token serves on.
//
// A Source answers from memory while a token lives. It renews a token at 80 %
// of its life; when that fails, the old one serves until shortly before its end
// and the renewal is tried again meanwhile. Callers that need a new token at
// the same time share one request; one that is canceled leaves the others
// theirs, and the last one to leave ends the request and waits for it, so that
// no goroutine outlives the callers.
//
// The life of a token is the expires_in of the answer, counted from before the
// request on the clock that New was given. With time.Now that is the monotonic
// clock, and with any clock a time before the token's birth counts as the end
// of it: setting the wall clock can cost a request and never serves a token that
// has ended. For the same reason go-cache keeps the token without a deadline of
// its own, which it would take from the wall clock; and without its janitor.
//
// MSAL's own cache is not used. It would serve no token with less than five
// minutes left, refuse to replace one that the API has refused, and judge by
// the wall clock; emptyCache keeps it empty. Neither is its look-up of endpoints
// (see wire.go): Entra's token endpoint follows from authority and tenant.
//
// Failures are remembered: for 30 seconds when only somebody's change can help
// (five streams would otherwise ask five times a second, which Entra answers
// with AADSTS50196), for 2 seconds or as long as the answer asks otherwise. A
// token that the API refuses is replaced at once, the first times; then every 30
// seconds.
//
// Every error of Token is an *Error or the context's. Its text never holds a
// secret, a key, an assertion, a token or the trace that Entra sends along.
package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	gocache "github.com/patrickmn/go-cache"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

	"office365/plugin/internal/config"
)

const (
	renewAt      = 0.8              // of a token's life
	endMargin    = time.Minute      // before its end, or a tenth of its life when that is shorter
	unknownLife  = 5 * time.Minute  // of a token whose answer does not say
	refusedHold  = 30 * time.Second // after a configuration error
	failedHold   = 2 * time.Second  // after any other
	longestHold  = 5 * time.Minute  // whatever the answer asks
	renewalPause = 30 * time.Second // between attempts to renew a token that still lives
	replaceEvery = 30 * time.Second // between tokens that the API refuses
	replaceBurst = 4                // before that pause applies
	answerTime   = 30 * time.Second // for the body of an answer, above the setting timeout
)

const tokenKey = "token" // of the only entry in the cache, and of the only flight

// Source gives access tokens for one app in one tenant. It is safe for
// concurrent use.
type Source struct {
	method  method
	now     func() time.Time
	timeout time.Duration
	tokens  *gocache.Cache // of entry

	group    singleflight.Group
	replaces *rate.Limiter

	mu          sync.Mutex // guards what follows
	flight      *flight
	failure     *Error
	failedAt    time.Time
	hold        time.Duration
	renewFailed time.Time // of the last failed renewal of a token that still lives
	requests    Requests
}

// entry is a token with its life.
type entry struct {
	token string
	born  time.Time
	life  time.Duration
}

// flight is one token request and those who wait for it.
type flight struct {
	ctx     context.Context // of the request: no caller's, and ended by the last of them
	cancel  context.CancelFunc
	waiting int
}

// New returns the token source for the settings. It does no I/O but reading the
// files of a credential, so that a wrong one is found out at the start: not the
// file with a federated token, which may come later. hc is the client of the API
// too (network.NewClient); now is time.Now outside of tests.
func New(s config.Settings, hc *http.Client, now func() time.Time) (*Source, error) {
	m, err := newMethod(s, hc)
	if err != nil {
		return nil, err
	}
	return &Source{
		method:   m,
		now:      now,
		timeout:  s.Timeout + answerTime,
		tokens:   gocache.New(gocache.NoExpiration, 0),
		replaces: rate.NewLimiter(rate.Every(replaceEvery), replaceBurst),
	}, nil
}

// About reads the files of the credential and says what they hold now, for the
// command. It asks nobody for a token.
func (s *Source) About() (About, error) { return s.method.about() }

// Token returns an access token that lives.
func (s *Source) Token(ctx context.Context) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	token, flying, failure := s.join()
	switch {
	case failure != nil:
		return "", failure
	case flying == nil:
		return token, nil
	}
	select {
	case r := <-flying.result:
		s.leave(flying)
		return landed(r)
	case <-ctx.Done():
		if last := s.leave(flying); last {
			<-flying.result // at once: its context is done
		}
		return "", fmt.Errorf("token: %w", ctx.Err())
	}
}

// landed unpacks what a flight brought.
func landed(r singleflight.Result) (string, error) {
	if r.Err != nil {
		return "", r.Err
	}
	token, _ := r.Val.(string) // fetch returns nothing else
	return token, nil
}

// seat is one caller's place on a flight.
type seat struct {
	flight *flight
	result <-chan singleflight.Result
}

// join decides what a caller gets: a token, a remembered failure, or a seat on
// the flight to a new token. A token that still lives serves those who would
// otherwise wait for its renewal.
func (s *Source) join() (token string, flying *seat, failure *Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if e, ok := s.cached(); ok && e.lives(now) {
		renewing := s.flight != nil || within(now.Sub(s.renewFailed), renewalPause)
		if !e.ages(now) || renewing {
			return e.token, nil, nil
		}
	} else if s.failure != nil && within(now.Sub(s.failedAt), s.hold) {
		return "", nil, s.failure
	}
	return "", s.board(), nil
}

// board takes a seat, on a new flight when none is under way.
func (s *Source) board() *seat {
	if s.flight == nil {
		ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
		s.flight = &flight{ctx: ctx, cancel: cancel}
	}
	f := s.flight
	f.waiting++
	return &seat{flight: f, result: s.group.DoChan(tokenKey, func() (any, error) {
		defer s.land(f)
		return s.fetch(f.ctx)
	})}
}

// leave gives a seat back. The last to leave a flight ends it.
func (s *Source) leave(left *seat) (last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	left.flight.waiting--
	if left.flight.waiting > 0 {
		return false
	}
	s.end(left.flight)
	return true
}

// land ends a flight that has its answer; the next caller starts another.
func (s *Source) land(f *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end(f)
}

func (s *Source) end(f *flight) {
	f.cancel()
	if s.flight == f {
		s.flight = nil
		s.group.Forget(tokenKey)
	}
}

// fetch asks for a token and keeps it, or remembers why there is none.
func (s *Source) fetch(ctx context.Context) (string, error) {
	born := s.now()
	token, life, err := s.request(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.requests.OK++
		s.tokens.Set(tokenKey, entry{token: token, born: born, life: life}, gocache.NoExpiration)
		s.failure = nil
		return token, nil
	}
	if errors.Is(ctx.Err(), context.Canceled) { // nobody waits any more: says nothing about the endpoint
		return "", err
	}
	s.requests.count(err.Kind)
	now := s.now()
	if e, ok := s.cached(); ok && e.lives(now) {
		s.renewFailed = now
		return e.token, nil
	}
	s.failure, s.failedAt, s.hold = err, now, holdOf(err)
	return "", err
}

// Invalidate says that the API has refused token. The next Token fetches a new
// one, unless token has been replaced already or tokens are refused one after
// the other; then the API's answer stands and the caller's own pause applies.
func (s *Source) Invalidate(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.cached(); ok && e.token == token && s.replaces.AllowN(s.now(), 1) {
		s.tokens.Delete(tokenKey)
		s.renewFailed = time.Time{}
	}
}

func (s *Source) cached() (entry, bool) {
	v, ok := s.tokens.Get(tokenKey)
	if !ok {
		return entry{}, false
	}
	e, ok := v.(entry)
	return e, ok
}

// lives reports whether the token can be used.
func (e entry) lives(now time.Time) bool {
	return within(now.Sub(e.born), e.life-min(endMargin, e.life/10))
}

// ages reports whether it is time to renew the token.
func (e entry) ages(now time.Time) bool {
	return !within(now.Sub(e.born), time.Duration(float64(e.life)*renewAt))
}

// within reports whether an age lies in [0, limit). A negative age means that
// the clock was set back; what was to be kept has no known age then.
func within(age, limit time.Duration) bool { return age >= 0 && age < limit }

func holdOf(e *Error) time.Duration {
	hold := failedHold
	if e.Kind == Configuration {
		hold = refusedHold
	}
	return min(max(hold, e.RetryAfter), longestHold)
}
