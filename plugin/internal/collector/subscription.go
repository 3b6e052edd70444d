package collector

import (
	"context"
	"time"

	"office365/plugin/internal/activity"
	"office365/plugin/internal/ledger"
)

// startEvery is how often a subscription is started: the API refuses more
// (Microsoft Learn, "Start a subscription", since 2025-08).
const startEvery = 15 * time.Minute

// subscribe makes sure that there is a subscription: it lists them and starts
// what is missing. The cool-down is no error, for listing may work already.
func (s *stream) subscribe(ctx context.Context) error {
	subs, err := s.c.client.Subscriptions(ctx)
	if err != nil {
		return err
	}
	for _, sub := range subs {
		if sub.ContentType == s.ct && sub.Enabled() {
			return nil
		}
	}
	return s.start(ctx)
}

// start starts the subscription. Only a start that was answered counts for the
// cool-down: while the subscription is off, what appears is lost.
func (s *stream) start(ctx context.Context) error {
	err := s.c.client.Start(ctx, s.ct)
	switch {
	case err == nil:
		s.nextStart = s.c.now().Add(startEvery)
		s.c.stats.of(s.ct).lastNews.Store(s.c.now().Unix())
		s.c.log.Info("subscription started; the first contents may take up to 12 hours", "content_type", s.ct)
		return nil
	case activity.ClassOf(err) == activity.CoolDown:
		wait := min(startEvery, retryAfter(err)+time.Second)
		s.nextStart = s.c.now().Add(wait)
		s.c.log.Warn("the API does not let the subscription be started yet: while it is off, what appears is lost",
			"content_type", s.ct, "next_try_in", wait)
		return nil
	}
	return err
}

// restart starts the subscription again, once the cool-down allows, and tells
// how long to wait before the next listing.
func (s *stream) restart(ctx context.Context, attempt int) time.Duration {
	if wait := s.nextStart.Sub(s.c.now()); wait > 0 {
		return min(wait, spread(configurationWait))
	}
	err := s.start(ctx)
	if err == nil || ctx.Err() != nil {
		return time.Second
	}
	s.c.trouble.reportOf(s.ct, "subscription to "+string(s.ct), causeOf("the subscription cannot be started", err), "error", err)
	switch activity.ClassOf(err) {
	case activity.Throttle:
		s.c.throttle(err)
		return time.Millisecond // the gate holds
	case activity.AuditingOff, activity.Configuration, activity.Reauthenticate:
		return spread(configurationWait)
	default:
		return spread(ledger.Backoff(listRetryFirst, listRetryMost, attempt))
	}
}
