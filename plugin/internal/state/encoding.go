package state

import (
	"encoding/binary"
	"errors"
	"math"
	"time"

	"office365/normalize"
	"office365/plugin/internal/dedup"
	"office365/plugin/internal/ledger"
)

// Values are written field by field: times as 8 bytes of nanoseconds since 1970
// (contentCreated has up to seven digits of a second; years 1678 to 2262, and
// farther ones as the nearest of these), counts and lengths as unsigned varints, texts behind their length.

// Flags of a content.
const (
	quarantined byte = 1 << iota
	ownFault
)

// noTime stands for the zero time.
const noTime = int64(-1) << 63

// The farthest times that are stored as they are. A contentExpiration in the
// year 9999 is how .NET says never.
var (
	latest   = time.Unix(0, math.MaxInt64)
	earliest = time.Unix(0, math.MinInt64+1)
)

var errShort = errors.New("value ends early")

func appendTime(dst []byte, t time.Time) []byte {
	nanos := noTime
	switch {
	case t.IsZero():
	case t.After(latest):
		nanos = latest.UnixNano()
	case t.Before(earliest):
		nanos = earliest.UnixNano()
	default:
		nanos = t.UnixNano()
	}
	return binary.BigEndian.AppendUint64(dst, uint64(nanos)) //nolint:gosec // the bits, read back as they are
}

func appendText(dst []byte, s string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

func appendSpans(dst []byte, spans ledger.Spans) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(spans)))
	for _, s := range spans {
		dst = appendTime(appendTime(dst, s.From), s.To)
	}
	return dst
}

func appendContent(dst []byte, c ledger.Content) []byte {
	dst = appendTime(dst, c.Created)
	dst = appendTime(dst, c.Expires)
	dst = binary.AppendUvarint(dst, uint64(max(c.Attempts, 0)))
	dst = appendTime(dst, c.NextTry)
	var flags byte
	if c.Quarantined {
		flags |= quarantined
	}
	if c.Fault == ledger.FaultOwn {
		flags |= ownFault
	}
	return append(dst, flags)
}

func appendPack(dst []byte, p dedup.Pack) []byte {
	dst = appendTime(dst, p.At)
	dst = binary.AppendUvarint(dst, uint64(len(p.Parts)))
	for _, part := range p.Parts {
		dst = appendText(dst, string(part.Type))
		dst = appendText(dst, part.ContentID)
		dst = appendTime(dst, part.Created)
		dst = binary.AppendUvarint(dst, uint64(len(part.IDs)))
		for _, id := range part.IDs {
			dst = append(dst, id[:]...)
		}
	}
	return dst
}

func readPack(key, value []byte) (dedup.Pack, error) {
	if len(key) != 8 {
		return dedup.Pack{}, errShort
	}
	r := reader{rest: value}
	p := dedup.Pack{Seq: binary.BigEndian.Uint64(key), At: r.time()}
	for range r.count(1) {
		part := dedup.Part{
			Type:      normalize.ContentType(r.text()),
			ContentID: r.text(),
			Created:   r.time(),
		}
		part.IDs = make([]dedup.Identity, r.count(dedup.Size))
		for i := range part.IDs {
			copy(part.IDs[i][:], r.bytes(dedup.Size))
		}
		p.Parts = append(p.Parts, part)
	}
	return p, r.err
}

// reader reads a value; after an error it gives zeros.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) bytes(n int) []byte {
	if r.err != nil || n > len(r.rest) {
		r.rest, r.err = nil, errShort
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if r.err != nil || n <= 0 {
		r.rest, r.err = nil, errShort
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// count reads a number of items of at least size bytes each, and checks that
// they can be there: a damaged number must not ask for memory.
func (r *reader) count(size int) int {
	n := r.uvarint()
	if n > uint64(len(r.rest)/size) { //nolint:gosec // a length is not negative
		r.rest, r.err = nil, errShort
		return 0
	}
	return int(n) //nolint:gosec // at most the length of the value
}

func (r *reader) text() string { return string(r.bytes(r.count(1))) }

func (r *reader) time() time.Time {
	b := r.bytes(8)
	if b == nil {
		return time.Time{}
	}
	nanos := int64(binary.BigEndian.Uint64(b)) //nolint:gosec // the bits, as they were written
	if nanos == noTime {
		return time.Time{}
	}
	return time.Unix(0, nanos).UTC()
}

func (r *reader) spans() ledger.Spans {
	n := r.count(16)
	spans := make(ledger.Spans, 0, n)
	for range n {
		spans = append(spans, ledger.Span{From: r.time(), To: r.time()})
	}
	return spans
}

func (r *reader) content(id string) ledger.Content {
	c := ledger.Content{
		ID:       id,
		Created:  r.time(),
		Expires:  r.time(),
		Attempts: int(r.uvarint()), //nolint:gosec // written from an int
		NextTry:  r.time(),
	}
	if flags := r.bytes(1); flags != nil {
		c.Quarantined = flags[0]&quarantined != 0
		if flags[0]&ownFault != 0 {
			c.Fault = ledger.FaultOwn
		}
	}
	return c
}
