package simulator

import (
	"time"
)

const zeroGUID = "00000000-0000-0000-0000-000000000000"

// quota counts the requests of each publisher in the running minute. The key
// is the publisher; the shared pool is the zero GUID.
type quota map[string]*minute

type minute struct {
	start time.Time
	count int
}

// take counts a request and reports whether it is within the limit. A refused
// request is not counted: the minute ends at the same time for a client that
// keeps knocking.
func (q quota) take(publisher string, limit int, now time.Time) bool {
	m := q[publisher]
	if m == nil || now.Sub(m.start) >= time.Minute || now.Before(m.start) {
		m = &minute{start: now}
		q[publisher] = m
	}
	if m.count >= limit {
		return false
	}
	m.count++
	return true
}

// checkQuota is check 4 of a call.
func (s *Simulator) checkQuota(c *call) *reply {
	publisher := c.publisher()
	if publisher != zeroGUID && !guidPattern.MatchString(publisher) {
		return apiError("AF20002", "Invalid parameter type: PublisherIdentifier. Expected type: guid.").ptr()
	}
	limit := c.opts.QuotaPerMinute
	if publisher == zeroGUID {
		limit = c.opts.SharedQuotaPerMinute
		if limit == 0 && c.opts.QuotaPerMinute > 0 {
			limit = max(1, c.opts.QuotaPerMinute/20)
		}
	}
	if limit == 0 || s.quota.take(publisher, limit, c.now) {
		return nil
	}
	return throttled(c).ptr()
}

// throttled is AF429 as Microsoft documents it: a 403 that names the method.
func throttled(c *call) reply {
	method := map[Route]string{
		RouteBlob: "GetBlob", RouteContentList: "GetContents", RouteList: "GetSubscriptions",
		RouteStart: "StartSubscription", RouteStop: "StopSubscription",
		RouteNotifications: "GetNotifications", RouteDLPTypes: "GetResources",
	}[c.route]
	return apiError("AF429", "Too many requests. Method="+method+", PublisherId="+c.publisher())
}
