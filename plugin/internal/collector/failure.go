package collector

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"office365/normalize"
	"office365/plugin/internal/activity"
	"office365/plugin/internal/auth"
	"office365/plugin/internal/ledger"
)

// Waits for what only a person can mend. Consent and permissions take effect
// within minutes; a wrong secret that is tried more often gets the application
// locked out.
const (
	configurationWait = 5 * time.Minute
	subscriptionWait  = time.Minute
)

// failed settles a content whose fetch has failed. Nothing is lost by it: the
// content stays known until it is done, gone or expired.
func (c *Collector) failed(ctx context.Context, j job, err error) {
	if ctx.Err() != nil {
		return // the state knows it
	}
	c.stats.of(j.ct).failures.Add(1)
	var own *undecodableError
	var blob *normalize.BlobError
	var token *auth.Error
	switch {
	case errors.As(err, &own):
		c.failedOfItself(j, err)
	case errors.As(err, &blob) && blob.Code == "":
		c.failedOfItself(j, err)
	case errors.As(err, &blob):
		// An error of the API that comes with status 200.
		c.failedByAPI(j, activity.Decide(http.StatusOK, blob.Code, blob.Message), err)
	case errors.As(err, &token):
		wait := c.queue.withoutToken(c.now(), func(attempt int) time.Duration { return tokenWait(token, attempt) })
		c.reportToken(token, wait)
		c.requeue(j)
	default:
		c.failedByAPI(j, activity.ClassOf(err), err)
	}
}

// failedOfItself settles a content whose body is at fault.
func (c *Collector) failedOfItself(j job, err error) {
	c.trouble.report(contentTrouble(j.ct), "content cannot be read; tried again with growing waits, nothing is lost",
		"to_do", "nothing at first; when it ends in quarantine, report it, with this line", "content_type", j.ct, "content_id", j.content.ID, "attempt", j.content.Attempts+1, "error", err)
	c.again(j, ledger.FaultOwn)
}

// advice is what a person can do about an error of the API or of the token
// endpoint, in one sentence.
func advice(err error) string {
	if e, ok := errors.AsType[*auth.Error](err); ok && e.Advice() != "" {
		return e.Advice()
	}
	if e, ok := errors.AsType[*activity.Error](err); ok && e.Advice() != "" {
		return e.Advice()
	}
	return "nothing to do: the plugin tries again"
}

// causeOf is what the same error of another content type has in common with it.
func causeOf(message string, err error) cause {
	why := cause{message: message, toDo: advice(err)}
	if e, ok := errors.AsType[*activity.Error](err); ok {
		why.code = fmt.Sprint(e.Status, e.Code)
	}
	return why
}

// adviceDisk is for a state file that cannot be written.
const adviceDisk = "free space on the disk of db, or see what the kernel says of it; nothing is lost meanwhile"

func (c *Collector) failedByAPI(j job, class activity.Class, err error) {
	switch class {
	case activity.Throttle:
		c.throttle(err)
		c.requeue(j)
	case activity.Gone:
		c.gone(j, err)
	case activity.Quarantine:
		c.failedOfItself(j, err)
	case activity.Configuration, activity.Reauthenticate, activity.AuditingOff:
		c.trouble.reportOf(j.ct, fetchTrouble(j.ct), causeOf("contents cannot be fetched; tried again every 5 minutes", err), "error", err)
		c.queue.hold(j.ct, c.now().Add(configurationWait))
		c.requeue(j)
	case activity.Resubscribe:
		// The stream meets the same answer at its next listing, and starts the
		// subscription.
		c.queue.hold(j.ct, c.now().Add(subscriptionWait))
		c.requeue(j)
	default:
		c.trouble.report(fetchTrouble(j.ct), "fetch failed; tried again with growing waits, nothing is lost",
			"to_do", advice(err), "content_type", j.ct, "content_id", j.content.ID, "attempt", j.content.Attempts+1, "error", err)
		if c.queue.failed(j.content.ID, c.now()) {
			j.inVain++
			c.requeue(j)
			return
		}
		c.again(j, ledger.FaultElsewhere)
	}
}

func contentTrouble(ct normalize.ContentType) string { return "contents of " + string(ct) }
func fetchTrouble(ct normalize.ContentType) string   { return "fetching " + string(ct) }

// reportToken logs that there is no token: one line, however many requests
// wanted it.
func (c *Collector) reportToken(err *auth.Error, wait time.Duration) {
	c.trouble.report("token", "no access token, so nothing can be collected",
		"to_do", advice(err), "next_try_in", wait.Round(time.Second), "error", err)
}

// throttle shuts the gate for the whole tenant and halves the workers.
func (c *Collector) throttle(err error) {
	wait := c.gate.shut(retryAfter(err))
	c.queue.throttled(c.now())
	c.stats.throttled.Add(1)
	c.trouble.report("throttle", "throttled: all requests of the tenant wait, and fewer contents are fetched at once",
		"to_do", advice(err), "wait", wait.Round(time.Second), "error", err)
}

// retryAfter is how long the API asks to wait; 0 when it does not say.
func retryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*activity.Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

// expiresSoon is more than the longest backlog takes: five times maxKnown at the
// default quota are ten hours.
const expiresSoon = 24 * time.Hour

// behindOthers reports whether a content that has failed goes behind those that
// have not. One that may expire there gets a second attempt in its own turn.
func (c *Collector) behindOthers(content ledger.Content) bool {
	return content.Attempts > 0 || content.Expires.Sub(c.serverNow()) > expiresSoon
}

// again counts a failed attempt and queues the content for the next one.
func (c *Collector) again(j job, fault ledger.Fault) {
	if c.behindOthers(j.content) {
		j.inVain++
	}
	before := j.content.Quarantined
	j.content = j.content.AfterFailure(fault, c.now(), rand.Float64()) //nolint:gosec // spreads load
	if j.content.Quarantined && !before {
		c.settle(j)
		c.stats.of(j.ct).quarantined.Add(1)
		c.log.Warn("content is put into quarantine: retried slowly until it expires, in nobody's way",
			"content_type", j.ct, "content_id", j.content.ID, "content_created", j.content.Created,
			"expires", j.content.Expires, "attempts", j.content.Attempts)
	}
	_, err := c.journal.change(j.ct, func(p *ledger.Position) ledger.Change { return p.Failed(j.content) })
	if err != nil {
		// The attempts are forgotten at a restart, the content is not.
		c.reportState(err)
	}
	c.requeue(j)
}

// requeue queues a content again, unless it is done meanwhile.
func (c *Collector) requeue(j job) {
	if c.journal.undone(j.ct, j.content.ID) {
		c.queue.put(j)
	}
}

// gone settles a content that the API does not have any more.
func (c *Collector) gone(j job, why error) {
	c.stats.of(j.ct).gone.Add(1)
	c.log.Warn("content is gone: what it held and was not handed over yet is lost, for the API does not offer it any more",
		"content_type", j.ct, "content_id", j.content.ID, "content_created", j.content.Created, "error", why)
	// Records of an attempt that broke off may be under way: it completes in its turn.
	c.outbox.complete(contentKey{j.ct, j.content.ID})
	c.settle(j)
}

// reportState logs that the state cannot be written: every minute, for the
// hand-over stands still.
func (c *Collector) reportState(err error) {
	c.trouble.reportEvery(time.Minute, "state", "the position cannot be saved; collection waits until it can", "to_do", adviceDisk, "error", err)
}
