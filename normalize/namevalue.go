package normalize

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// Limits of one helper object, so that a hostile or odd record cannot make
// thousands of fields of a sink's mapping. What is beyond stays in the original
// alone.
const (
	helperNames = 200
	helperBytes = 64 << 10
	helperValue = 32 << 10
)

// nameValueFields are the lists of {Name, Value} that become objects under
// office365. Where text is set the field may be a command line, which is kept as
// one value; where inJSON is set, JSON in a string.
var nameValueFields = [...]struct {
	field  field
	helper string
	text   bool
	inJSON bool
}{
	{field: fieldParameters, helper: "parameters", text: true},
	{field: fieldExtendedProperties, helper: "extended_properties"},
	{field: fieldDeviceProperties, helper: "device_properties"},
	{field: fieldOperationProperties, helper: "operation_properties", inJSON: true},
}

const (
	helperChanges = "modified_properties"
	helperData    = "data"
	keyFlattened  = "flattened"
	keyRawText    = "_raw" // a command line, under office365.parameters
)

// helpers writes the helper objects.
func (n *Normalizer) helpers() {
	for i := range nameValueFields {
		f := &nameValueFields[i]
		if at := n.field(f.field); at != 0 && !n.silenced(f.helper) {
			n.pairs.reset()
			n.collect(at, f.text, f.inJSON)
			n.writePairs(f.helper)
		}
	}
	if at := n.field(fieldModifiedProperties); at != 0 && !n.silenced(helperChanges) {
		n.changes(at)
	}
	if !n.silenced(helperData) {
		n.data()
	}
}

// collect takes in the names and values of the field at nodes[at].
func (n *Normalizer) collect(at int, text, inJSON bool) {
	d := n.original()
	v := d.tape.nodes[at]
	switch {
	case v.kind == Array:
		n.collectList(&d, at)
	case v.kind != String:
	case text:
		if value, ok := n.helperText(&d, at); ok {
			n.pairs.name = append(n.pairs.name[:0], keyRawText...)
			n.add(n.ownName(), value, Node{})
		}
	case inJSON:
		inner, ok := n.parseInner(d.text(v))
		switch {
		case ok && inner.tape.nodes[0].kind == Array:
			n.collectList(&inner, 0)
		case ok && inner.tape.nodes[0].kind == Object:
			n.collectMembers(&inner, 0)
		}
	}
}

// collectList takes in the items of a list of {Name, Value}. Other items, and
// those without a Value, are no pairs.
func (n *Normalizer) collectList(d *document, list int) {
	for i, end := list+1, d.tape.after(list); i < end; i = d.tape.after(i) {
		name := d.lookup(i, "Name")
		if value, ok := n.helperText(d, d.lookup(i, "Value")); ok && name != 0 {
			n.add(n.helperName(d, name), value, Node{})
		}
	}
}

// collectMembers takes in the members of an object.
func (n *Normalizer) collectMembers(d *document, object int) {
	for i, end := object+1, d.tape.after(object); i < end; i = d.tape.next(i) {
		if d.tape.nodes[i].kind != String {
			continue
		}
		if value, ok := n.helperText(d, i+1); ok {
			n.add(n.helperName(d, i), value, Node{})
		}
	}
}

// changes writes ModifiedProperties, a list of {Name, OldValue, NewValue}. In
// records of mailboxes it is a list of names, which says no more than the
// original does.
func (n *Normalizer) changes(at int) {
	d := n.original()
	if d.tape.nodes[at].kind != Array {
		return
	}
	n.pairs.reset()
	for i, end := at+1, d.tape.after(at); i < end; i = d.tape.after(i) {
		name := d.lookup(i, "Name")
		if name == 0 {
			continue
		}
		before, _ := n.helperText(&d, d.lookup(i, "OldValue"))
		after, _ := n.helperText(&d, d.lookup(i, "NewValue"))
		n.add(n.helperName(&d, name), before, after)
	}
	n.writeChanges()
}

// helperText returns a value as a String that is not too long; a container as
// its JSON.
func (n *Normalizer) helperText(d *document, i int) (Node, bool) {
	if i == 0 {
		return Node{}, false
	}
	v, ok := Node{}, false
	switch node := d.tape.nodes[i]; {
	case node.kind == String && node.n > helperValue:
		return Node{}, false
	case node.kind != Array && node.kind != Object:
		v, ok = n.scalar(d, i)
	case node.n > 0 && node.span() <= helperValue: // each node is a byte of JSON at least
		at := len(n.layer.texts)
		n.layer.texts = d.record.appendValue(n.layer.texts, d.tape.nodes[i:d.tape.after(i)])
		v, ok = n.layer.since(at), true
	}
	if !ok || v.n > helperValue {
		return Node{}, false
	}
	return v, true
}

