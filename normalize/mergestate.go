package normalize

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// An alert is saved in two entries. The head is what its triggers and updates
// say: long, and written when one of these comes. The tail is all the rest, and
// written with every change. Entities whose alert has not come have a tail only.
//
// The keys of both begin with the time at which the alert was first met, in 8
// bytes, and its id. Alerts that come one after the other so stand side by side
// in the file, and a batch changes few of its pages; by id, a GUID in no order,
// each alert would cost a page or two.
//
// Values are written field by field behind a version: numbers as varints, texts
// behind their length, times as seconds and nanoseconds.
const stateVersion = 1

const (
	metBytes = 8
	headEnd  = " head"
	tailEnd  = " tail"
)

func (a *heldAlert) headKey() string { return a.stateName() + headEnd }

func (a *heldAlert) tailKey() string { return a.stateName() + tailEnd }

// stateName is what the keys of both entries begin with.
func (a *heldAlert) stateName() string {
	name := binary.BigEndian.AppendUint64(make([]byte, 0, metBytes+len(a.id)), uint64(a.met)) //nolint:gosec // the bits, read back as they are
	return string(append(name, a.id...))
}

// Flags of an alert.
const (
	flagTriggered uint64 = 1 << iota
	flagEmitted
	flagLone
	flagCloudApp
	flagClosed
)

func flag(set bool, f uint64) uint64 {
	if set {
		return f
	}
	return 0
}

func (a *heldAlert) appendHead(dst []byte) []byte {
	dst = append(dst, stateVersion)
	b := a.base
	dst = binary.AppendUvarint(dst, flag(a.triggered(), flagTriggered)|flag(b.lone, flagLone)|flag(b.cloudApp, flagCloudApp))
	dst = appendStateText(appendStateTime(dst, b.created), b.id)
	dst = appendStateText(appendSaid(dst, b.said), b.text)
	for _, s := range []saying{a.last, a.newer} {
		dst = appendSaid(appendStateText(appendStateTime(dst, s.at), s.id), s.said)
	}
	return dst
}

func (a *heldAlert) appendTail(dst []byte) []byte {
	lists := []*shortlist{&a.entities, &a.recordIDs, &a.originals}
	room := 2 * maxUIDPart // for all but the lists
	for _, s := range lists {
		const perItem, perHash = 24, 8
		room += s.bytes + perItem*len(s.items) + perHash*len(s.rest)
	}
	dst = slices.Grow(dst, room)
	dst = append(dst, stateVersion)
	dst = binary.AppendUvarint(dst, flag(a.triggered(), flagTriggered)|flag(a.emitted, flagEmitted))
	dst = appendStateText(dst, a.uid)
	for _, t := range []time.Time{a.seen, a.expires, a.due} {
		dst = appendStateTime(dst, t)
	}
	dst = binary.AppendUvarint(dst, uint64(a.revision)) //nolint:gosec // not negative
	dst = append(dst, a.sum[:]...)
	for _, s := range lists {
		dst = s.append(dst)
	}
	return dst
}

func (s *shortlist) append(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, flag(s.closed, flagClosed))
	dst = binary.AppendUvarint(dst, uint64(len(s.items)))
	for _, x := range s.items {
		dst = appendStateText(appendStateText(appendStateTime(dst, x.at), x.a), x.b)
	}
	dst = binary.AppendUvarint(dst, uint64(len(s.rest)))
	for _, h := range s.rest {
		dst = binary.BigEndian.AppendUint64(dst, h)
	}
	return dst
}

func appendStateText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendStateTime(dst []byte, t time.Time) []byte {
	return binary.AppendUvarint(binary.AppendVarint(dst, t.Unix()), uint64(t.Nanosecond())) //nolint:gosec // not negative
}

func appendSaid(dst []byte, s said) []byte {
	for _, v := range s {
		dst = appendStateText(dst, v)
	}
	return dst
}

