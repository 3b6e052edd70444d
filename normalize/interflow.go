package normalize

import (
	"errors"
	"math"
	"time"
)

// The layer's own words, as Interflow has them.
const (
	keyMsgClass          = "msg_class"
	keyMsgOrigin         = "msg_origin"
	keyTenantName        = "tenant_name"
	keyTenantID          = "tenantid"
	keyTimestamp         = "timestamp"
	keyTimestampFallback = "timestamp_fallback"
	keyWriteTime         = "write_time"
	keyOffice365         = "office365"
	keyError             = "error"
	keyEvent             = "event"

	productName     = "office365"
	productCategory = "office_suite"
	processorType   = "log_collector"
)

// Options are the settings that show in every record.
type Options struct {
	TenantName    string // tenant_name
	TenantID      string // tenantid; no such field when empty
	ConnectorName string // msg_origin.processor.id; no such field when empty
	IndexKey      string // name of the key that IndexEvents stands under; no such key when empty
	IndexEvents   string
}

// Source is the blob that a record came in.
type Source struct {
	ContentType ContentType
	ContentID   string
}

// Normalizer makes records. It is not safe for concurrent use; give each worker
// its own.
type Normalizer struct {
	options  Options
	reserved map[string]struct{} // keys of the layer
	initial  initials            // first bytes of these

	layer  layer
	prefix prefix
	own    tape   // for raw text that no Splitter has parsed
	text   []byte // and that text
	record Record
}

// prefix is what all records of a content type begin with; it stays in layer.
type prefix struct {
	contentType  ContentType
	nodes, texts int
	fields       uint32
}

// New returns a Normalizer.
func New(o Options) *Normalizer {
	n := &Normalizer{options: o, reserved: make(map[string]struct{})}
	for _, key := range []string{
		keyMsgClass, keyMsgOrigin, keyTenantName, keyTenantID, keyTimestamp, keyTimestampFallback, keyWriteTime,
		keyOffice365, keyError, keyEvent, o.IndexKey,
	} {
		if key != "" {
			n.reserved[key] = struct{}{}
			n.initial.add([]byte(key))
		}
	}
	return n
}

