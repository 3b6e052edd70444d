package ledger

import (
	"math"
	"time"
)

// Stamp is a time in 8 bytes, as positions hold it in memory and in the file:
// nanoseconds since 1970, for contentCreated has up to seven digits of a
// second. A time before 1678 or after 2262 becomes the nearest of these: a
// contentExpiration in the year 9999 is how .NET says never.
type Stamp int64

// noStamp stands for the zero time.
const noStamp = Stamp(math.MinInt64)

var (
	latest   = time.Unix(0, math.MaxInt64)
	earliest = time.Unix(0, math.MinInt64+1)
)

// StampOf is the stamp of t.
func StampOf(t time.Time) Stamp {
	switch {
	case t.IsZero():
		return noStamp
	case t.After(latest):
		return math.MaxInt64
	case t.Before(earliest):
		return math.MinInt64 + 1
	default:
		return Stamp(t.UnixNano())
	}
}

// Time is the time of the stamp, in UTC.
func (s Stamp) Time() time.Time {
	if s == noStamp {
		return time.Time{}
	}
	return time.Unix(0, int64(s)).UTC()
}
