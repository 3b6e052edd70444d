package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sort"
	"strings"
	"time"
)

// Blob describes one content to add. Its records are either given or made.
type Blob struct {
	Type     ContentType `json:"type"`
	ID       string      `json:"id"`       // contentId; "" = one of the usual form
	Created  time.Time   `json:"created"`  // contentCreated; zero = now
	Expires  time.Time   `json:"expires"`  // contentExpiration; zero = Created + Options.Expiry
	Listable time.Time   `json:"listable"` // zero = Created; later models content that is listed late

	// CreatedLayout words contentCreated and contentExpiration; "" has
	// milliseconds and a Z.
	CreatedLayout string `json:"createdLayout"`

	Generate int               `json:"generate"` // so many records of the generator …
	Records  []json.RawMessage `json:"records"`  // … or these, as they are, valid or not …
	Body     []byte            `json:"body"`     // … or this text in place of an array
}

// createdLayout is the usual form of contentCreated.
const createdLayout = "2006-01-02T15:04:05.000Z"

// blob is a content of the tenant. Of generated records it knows only their
// numbers, so that a million of them take no memory.
type blob struct {
	Blob

	sequence int       // order of addition
	first    uint64    // number of the first generated record within its content type
	made     time.Time // contentCreated that its generated records follow
	ids      []string  // of given records
	packed   []byte    // the whole content in gzip, by Prepare

	// What clients did, guarded by Simulator.mu.
	listed, requested, served int
}

func (b *blob) count() int {
	if b.Generate > 0 {
		return b.Generate
	}
	return len(b.ids)
}

// write writes the content as the API delivers it.
func (b *blob) write(w io.Writer, g *generator, detections bool) error {
	switch {
	case b.Generate > 0:
		return g.writeBlob(w, span{b.Type, b.first, b.Generate, b.made, detections})
	case b.Body != nil:
		_, err := w.Write(b.Body)
		return err
	default:
		_, err := w.Write(joinRecords(b.Records))
		return err
	}
}

// reply is the content as an answer.
func (b *blob) reply(g *generator, detections bool) reply {
	rep := reply{status: http.StatusOK, stream: func(w io.Writer) error { return b.write(w, g, detections) }}
	if detections {
		rep.packed = b.packed
	}
	return rep
}

func joinRecords(records []json.RawMessage) []byte {
	body := []byte{'['}
	for i, record := range records {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, record...)
	}
	return append(body, ']')
}

// recordIDs returns the Id of each record in the order of the blob, "" for a
// record without one.
func (b *blob) recordIDs(g *generator) []string {
	if b.Generate > 0 {
		return g.ids(span{b.Type, b.first, b.Generate, b.made, true})
	}
	return b.ids
}

// idsOf reads the Ids of given records; text that is no record has none.
func idsOf(records []json.RawMessage) []string {
	ids := make([]string, len(records))
	for i, record := range records {
		var r struct{ ID any }
		if json.Unmarshal(record, &r) != nil {
			continue
		}
		if id, ok := r.ID.(string); ok {
			ids[i] = id
		}
	}
	return ids
}

// store holds the contents of the tenant.
type store struct {
	byID   map[string]*blob
	byType map[ContentType][]*blob // sorted by contentCreated, then by addition
	next   map[ContentType]uint64  // number of the next generated record
	added  int
}

func newStore() store {
	return store{byID: map[string]*blob{}, byType: map[ContentType][]*blob{}, next: map[ContentType]uint64{}}
}

func (st *store) add(b *blob) {
	st.added++
	b.sequence = st.added
	st.byID[b.ID] = b
	list := st.byType[b.Type]
	at := sort.Search(len(list), func(i int) bool { return list[i].Created.After(b.Created) })
	st.byType[b.Type] = slices.Insert(list, at, b)
}

// between returns the contents with contentCreated in [from, to).
func (st *store) between(ct ContentType, from, to time.Time) []*blob {
	list := st.byType[ct]
	low := sort.Search(len(list), func(i int) bool { return !list[i].Created.Before(from) })
	high := sort.Search(len(list), func(i int) bool { return !list[i].Created.Before(to) })
	return list[low:max(low, high)]
}

// AddBlob adds a content and returns its contentId.
func (s *Simulator) AddBlob(b Blob) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addBlob(b).ID
}

func (s *Simulator) addBlob(b Blob) *blob {
	if b.Created.IsZero() {
		b.Created = s.now().Truncate(time.Millisecond)
	}
	b.Created = b.Created.UTC()
	if b.Expires.IsZero() {
		b.Expires = b.Created.Add(s.opts.Expiry)
	}
	if b.Listable.IsZero() {
		b.Listable = b.Created
	}
	if b.CreatedLayout == "" {
		b.CreatedLayout = createdLayout
	}
	added := &blob{Blob: b, first: s.store.next[b.Type], made: b.Created, ids: idsOf(b.Records)}
	s.store.next[b.Type] += uint64(max(0, b.Generate))
	if added.ID == "" {
		added.ID = contentID(added, s.store.added+1)
	}
	s.store.add(added)
	return added
}

// contentID makes an id of the form of 2020 and later: two times of 14 digits
// with 9 more, kind and cell. The number keeps it unique.
func contentID(b *blob, number int) string {
	from := b.Created.Add(-65 * time.Second)
	kind := b.Type.idPart()
	return fmt.Sprintf("%s%09d$%s%09d$%s$%s$na0030$na0030",
		from.Format("20060102150405"), (number*7919)%1_000_000_000,
		b.Created.Format("20060102150405"), b.Created.Nanosecond()/1_000_000*1_000_000+number%1_000_000,
		strings.ToLower(kind), kind)
}

// Batch is a number of generated contents spread evenly over [From, To).
type Batch struct {
	Blobs, Records int
	From, To       time.Time
}

// AddContent adds blobs generated contents of records records each, with
// contentCreated spread evenly over [from, to), and returns their contentIds.
func (s *Simulator) AddContent(ct ContentType, blobs, records int, from, to time.Time) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addContent(ct, Batch{blobs, records, from, to})
}

func (s *Simulator) addContent(ct ContentType, batch Batch) []string {
	ids := make([]string, 0, batch.Blobs)
	step := batch.To.Sub(batch.From) / time.Duration(max(1, batch.Blobs))
	for i := range batch.Blobs {
		created := batch.From.Add(time.Duration(i) * step).Truncate(time.Millisecond)
		ids = append(ids, s.addBlob(Blob{Type: ct, Created: created, Generate: batch.Records}).ID)
	}
	return ids
}

// Prepare makes the contents that there are in gzip and keeps them, a tenth of
// their size, so that a benchmark on the same machine does not measure how
// long that takes. They cannot change: nothing else does.
func (s *Simulator) Prepare() {
	for _, b := range s.blobs(nil, func(b *blob) bool { return b.packed == nil }) {
		var packed bytes.Buffer
		if err := s.writeGzip(&packed, b.reply(s.records, true)); err != nil {
			panic(fmt.Sprintf("simulator: a buffer cannot fail: %v", err))
		}
		s.mu.Lock()
		s.store.byID[b.ID].packed = packed.Bytes()
		s.mu.Unlock()
	}
}

// Republish offers the records of an existing content once more under a new
// contentId, as the service does days later at times. It returns
// "" when there is no content id.
func (s *Simulator) Republish(id string, created time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.store.byID[id]
	if old == nil {
		return ""
	}
	again := s.addBlob(Blob{Type: old.Type, Created: created, Records: old.Records, Body: old.Body})
	again.Generate, again.first, again.made, again.ids = old.Generate, old.first, old.made, old.ids
	return again.ID
}