// helperName returns a name as the key that it becomes: what a sink may take
// for a path or cannot show is replaced by an underscore.
func (n *Normalizer) helperName(d *document, i int) Node {
	v := d.tape.nodes[i]
	if v.kind != String {
		v, _ = n.scalar(d, i)
		return v
	}
	text := d.text(v)
	if fits(text) {
		return n.adopt(d, v)
	}
	n.pairs.name = n.pairs.name[:0]
	for len(text) > 0 {
		c, size := utf8.DecodeRune(text)
		if unfit(c) {
			c = '_'
		}
		n.pairs.name = utf8.AppendRune(n.pairs.name, c)
		text = text[size:]
	}
	return n.ownName()
}

// fits reports whether text needs no look at its runes: it is ASCII, and none of
// it is unfit.
func fits(text []byte) bool {
	for _, c := range text {
		if c <= ' ' || c == '.' || c >= 0x7f {
			return false
		}
	}
	return true
}

// unfit reports whether a sign is not to stand in a key.
func unfit(c rune) bool { return c == '.' || unicode.IsSpace(c) || unicode.IsControl(c) }

// ownName makes a String of the layer of pairs.name.
func (n *Normalizer) ownName() Node {
	at := len(n.layer.texts)
	n.layer.texts = append(n.layer.texts, n.pairs.name...)
	return n.layer.since(at)
}

// pairs are the names and values of one helper object.
type pairs struct {
	list  []pair
	names int
	bytes int
	name  []byte // room for one
}

// pair is a name with its values: Value, or OldValue and NewValue. Those of one
// name form a chain.
type pair struct {
	name   Node
	values [2]Node
	again  bool  // the name was there before
	next   int32 // pair of the same name, 0 for none
	last   int32 // of the first one: the end of the chain
}

func (p *pairs) reset() {
	if cap(p.list) > keptNodes {
		p.list = nil
	}
	p.list, p.names, p.bytes = p.list[:0], 0, 0
}

// add takes in a pair that fits. A name without a value is none.
func (n *Normalizer) add(name, first, second Node) {
	p := &n.pairs
	size := int(name.n + first.n + second.n)
	if name.n == 0 || size == int(name.n) || p.bytes+size > helperBytes {
		return
	}
	at := int32(len(p.list)) //nolint:gosec // at most helperBytes
	earlier := n.sameName(name)
	switch {
	case earlier >= 0:
		p.list[p.list[earlier].last].next = at
		p.list[earlier].last = at
	case p.names == helperNames:
		return
	default:
		p.names++
	}
	p.bytes += size
	p.list = append(p.list, pair{name: name, values: [2]Node{first, second}, again: earlier >= 0, last: at})
}

// sameName returns the first pair of that name, or -1.
func (n *Normalizer) sameName(name Node) int {
	for i := range n.pairs.list {
		q := &n.pairs.list[i]
		if !q.again && q.name.n == name.n && bytes.Equal(n.str(q.name), n.str(name)) {
			return i
		}
	}
	return -1
}

// writePairs writes name→value, name→[values] where a name came again.
func (n *Normalizer) writePairs(helper string) {
	n.writeNames(helper, func(n *Normalizer, p *pair) { n.layer.value(p.values[0]) })
}

// writeChanges writes name→{OldValue, NewValue} of modified properties.
func (n *Normalizer) writeChanges() {
	n.writeNames(helperChanges, func(n *Normalizer, p *pair) {
		l := &n.layer
		l.open()
		for k, key := range [...]string{"OldValue", "NewValue"} {
			if p.values[k].kind == String {
				l.member(key, p.values[k])
			}
		}
		l.close()
	})
}

// writeNames writes the object of all names, by what writes the value of one
// pair; a name that came again has the list of its values.
func (n *Normalizer) writeNames(helper string, value func(*Normalizer, *pair)) {
	l, list := &n.layer, n.pairs.list
	l.key(helper)
	l.open()
	for i := range list {
		p := &list[i]
		if p.again {
			continue
		}
		l.item()
		l.value(p.name)
		if p.next == 0 {
			value(n, p)
			continue
		}
		l.list()
		for k := i; ; k = int(list[k].next) {
			l.item()
			value(n, &list[k])
			if list[k].next == 0 {
				break
			}
		}
		l.close()
	}
	l.shut()
}
