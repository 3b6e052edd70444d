package normalize

import "time"

// ecsTimestamp writes @timestamp, and a tag where the record does not say when.
func (n *Normalizer) ecsTimestamp() {
	n.instant(keyECSTimestamp, n.when.created)
	if !n.when.known {
		l := &n.layer
		l.key(keyTags)
		l.list()
		l.item()
		l.string(keyTimestampFallback)
		l.close()
	}
}

// instant writes a time of RFC 3339 in UTC, with milliseconds. One that has no
// such form gives the event time, which always does.
func (n *Normalizer) instant(key string, t time.Time) {
	l := &n.layer
	l.key(key)
	at := len(l.texts)
	t = t.UTC()
	if y := t.Year(); y < 0 || y > 9999 {
		t = n.record.time.UTC()
	}
	l.texts = appendInstant(l.texts, t)
	l.value(l.since(at))
}

// appendInstant is time.Time.AppendFormat, at a fourth of its cost.
func appendInstant(dst []byte, t time.Time) []byte {
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	dst = appendDigits(dst, year, 4)
	dst = appendDigits(append(dst, '-'), int(month), 2)
	dst = appendDigits(append(dst, '-'), day, 2)
	dst = appendDigits(append(dst, 'T'), hour, 2)
	dst = appendDigits(append(dst, ':'), minute, 2)
	dst = appendDigits(append(dst, ':'), second, 2)
	dst = appendDigits(append(dst, '.'), t.Nanosecond()/1_000_000, 3)
	return append(dst, 'Z')
}

// appendDigits appends the last so many decimal digits of i.
func appendDigits(dst []byte, i, digits int) []byte {
	at := len(dst)
	dst = append(dst, "0000"[:digits]...)
	for k := len(dst) - 1; k >= at; k, i = k-1, i/10 {
		dst[k] = byte('0' + i%10)
	}
	return dst
}
