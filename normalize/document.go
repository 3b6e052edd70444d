package normalize

import (
	"bytes"
	"iter"
)

// document is a parsed JSON text that rules read: the record itself, or JSON
// that stood in a string of it.
type document struct {
	tape   *tape
	record *Record // where the text of its strings is
	inner  bool    // not the record itself
}

// maxInner is the longest string that is read as JSON. What comes of one is
// limited to helperBytes anyhow.
const maxInner = 128 << 10

// text returns the text of a String of d.
func (d *document) text(n Node) []byte { return d.record.Text(n) }

// lookup returns the index of the value of a member of the object at
// tape.nodes[object], 0 when there is none.
func (d *document) lookup(object int, key string) int {
	t := d.tape
	if t.nodes[object].kind != Object {
		return 0
	}
	for i, end := object+1, t.after(object); i < end; i = t.next(i) {
		if n := t.nodes[i]; n.kind == String && int(n.n) == len(key) && string(d.text(n)) == key {
			return i + 1
		}
	}
	return 0
}

// after returns the index of what follows the value at nodes[i].
func (t *tape) after(i int) int { return i + 1 + t.nodes[i].span() }

// field returns the index of the value of a top-level field of the record, 0
// where it is absent.
func (n *Normalizer) field(f field) int { return int(n.record.tape.fields[f]) }

// fieldText returns the text of a field that is a String, nothing otherwise.
func (n *Normalizer) fieldText(f field) []byte {
	i := n.field(f)
	if i == 0 || n.record.tape.nodes[i].kind != String {
		return nil
	}
	return n.record.Text(n.record.tape.nodes[i])
}

// objectField returns the index of a field that is an object, 0 for any other.
func (n *Normalizer) objectField(f field) int {
	if i := n.field(f); i != 0 && n.record.tape.nodes[i].kind == Object {
		return i
	}
	return 0
}

// original is the record as a document.
func (n *Normalizer) original() document { return document{tape: n.record.tape, record: &n.record} }

// scalar returns the value at tape.nodes[i] as a String: a string as it is, a
// number or a boolean as its text, so that a field of the layer has one type
// whatever the service writes. False for nothing ("", null), for containers,
// and for i = 0.
func (n *Normalizer) scalar(d *document, i int) (Node, bool) {
	if i == 0 {
		return Node{}, false
	}
	switch v := d.tape.nodes[i]; v.kind {
	case String:
		if v.n == 0 {
			return Node{}, false
		}
		return n.adopt(d, v), true
	case Int, Float, True, False:
		at := len(n.layer.texts)
		n.layer.texts = d.record.appendValue(n.layer.texts, d.tape.nodes[i:i+1])
		return n.layer.since(at), true
	default:
		return Node{}, false
	}
}

// adopt returns a String of d as one of the layer. One of the record itself
// needs no copy.
func (n *Normalizer) adopt(d *document, v Node) Node {
	if !d.inner {
		return v
	}
	at := len(n.layer.texts)
	n.layer.texts = append(n.layer.texts, d.text(v)...)
	return n.layer.since(at)
}

// field appends a member with the value of a field of the record, as a String.
func (n *Normalizer) member(name string, f field) {
	d := n.original()
	if v, ok := n.scalar(&d, n.field(f)); ok {
		n.layer.member(name, v)
	}
}

// parseInner reads the JSON that stands in a string. The document is valid until
// the next call.
func (n *Normalizer) parseInner(text []byte) (document, bool) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || len(text) > maxInner {
		return document{}, false
	}
	n.innerText = append(append(n.innerText[:0], text...), 0)
	if end := n.inner.parse(n.innerText); end != len(text) {
		return document{}, false
	}
	n.innerRecord.texts[fromRaw], n.innerRecord.texts[fromDecoded] = n.innerText, n.inner.decoded
	return document{tape: &n.inner, record: &n.innerRecord, inner: true}, true
}

// items runs over the indices of the items of the array at tape.nodes[list];
// over none when there is no array.
func (d *document) items(list int) iter.Seq[int] {
	return func(yield func(int) bool) {
		if list == 0 || d.tape.nodes[list].kind != Array {
			return
		}
		for i, end := list+1, d.tape.after(list); i < end; i = d.tape.after(i) {
			if !yield(i) {
				return
			}
		}
	}
}

// str returns the text of a String of the record or of the layer.
func (n *Normalizer) str(v Node) []byte {
	if v.src == fromLayer {
		return n.layer.texts[v.v : v.v+uint64(v.n)]
	}
	return n.record.Text(v)
}