// NewMerger returns a Merger that goes on from what was saved, in any order. at
// is the moment of the start, when the contents that are known and not done are
// known again. A value that is damaged is an error: where it comes from is no
// saved state any more.
//
// Deadlines go on as they were; one that has passed meanwhile fires at the first
// Due. None is farther away than one that is set now, for the clock may have been
// wrong.
func NewMerger(o MergeOptions, saved []AlertChange, at Arrival) (*Merger, error) {
	m := &Merger{o: o.withDefaults(), alerts: map[string]*heldAlert{}}
	entries, err := pairUp(saved)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		a, err := readAlert(name, entries[name])
		if err != nil {
			return nil, fmt.Errorf("saved alert %q: %w", printable([]byte(name[min(metBytes, len(name)):])), err)
		}
		m.restore(a, at)
	}
	m.makeRoom(at.Now)
	return m, nil
}

// savedAlert is the two entries of an alert; nil where there is none.
type savedAlert struct{ head, tail []byte }

// pairUp returns the entries by the names of their alerts, see stateName.
func pairUp(saved []AlertChange) (map[string]savedAlert, error) {
	entries := map[string]savedAlert{}
	for _, c := range saved {
		if name, ok := strings.CutSuffix(c.Key, headEnd); ok {
			entries[name] = savedAlert{head: c.Value, tail: entries[name].tail}
		} else if name, ok := strings.CutSuffix(c.Key, tailEnd); ok {
			entries[name] = savedAlert{head: entries[name].head, tail: c.Value}
		} else {
			return nil, fmt.Errorf("saved alert %q: %w", printable([]byte(c.Key)), errKey)
		}
	}
	return entries, nil
}

// restore takes in an alert as it was saved.
func (m *Merger) restore(a *heldAlert, at Arrival) {
	if earlier := m.alerts[a.id]; earlier != nil {
		m.forget(earlier) // as was noted before, in changes that were lost
	}
	a.barrier = at.Known
	a.expires = resumed(a.expires, at.Now, m.o.TTL)
	a.leaving = a.base.lone || m.o.Updates == AlertsUnmerged
	if a.leaving {
		m.leaving++
	}
	wait := m.o.Wait
	switch {
	case a.leaving:
		wait = 0
	case a.emitted:
		wait = m.o.patience()
	}
	switch {
	case !a.waiting():
	case a.emitted && m.o.Updates != ReviseAlerts:
		a.due = time.Time{}
	default:
		a.due = resumed(a.due, at.Now, wait)
	}
	m.alerts[a.id] = a
	m.account(a)
	m.enqueue(a)
	if a.leaving && !a.waiting() {
		m.forget(a)
	}
}

// resumed makes a time that was saved one that runs with this process, at most so
// far from now.
func resumed(saved, now time.Time, most time.Duration) time.Time {
	return now.Add(min(saved.Sub(now.Round(0)), most))
}

var (
	errShortState = errors.New("value ends early")
	errLongState  = errors.New("value goes on behind its end")
	errKey        = errors.New("its key is none of ours")
	errNoTail     = errors.New("one of its two entries is missing")
	errVersion    = errors.New("value of another version")
	errTime       = errors.New("value holds a time that is none")
)

// readAlert reads the two entries of an alert, of which only the tail must be
// there.
func readAlert(name string, saved savedAlert) (*heldAlert, error) {
	switch {
	case len(name) < metBytes:
		return nil, errKey
	case saved.tail == nil:
		return nil, errNoTail
	}
	a := &heldAlert{
		id:  name[metBytes:],
		met: int64(binary.BigEndian.Uint64([]byte(name[:metBytes]))), //nolint:gosec // the bits, as they were written
	}
	r := &stateReader{rest: saved.tail}
	flags := r.tail(a)
	if r.end(); r.err != nil {
		return nil, r.err
	}
	if saved.head != nil {
		r = &stateReader{rest: saved.head}
		r.head(a)
		r.end()
	}
	if r.err == nil && (flags&flagTriggered != 0) != a.triggered() {
		r.err = errNoTail
	}
	return a, r.err
}