// Record makes a record of raw. It never fails: text that is no record, by
// raw.Err or because it turns out to be none, gives a record with msg_class,
// error.type, error.message, the text under event.original and its place under
// office365 (content_id, position, length). The record, never nil, is valid until
// the next call, and no longer than raw.
//
// The layer's keys win over original keys of the same name: those move to
// office365.
func (n *Normalizer) Record(raw Raw, src Source, received time.Time) *Record {
	r := &n.record
	n.begin(src.ContentType)
	t, err := n.parsed(raw)
	r.tape, r.original, r.moved = t, nil, 0
	if t != nil {
		r.original = t.nodes
		r.texts[fromRaw], r.texts[fromDecoded] = raw.Bytes, t.decoded
		if t == &n.own {
			r.texts[fromRaw] = n.text
		}
	}
	n.times(r, received)
	if err != nil {
		n.undecodable(raw, src, err)
	} else {
		n.displace(r)
	}
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

// begin starts a layer with the fields that only the settings and the content
// type decide. They are written once and kept as long as the type stays.
func (n *Normalizer) begin(ct ContentType) {
	l := &n.layer
	if cap(l.texts) > keptBuffer || cap(l.nodes) > keptNodes {
		*l, n.prefix = layer{}, prefix{}
	}
	if n.prefix.contentType == ct && n.prefix.nodes > 0 {
		l.reset(n.prefix.nodes, n.prefix.texts)
		l.nodes[0].n = n.prefix.fields
		return
	}
	*l = layer{nodes: l.nodes[:0], texts: l.texts[:0]}
	l.open()
	l.key(keyMsgClass)
	l.string(ct.Class())
	n.origin()
	l.key(keyTenantName)
	l.text([]byte(n.options.TenantName))
	if n.options.TenantID != "" {
		l.key(keyTenantID)
		l.text([]byte(n.options.TenantID))
	}
	if n.options.IndexKey != "" {
		l.key(n.options.IndexKey)
		l.text([]byte(n.options.IndexEvents))
	}
	n.prefix = prefix{contentType: ct, nodes: len(l.nodes), texts: len(l.texts), fields: l.nodes[0].n}
}

// origin writes msg_origin.
func (n *Normalizer) origin() {
	l := &n.layer
	l.key(keyMsgOrigin)
	l.open()
	l.key("source")
	l.string(productName)
	l.key("vendor")
	l.string(productName)
	l.key("category")
	l.string(productCategory)
	l.key("processor")
	l.open()
	l.key("name")
	l.string(productName)
	l.key("type")
	l.string(processorType)
	if n.options.ConnectorName != "" {
		l.key("id")
		l.text([]byte(n.options.ConnectorName))
	}
	l.close()
	l.close()
}

// times writes timestamp and write_time, and sets the event time.
func (n *Normalizer) times(r *Record, received time.Time) {
	l := &n.layer
	created, ok := time.Time{}, false
	if t := r.tape; t != nil && t.fields[fieldCreationTime] != 0 {
		if v := t.nodes[t.fields[fieldCreationTime]]; v.kind == String {
			created, ok = parseTime(r.Text(v))
		}
	}
	if !ok {
		created = received
	}
	r.time = created
	if s := created.Unix(); s < 0 || s >= firstGroupMark {
		r.time = received
	}
	l.key(keyTimestamp)
	l.value(intNode(created.UnixMilli()))
	if !ok {
		l.key(keyTimestampFallback)
		l.value(boolNode(true))
	}
	l.key(keyWriteTime)
	l.value(intNode(received.UnixMilli()))
}

// firstGroupMark is where the seconds of an event time end to be a time: Fluent
// Bit takes 0xFFFFFFFE and 0xFFFFFFFF as marks of a group and swallows the
// record. The seconds are unsigned, so times before 1970 would wrap.
const firstGroupMark = math.MaxUint32 - 1

// undecodable writes what a text that is no record gets instead of fields.
func (n *Normalizer) undecodable(raw Raw, src Source, cause error) {
	l := &n.layer
	kind := KindSyntax
	if e := (*RecordError)(nil); errors.As(cause, &e) {
		kind = e.Kind
	}
	l.key(keyError)
	l.open()
	l.key("type")
	l.string(string(kind))
	l.key("message")
	l.text([]byte(cause.Error()))
	l.close()
	l.key(keyEvent)
	l.open()
	l.key("original")
	l.text(raw.Bytes)
	l.close()
	l.key(keyOffice365)
	l.open()
	l.key("content_id")
	l.text([]byte(src.ContentID))
	l.key("position")
	l.value(intNode(int64(raw.Position)))
	l.key("length")
	l.value(intNode(raw.Length))
	l.close()
}

// displace moves original fields with a key of ours to office365. The service
// writes all its keys with a capital, so there are none as a rule.
func (n *Normalizer) displace(r *Record) {
	if r.tape.initial&n.initial == 0 {
		return
	}
	l := &n.layer
	for i := 1; i < len(r.tape.nodes); i = r.tape.next(i) {
		key := r.tape.nodes[i]
		if key.kind != String || !n.isReserved(r.Text(key)) {
			continue
		}
		if r.moved == 0 {
			l.key(keyOffice365)
			l.open()
			r.rest = append(r.rest[:0], r.tape.nodes...)
			r.original = r.rest
		}
		r.moved++
		end := r.tape.next(i)
		l.nodes[l.stack[l.depth-1]].n++
		l.nodes = append(l.nodes, r.tape.nodes[i:end]...)
		r.rest[i] = Node{kind: Gone, n: uint32(end - i - 1)} //nolint:gosec // fewer than the bytes of a record
	}
	if r.moved > 0 {
		l.close()
	}
}

func (n *Normalizer) isReserved(key []byte) bool {
	_, ok := n.reserved[string(key)]
	return ok
}
