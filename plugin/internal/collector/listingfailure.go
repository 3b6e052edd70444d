package collector

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"office365/normalize"
	"office365/plugin/internal/activity"
	"office365/plugin/internal/auth"
	"office365/plugin/internal/ledger"
)

// Waits of a stream after an error that passes by itself.
const (
	listRetryFirst = 5 * time.Second
	listRetryMost  = 5 * time.Minute
)

// handle reacts to an error of a listing or a subscription, and tells how long
// to wait before the next attempt.
func (s *stream) handle(ctx context.Context, err error, attempt int) time.Duration {
	if ctx.Err() != nil {
		return 0
	}
	if token, ok := errors.AsType[*auth.Error](err); ok {
		wait := tokenWait(token, attempt)
		s.c.reportToken(token, wait)
		return spread(wait)
	}
	switch activity.ClassOf(err) {
	case activity.Throttle:
		s.c.throttle(err)
		return time.Millisecond // the gate holds
	case activity.PageLost:
		// The link had gone stale: the window begins again from its first page.
		s.report(err, "listing broke off between pages; it begins again, and what it found is kept")
		return ledger.Backoff(time.Second, listRetryMost, attempt)
	case activity.Resubscribe:
		s.report(err, "the subscription is missing or disabled; it is started as soon as the API allows")
		return s.restart(ctx, attempt)
	case activity.AuditingOff, activity.Configuration, activity.Reauthenticate:
		s.report(err, "cannot list; tried again every 5 minutes")
		return spread(configurationWait)
	default:
		s.report(err, "listing failed; tried again with growing waits, nothing is lost")
		return spread(ledger.Backoff(listRetryFirst, listRetryMost, attempt))
	}
}

// tokenWait is short for what mends itself and long for what a person must mend.
func tokenWait(err *auth.Error, attempt int) time.Duration {
	if err.Kind == auth.Configuration {
		return configurationWait
	}
	return max(err.RetryAfter, ledger.Backoff(listRetryFirst, listRetryMost, attempt))
}

// spread keeps the content types from coming back all at once.
func spread(d time.Duration) time.Duration {
	return d + time.Duration(rand.Float64()*float64(d)/4) //nolint:gosec // spreads load
}

func listTrouble(ct normalize.ContentType) string { return "listing " + string(ct) }

func (s *stream) report(err error, message string) {
	s.c.trouble.reportOf(s.ct, listTrouble(s.ct), causeOf(message, err), "error", err)
}
