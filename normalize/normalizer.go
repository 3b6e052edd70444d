package normalize

import (
	"math"
	"time"
)

// Source is the blob that a record came in.
type Source struct {
	ContentType ContentType
	ContentID   string
}

// Normalizer makes records. It is not safe for concurrent use; give each worker
// its own.
type Normalizer struct {
	options  Options
	shape    *shape
	reserved map[string]struct{} // keys of our own on top
	initial  initials            // first bytes of these

	layer  layer
	prefix prefix
	own    tape   // for raw text that no Splitter has parsed
	text   []byte // and that text
	record Record

	when        moment     // of the record in hand
	recordType  int        // of the record in hand, -1 for none
	dlp         dlpMatch   // of the record in hand
	also        ecsRelated // of the record in hand
	ecsKept     ecsKept
	ocsf        ocsfEvent
	ocsfKept    ocsfKept
	pairs       pairs
	inner       tape // of JSON in a string
	innerText   []byte
	innerRecord Record
}

// moment is the times of a record.
type moment struct {
	created time.Time // of the event
	known   bool      // it stands in the record, and not in for it
	now     time.Time // of emission
}

// prefix is what all records of a content type and an index begin with; it stays
// in layer. Its last object may be open, for the fields of the record itself.
type prefix struct {
	contentType ContentType
	index       string
	saved       layerMark
}

// New returns a Normalizer.
func New(o Options) *Normalizer {
	n := &Normalizer{options: o, shape: shapes[o.Format], reserved: make(map[string]struct{})}
	for _, key := range append([]string{o.IndexKey}, n.shape.reserved...) {
		if key != "" {
			n.reserved[key] = struct{}{}
			n.initial.add([]byte(key))
		}
	}
	return n
}

// Record makes a record of raw. It never fails: text that is no record, by
// raw.Err or because it turns out to be none, gives a record that has the text,
// what is wrong with it, and its place (content_id, position, length). In the
// formats interflow and raw these are error.type, error.message, event.original
// and members of office365. The record, never nil, is valid until the next call,
// and no longer than raw.
//
// The layer's keys win over original keys of the same name: those move to
// office365.
func (n *Normalizer) Record(raw Raw, src Source, received time.Time) *Record {
	r := &n.record
	n.begin(src.ContentType, n.options.IndexEvents)
	if err := n.take(r, raw); err != nil {
		n.date(r, received, received)
		n.shape.undecodable(n, undecodable{raw: raw, src: src, cause: err})
		return n.finish(r)
	}
	n.date(r, received, received)
	n.prepare()
	n.shape.fields(n)
	return n.finish(r)
}

// Alert makes the record of a merged alert: the fields of the base trigger, with
// a layer of its own and the entities. now is the time of emission. The record is
// borrowed like that of Record.
//
// In the format raw the layer is msg_class, the index key and what makes a merged
// alert: alert_uid, alert_revision and event_summary.
func (n *Normalizer) Alert(a *MergedAlert, now time.Time) *Record {
	n.begin(AuditGeneral, n.options.IndexAlerts)
	return n.merged(a, []byte(a.Text), now, func() { n.shape.alert(n, a) })
}

// Bundle makes the record that stands for all originals of a merged alert: its
// Operation has two values, so that a search for both of them together finds it.
// It goes with the events, and comes again with every revision of the alert, under
// the same Id. bundle_uid is the alert_uid of the alert.
func (n *Normalizer) Bundle(a *MergedAlert, now time.Time) *Record {
	n.begin(AuditGeneral, n.options.IndexEvents)
	return n.merged(a, n.bundleText(a), now, func() { n.shape.bundle(n) })
}

// merged makes a record of a text that comes from a Merger, with the fields that
// write gives it.
func (n *Normalizer) merged(a *MergedAlert, text []byte, now time.Time, write func()) *Record {
	r := &n.record
	raw := Raw{Bytes: text, Length: int64(len(text))}
	err := n.take(r, raw)
	n.date(r, a.Seen, now)
	if err != nil { // the text was a record when it was noted
		n.shape.undecodable(n, undecodable{raw: raw, cause: err})
		return n.finish(r)
	}
	n.prepare()
	write()
	return n.finish(r)
}

