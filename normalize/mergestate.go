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

// Flags of an alert and of a list.
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

// pack returns h as one text, which is the value of the head too.
func (h *alertHead) pack() string {
	dst := make([]byte, 0, len(h.base.text)+512) // what the others usually say
	dst = append(dst, stateVersion)
	for _, s := range []*saying{&h.base.saying, &h.last, &h.newer} {
		dst = appendSaying(dst, s)
	}
	return string(appendStateText(dst, h.base.text))
}

// pack returns l as one text, with which the value of the tail ends.
func (l *alertLists) pack() string {
	room := 0
	for _, s := range l.all() {
		const perItem, perHash, more = 24, 8, 16
		room += s.bytes + perItem*len(s.items) + perHash*len(s.rest) + more
	}
	dst := make([]byte, 0, room)
	for _, s := range l.all() {
		dst = s.append(dst)
	}
	return string(dst)
}

func (a *heldAlert) tail() []byte {
	const room = 96 // for all but the lists
	dst := append(make([]byte, 0, room+len(a.lists)), stateVersion)
	dst = binary.AppendUvarint(dst, flag(a.triggered, flagTriggered)|flag(a.emitted, flagEmitted)|
		flag(a.lone, flagLone)|flag(a.cloudApp, flagCloudApp))
	for _, t := range []time.Time{a.seen, a.expires, a.due} {
		dst = appendStateTime(dst, t)
	}
	dst = binary.AppendUvarint(dst, uint64(a.revision)) //nolint:gosec // not negative
	return append(append(dst, a.sum[:]...), a.lists...)
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

func appendSaying(dst []byte, s *saying) []byte {
	dst = appendStateText(appendStateTime(dst, s.at), s.id)
	for _, v := range s.said {
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
	a.leaving = a.lone || m.o.Updates == AlertsUnmerged
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
	errNoHead     = errors.New("its head is missing")
	errNoTail     = errors.New("its tail is missing")
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
	r := &stateReader{rest: string(saved.tail)}
	r.tail(a)
	lists := r.lists()
	if r.end(); r.err != nil {
		return nil, r.err
	}
	a.hasEntities = !lists.entities.empty()
	if saved.head != nil {
		a.head = string(saved.head)
		r = &stateReader{rest: a.head}
		r.head()
		r.end()
	} else if a.triggered {
		r.err = errNoHead
	}
	return a, r.err
}

// unpackHead returns what triggers and updates have said. It was packed by us, or
// read once when it was restored: there are no errors in it.
func (a *heldAlert) unpackHead() alertHead {
	if a.head == "" {
		return alertHead{}
	}
	return (&stateReader{rest: a.head}).head()
}

// unpackLists is unpackHead for the lists.
func (a *heldAlert) unpackLists() alertLists {
	return (&stateReader{rest: a.lists}).lists()
}

// stateReader reads a value; after an error it gives zeros. Texts are parts of
// the value.
type stateReader struct {
	rest string
	err  error
}

func (r *stateReader) fail(err error) {
	if r.err == nil {
		r.rest, r.err = "", err
	}
}

func (r *stateReader) version() {
	if v := r.bytes(1); v != "" && v[0] != stateVersion {
		r.fail(errVersion)
	}
}

func (r *stateReader) end() {
	if len(r.rest) > 0 {
		r.fail(errLongState)
	}
}

func (r *stateReader) head() (h alertHead) {
	r.version()
	for _, s := range []*saying{&h.base.saying, &h.last, &h.newer} {
		s.at, s.id, s.said = r.time(), r.text(), r.said()
	}
	h.base.text = r.text()
	return h
}

// tail reads all but the lists, and leaves them in a as they are.
func (r *stateReader) tail(a *heldAlert) {
	r.version()
	flags := r.uvarint()
	a.triggered, a.emitted = flags&flagTriggered != 0, flags&flagEmitted != 0
	a.lone, a.cloudApp = flags&flagLone != 0, flags&flagCloudApp != 0
	a.seen, a.expires, a.due = r.time(), r.time(), r.time()
	a.revision = int(r.uvarint() & (1<<31 - 1))
	copy(a.sum[:], r.bytes(len(a.sum)))
	a.lists = r.rest
}

func (r *stateReader) lists() (l alertLists) {
	for _, s := range l.all() {
		r.list(s)
	}
	return l
}

func (r *stateReader) list(s *shortlist) {
	s.closed = r.uvarint()&flagClosed != 0
	const smallest = 4 // a time of two bytes and two empty texts
	if n := r.count(smallest); n > 0 {
		s.items = make([]ranked, n, n+1) // most often one more is added
	}
	for i := range s.items {
		s.items[i] = ranked{at: r.time(), a: r.text(), b: r.text()}
		s.bytes += s.items[i].bytes()
	}
	if n := r.count(8); n > 0 {
		s.rest = make([]uint64, n)
	}
	for i := range s.rest {
		if b := r.bytes(8); b != "" {
			s.rest[i] = binary.BigEndian.Uint64([]byte(b))
		}
	}
}

func (r *stateReader) bytes(n int) string {
	if r.err != nil || n > len(r.rest) {
		r.fail(errShortState)
		return ""
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

// number is what a number that comes next lies in.
func (r *stateReader) number() []byte {
	return []byte(r.rest[:min(len(r.rest), binary.MaxVarintLen64)])
}

func (r *stateReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.number())
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

func (r *stateReader) text() string { return r.bytes(r.count(1)) }

// maxStateSeconds bounds the seconds of a time: some 300,000 years, which no sum
// with a duration overflows.
const maxStateSeconds = 1 << 43

func (r *stateReader) time() time.Time {
	s, n := binary.Varint(r.number())
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