// stateReader reads a value; after an error it gives zeros.
type stateReader struct {
	rest []byte
	err  error
}

func (r *stateReader) fail(err error) {
	if r.err == nil {
		r.rest, r.err = nil, err
	}
}

func (r *stateReader) version() {
	if v := r.bytes(1); v != nil && v[0] != stateVersion {
		r.fail(errVersion)
	}
}

func (r *stateReader) end() {
	if len(r.rest) > 0 {
		r.fail(errLongState)
	}
}

func (r *stateReader) head(a *heldAlert) {
	r.version()
	flags := r.uvarint()
	if flags&flagTriggered != 0 {
		a.base.kind = alertNew
	}
	a.base.uid = a.uid
	a.base.lone, a.base.cloudApp = flags&flagLone != 0, flags&flagCloudApp != 0
	a.base.created, a.base.id = r.time(), r.text()
	a.base.said, a.base.text = r.said(), r.text()
	for _, s := range []*saying{&a.last, &a.newer} {
		s.at, s.id, s.said = r.time(), r.text(), r.said()
	}
}

func (r *stateReader) tail(a *heldAlert) (flags uint64) {
	r.version()
	flags = r.uvarint()
	a.emitted = flags&flagEmitted != 0
	a.uid = r.text()
	a.seen, a.expires, a.due = r.time(), r.time(), r.time()
	a.revision = int(r.uvarint() & (1<<31 - 1))
	copy(a.sum[:], r.bytes(len(a.sum)))
	for _, s := range []*shortlist{&a.entities, &a.recordIDs, &a.originals} {
		r.list(s)
	}
	return flags
}

func (r *stateReader) list(s *shortlist) {
	s.closed = r.uvarint()&flagClosed != 0
	const smallest = 4 // a time of two bytes and two empty texts
	if n := r.count(smallest); n > 0 {
		s.items, s.hashes = make([]ranked, n), make([]uint64, n)
	}
	for i := range s.items {
		s.items[i] = ranked{at: r.time(), a: r.text(), b: r.text()}
		s.hashes[i] = s.items[i].hash()
		s.bytes += s.items[i].bytes()
	}
	slices.Sort(s.hashes)
	if n := r.count(8); n > 0 {
		s.rest = make([]uint64, n)
	}
	for i := range s.rest {
		if b := r.bytes(8); b != nil {
			s.rest[i] = binary.BigEndian.Uint64(b)
		}
	}
}

func (r *stateReader) bytes(n int) []byte {
	if r.err != nil || n > len(r.rest) {
		r.fail(errShortState)
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *stateReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if r.err != nil || n <= 0 {
		r.fail(errShortState)
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// count reads a number of items of at least size bytes each, and checks that they
// can be there: a damaged number must not ask for memory.
func (r *stateReader) count(size int) int {
	n := r.uvarint()
	if n > uint64(len(r.rest)/size) { //nolint:gosec // a length is not negative
		r.fail(errShortState)
		return 0
	}
	return int(n) //nolint:gosec // at most the length of the value
}

func (r *stateReader) text() string { return string(r.bytes(r.count(1))) }

// maxStateSeconds bounds the seconds of a time: some 300,000 years, which no sum
// with a duration overflows.
const maxStateSeconds = 1 << 43

func (r *stateReader) time() time.Time {
	s, n := binary.Varint(r.rest)
	if r.err != nil || n <= 0 {
		r.fail(errShortState)
		return time.Time{}
	}
	r.rest = r.rest[n:]
	nanos := r.uvarint()
	if s > maxStateSeconds || s < -maxStateSeconds || nanos >= uint64(time.Second) {
		r.fail(errTime)
		return time.Time{}
	}
	return time.Unix(s, int64(nanos)).UTC()
}

func (r *stateReader) said() (s said) {
	for i := range s {
		s[i] = r.text()
	}
	return s
}