// prepare is what comes before the fields in every format.
func (n *Normalizer) prepare() {
	if n.options.Redact {
		n.redact()
	}
	n.recordType = n.recordTypeOf()
}

// take parses raw and makes its fields the original ones of r.
func (n *Normalizer) take(r *Record, raw Raw) error {
	t, err := n.parsed(raw)
	r.tape, r.original = t, nil
	if t != nil {
		r.original = t.nodes
		r.length = len(raw.Bytes)
		r.texts[fromRaw], r.texts[fromDecoded] = raw.Bytes, t.decoded
		if t == &n.own {
			r.texts[fromRaw] = n.text
		}
	}
	return err
}

// finish ends the layer of r.
func (n *Normalizer) finish(r *Record) *Record {
	n.layer.close()
	r.layer, r.texts[fromLayer] = n.layer.nodes, n.layer.texts
	return r
}

// parsed returns the fields of raw, or why there are none.
func (n *Normalizer) parsed(raw Raw) (*tape, error) {
	if raw.Err != nil {
		return nil, raw.Err
	}
	if raw.tape != nil {
		return raw.tape, nil
	}
	n.text = append(append(n.text[:0], raw.Bytes...), 0)
	end := n.own.parse(n.text)
	switch {
	case end < 0:
		return nil, &RecordError{Kind: KindSyntax, Message: n.own.wrong, Offset: int64(n.own.position)}
	case n.own.nodes[0].kind != Object:
		return nil, &RecordError{Kind: KindNotObject, Message: "a record is an object, this is not"}
	case space(n.text, end) < len(raw.Bytes):
		return nil, &RecordError{Kind: KindSyntax, Message: "text after the record", Offset: int64(end)}
	}
	return &n.own, nil
}

// begin starts a layer with the fields that only the settings, the content type
// and the index decide. They are written once and kept as long as these stay.
func (n *Normalizer) begin(ct ContentType, index string) {
	l := &n.layer
	if cap(l.texts) > keptBuffer || cap(l.nodes) > keptNodes {
		*l, n.prefix = layer{}, prefix{}
	}
	if n.prefix.contentType == ct && n.prefix.index == index && n.prefix.saved.nodes > 0 {
		l.reset(&n.prefix.saved)
		return
	}
	*l = layer{nodes: l.nodes[:0], texts: l.texts[:0]}
	l.open()
	n.shape.begin(n, ct, index)
	n.prefix = prefix{contentType: ct, index: index, saved: l.mark()}
}

// indexKey writes the key that tells records apart for routing.
func (n *Normalizer) indexKey(index string) {
	if n.options.IndexKey != "" {
		n.layer.key(n.options.IndexKey)
		n.layer.text([]byte(index))
	}
}

// date finds the times of r, and sets its event time. seen stands in for a
// CreationTime that is no time.
func (n *Normalizer) date(r *Record, seen, now time.Time) {
	n.when = moment{now: now}
	if t := r.tape; t != nil && t.fields[fieldCreationTime] != 0 {
		if v := t.nodes[t.fields[fieldCreationTime]]; v.kind == String {
			n.when.created, n.when.known = parseTime(r.Text(v))
		}
	}
	if !n.when.known {
		n.when.created = seen
	}
	r.time = n.when.created
	if s := r.time.Unix(); s < 0 || s >= firstGroupMark {
		r.time = seen
	}
}

// firstGroupMark is where the seconds of an event time end to be a time: Fluent
// Bit takes 0xFFFFFFFE and 0xFFFFFFFF as marks of a group and swallows the
// record. The seconds are unsigned, so times before 1970 would wrap.
const firstGroupMark = math.MaxUint32 - 1
