package simulator

import (
	"fmt"
	"net/http"
	"time"
)

// subscription is the state of one content type. There is none before the
// first start.
type subscription struct {
	enabled   bool
	lastStart time.Time   // of the cool-down
	first     time.Time   // of the first start, for Options.Withhold
	stopped   time.Time   // while disabled
	gaps      []timeRange // when it was disabled: what became available then is lost
}

type timeRange struct{ from, to time.Time }

// lost reports whether content that became listable at t fell between a stop
// and the next start.
func (sub *subscription) lost(t time.Time) bool {
	for _, gap := range sub.gaps {
		if !t.Before(gap.from) && t.Before(gap.to) {
			return true
		}
	}
	return false
}

// subscriptionView is the subscription on the wire.
type subscriptionView struct {
	ContentType ContentType `json:"contentType"`
	Status      string      `json:"status"`
	Webhook     *struct{}   `json:"webhook"`
}

func (s *Simulator) start(c *call) reply {
	ct := c.contentType()
	if c.opts.AuditOff {
		return dataServiceException(c)
	}
	sub := s.subs[ct]
	if sub != nil {
		wait := sub.lastStart.Add(c.opts.CoolDown).Sub(c.now)
		enabledFirst := sub.enabled && c.opts.CoolDownRule != CoolDownFirst
		if c.opts.CoolDown > 0 && wait > 0 && !enabledFirst {
			return coolDown(wait)
		}
		if sub.enabled {
			if c.opts.CoolDownRule == EnabledRestarts {
				sub.lastStart = c.now
			}
			return apiError("AF20024", apiText["AF20024"])
		}
	}
	s.enable(ct, c.now)
	s.subs[ct].lastStart = c.now
	return jsonReply(http.StatusOK, subscriptionView{ContentType: ct, Status: "enabled"})
}

// coolDown words the refusal with what is left of the cool-down, rounded up.
func coolDown(left time.Duration) reply {
	left = (left + time.Second - 1).Truncate(time.Second)
	return apiError("429", fmt.Sprintf("Too many frequent subscription start requests. Please retry again after %dm %ds.",
		int(left/time.Minute), int(left%time.Minute/time.Second)))
}

// enable is the transition to enabled, by a client or by an administrator.
func (s *Simulator) enable(ct ContentType, now time.Time) {
	sub := s.subs[ct]
	if sub == nil {
		sub = &subscription{first: now}
		s.subs[ct] = sub
		if fill := s.opts.Backfill; fill.Blobs > 0 {
			s.addContent(ct, Batch{Blobs: fill.Blobs, Records: fill.Records, From: now.Add(-22 * time.Hour), To: now})
		}
	} else if !sub.enabled {
		sub.gaps = append(sub.gaps, timeRange{sub.stopped, now})
	}
	sub.enabled = true
}

func (s *Simulator) stop(c *call) reply {
	sub := s.subs[c.contentType()]
	if sub == nil {
		return apiError("AF20022", apiText["AF20022"])
	}
	s.disable(sub, c.now)
	return reply{status: http.StatusOK}
}

func (s *Simulator) disable(sub *subscription, now time.Time) {
	if sub.enabled {
		sub.enabled, sub.stopped = false, now
	}
}

// subscriptions is the answer to subscriptions/list, in a fixed order.
func (s *Simulator) subscriptions() reply {
	views := []subscriptionView{}
	for _, ct := range ContentTypes() {
		sub := s.subs[ct]
		if sub == nil {
			continue
		}
		status := "disabled"
		if sub.enabled {
			status = "enabled"
		}
		views = append(views, subscriptionView{ContentType: ct, Status: status})
	}
	return jsonReply(http.StatusOK, views)
}

// checkSubscription is check 6 of a call.
func (s *Simulator) checkSubscription(ct ContentType) *reply {
	sub := s.subs[ct]
	if sub == nil {
		return apiError("AF20022", apiText["AF20022"]).ptr()
	}
	if !sub.enabled {
		return apiError("AF20023", apiText["AF20023"]).ptr()
	}
	return nil
}

// Start enables subscriptions as an administrator would, without a cool-down
// to follow; none named means all five.
func (s *Simulator) Start(types ...ContentType) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ct := range orAll(types) {
		s.enable(ct, s.now())
	}
}

// Stop disables subscriptions from outside the client; none named means all
// that there are. What becomes available until the next start is lost.
func (s *Simulator) Stop(types ...ContentType) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ct := range orAll(types) {
		if sub := s.subs[ct]; sub != nil {
			s.disable(sub, s.now())
		}
	}
}

// Subscribed returns the status of each subscription: enabled, disabled, or no
// entry before the first start.
func (s *Simulator) Subscribed() map[ContentType]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	status := map[ContentType]string{}
	for ct, sub := range s.subs {
		status[ct] = "disabled"
		if sub.enabled {
			status[ct] = "enabled"
		}
	}
	return status
}

func orAll(types []ContentType) []ContentType {
	if len(types) == 0 {
		return ContentTypes()
	}
	return types
}
