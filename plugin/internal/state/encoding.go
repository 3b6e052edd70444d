package state

import (
	"encoding/binary"
	"errors"
	"time"

	"office365/normalize"
	"office365/plugin/internal/dedup"
	"office365/plugin/internal/ledger"
)

// Values are written field by field: times as the 8 bytes of a stamp, counts and
// lengths as unsigned varints, texts behind their length.

// Flags of a content.
const (
	quarantined byte = 1 << iota
	ownFault
)

var errShort = errors.New("value ends early")

func appendTime(dst []byte, t time.Time) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(ledger.StampOf(t))) //nolint:gosec // the bits, read back as they are
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

// contentKey orders contents by contentCreated. They are listed and done in that
// order, by and large, so a transaction finds them side by side in a few pages
// (by contentId, which has no order to rely on, each content costs a page).
func contentKey(created time.Time, id string) []byte {
	key := appendTime(make([]byte, 0, 8+len(id)), created)
	key[0] ^= 0x80 // so that times before 1970 come first
	return append(key, id...)
}

func readContentKey(key []byte) (created time.Time, id string, err error) {
	if len(key) < 8 {
		return time.Time{}, "", errShort
	}
	r := reader{rest: append([]byte{key[0] ^ 0x80}, key[1:8]...)}
	return r.time(), string(key[8:]), nil
}

func appendContent(dst []byte, c ledger.Content) []byte {
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
	return ledger.Stamp(binary.BigEndian.Uint64(b)).Time() //nolint:gosec // the bits, as they were written
}

func (r *reader) spans() ledger.Spans {
	n := r.count(16)
	spans := make(ledger.Spans, 0, n)
	for range n {
		spans = append(spans, ledger.Span{From: r.time(), To: r.time()})
	}
	return spans
}

func (r *reader) content(id string, created time.Time) ledger.Content {
	c := ledger.Content{
		ID:       id,
		Created:  created,
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
