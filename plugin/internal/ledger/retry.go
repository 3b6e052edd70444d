package ledger

import "time"

// Fault says whose fault a failed fetch is.
type Fault int

// The faults of a fetch.
const (
	// FaultElsewhere is the service's, the network's or the session's: the
	// content itself may be sound, and the same error likely meets many.
	FaultElsewhere Fault = iota
	// FaultOwn is the content's: a body that is no list of records.
	FaultOwn
)

// Waits between attempts. Field lessons: a content gets several tries over some
// hours before it is given up on, and is retried slowly until it expires; what
// fails for everyone must recover within minutes once the service does.
const (
	firstWait      = 15 * time.Second
	elsewhereWait  = 5 * time.Minute // cap
	ownWait        = 6 * time.Hour   // cap
	ownAttempts    = 5               // then quarantine: after 15 s, 30 s, 1 min and 2 min
	elsewhereTries = 24              // then quarantine: after about two hours
)

// LastAttempt reports whether one more failure of the content's own would put it
// into quarantine, or has done so: the time to hand over what cannot be decoded.
func (c Content) LastAttempt() bool {
	return c.Fault == FaultOwn && (c.Quarantined || c.Attempts+1 >= ownAttempts)
}

// AfterFailure is the content after one more failed attempt. spread, in [0, 1),
// keeps contents that failed together from coming back together.
func (c Content) AfterFailure(fault Fault, now time.Time, spread float64) Content {
	if fault != c.Fault {
		if c.Fault == FaultOwn && c.Quarantined {
			fault = FaultOwn // an outage meanwhile does not make it news
		} else {
			c.Attempts, c.Quarantined = 0, false
		}
	}
	c.Fault = fault
	c.Attempts++
	limit, tries := elsewhereWait, elsewhereTries
	if fault == FaultOwn {
		limit, tries = ownWait, ownAttempts
	}
	wait := Backoff(firstWait, limit, c.Attempts)
	wait += time.Duration(spread * float64(wait) / 2)
	c.NextTry = now.Add(wait)
	if c.Attempts >= tries {
		c.Quarantined = true
	}
	return c
}

// Backoff is first, doubled with every attempt after the first, at most limit.
func Backoff(first, limit time.Duration, attempts int) time.Duration {
	wait := first
	for range attempts - 1 {
		wait *= 2
		if wait >= limit {
			return limit
		}
	}
	return min(wait, limit)
}
