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

// ecsCreated writes the time of emission.
func (n *Normalizer) ecsCreated() {
	c := &n.ecsKept.created
	if len(c.text) == 0 || !c.of.Equal(n.when.now) {
		c.of, c.text = n.when.now, n.appendInstant(c.text[:0], n.when.now)
	}
	l := &n.layer
	l.key("created")
	at := len(l.texts)
	l.texts = append(l.texts, c.text...)
	l.value(l.since(at))
}

// instantText is a time and its text.
type instantText struct {
	of   time.Time
	text []byte
}

// instant writes a time.
func (n *Normalizer) instant(key string, t time.Time) {
	l := &n.layer
	l.key(key)
	at := len(l.texts)
	l.texts = n.appendInstant(l.texts, t)
	l.value(l.since(at))
}

// appendInstant appends a time as RFC 3339 has it, in UTC, with milliseconds. One
// that has no such form gives the event time, which always does.
func (n *Normalizer) appendInstant(dst []byte, t time.Time) []byte {
	t = t.UTC()
	if y := t.Year(); y < 0 || y > 9999 {
		t = n.record.time.UTC()
	}
	return appendInstant(dst, t)
}

// appendInstant is time.Time.AppendFormat, at a fraction of its cost.
func appendInstant(dst []byte, t time.Time) []byte {
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	ms := t.Nanosecond() / 1_000_000
	return append(dst, digit(year/1000), digit(year/100), digit(year/10), digit(year), '-', digit(int(month)/10), digit(int(month)), '-', digit(day/10), digit(day),
		'T', digit(hour/10), digit(hour), ':', digit(minute/10), digit(minute), ':', digit(second/10), digit(second),
		'.', digit(ms/100), digit(ms/10), digit(ms), 'Z')
}

// digit is the last decimal digit of i.
func digit(i int) byte { return byte('0' + i%10) }
