package collector

import (
	"context"
	"time"

	"office365/plugin/internal/activity"
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
	err = s.start(ctx)
	if activity.ClassOf(err) == activity.CoolDown {
		return nil
	}
	return err
}

func (s *stream) start(ctx context.Context) error {
	s.startedAt = s.c.now()
	if err := s.c.client.Start(ctx, s.ct); err != nil {
		return err
	}
	s.c.log.Info("subscription started; the first contents may take up to 12 hours", "content_type", s.ct)
	return nil
}

// restart starts the subscription again, unless that was done within the
// cool-down, and tells how long to wait before the next listing.
func (s *stream) restart(ctx context.Context) time.Duration {
	if since := s.c.now().Sub(s.startedAt); since < startEvery {
		return spread(configurationWait)
	}
	if err := s.start(ctx); err != nil && ctx.Err() == nil {
		s.c.trouble.report("subscription to "+string(s.ct), "the subscription cannot be started", "content_type", s.ct, "error", err)
		return spread(configurationWait)
	}
	s.c.trouble.clear("subscription to " + string(s.ct))
	return time.Second
}
