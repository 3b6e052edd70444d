package normalize

import (
	"strconv"
	"time"
)

// Record is one event as it is emitted: the fields of the layer, then the
// original fields in their order. It is borrowed from the Normalizer that made
// it and changes with the next one.
//
// An encoder writes a map of Fields entries and runs through both Parts; see
// Node for how nodes follow each other, and Text for the text of a String.
type Record struct {
	layer    []Node // an Object
	original []Node // an Object, or nothing when the text is no record
	texts    [sources][]byte
	tape     *tape  // of the original fields
	length   int    // of the record's own text, from the beginning of texts[fromRaw]
	rest     []Node // originals that are not all on top
	time     time.Time
}

// Key is what identifies a record. Each part is the text of the original field,
// and "" where that is absent or neither a string nor a number; ID "" means that
// the record cannot be told from others by its own fields.
type Key struct {
	ID, RecordNumber, CreationTime, Operation string
}

// Time returns the time of the event: CreationTime, or the time of receipt when
// that is absent, no time, or nothing that Fluent Bit can take.
func (r *Record) Time() time.Time { return r.time }

// Fields returns how many top-level fields r has.
func (r *Record) Fields() int {
	n := r.layer[0].Len()
	if len(r.original) > 0 {
		n += r.original[0].Len()
	}
	return n
}

// Parts returns the nodes of the top-level fields: keys and values in turn, ours
// and then the original ones. No key is in both.
func (r *Record) Parts() (layer, original []Node) {
	if len(r.original) == 0 {
		return r.layer[1:], nil
	}
	return r.layer[1:], r.original[1:]
}

// Text returns the text of a String of r: valid UTF-8, not to be changed.
func (r *Record) Text(n Node) []byte {
	return r.texts[n.src][n.v : n.v+uint64(n.n)]
}

// Key returns what identifies r.
func (r *Record) Key() Key {
	if r.tape == nil {
		return Key{}
	}
	return Key{
		ID:           r.fieldText(fieldID),
		RecordNumber: r.fieldText(fieldRecordNumber),
		CreationTime: r.fieldText(fieldCreationTime),
		Operation:    r.fieldText(fieldOperation),
	}
}

func (r *Record) fieldText(f field) string {
	var scratch [64]byte
	return string(r.tape.appendField(scratch[:0], r.texts[fromRaw], f))
}

// appendField appends the text of a known field, nothing when it has none.
func (t *tape) appendField(dst, raw []byte, f field) []byte {
	if i := t.fields[f]; i != 0 {
		return t.appendText(dst, raw, t.nodes[i])
	}
	return dst
}

// appendText appends the text of a string or a number, nothing for any other.
func (t *tape) appendText(dst, raw []byte, n Node) []byte {
	switch n.kind {
	case String:
		return append(dst, t.bytes(raw, n)...)
	case Int:
		return strconv.AppendInt(dst, n.Int(), 10)
	case Float:
		return strconv.AppendFloat(dst, n.Float(), 'g', -1, 64)
	default:
		return dst
	}
}

// lookup returns the index of the value of a member of the object at
// nodes[object], 0 when there is none.
func (t *tape) lookup(b []byte, object int, key string) int {
	end := object + 1 + t.nodes[object].span()
	for i := object + 1; i < end; i = t.next(i) {
		if t.nodes[i].kind == String && string(t.bytes(b, t.nodes[i])) == key {
			return i + 1
		}
	}
	return 0
}
