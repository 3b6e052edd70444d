package normalize

import "unicode/utf8"

// originalText returns the record in hand as JSON text: as it came, or, where
// values of it are masked, written anew.
func (n *Normalizer) originalText() Node {
	r, l := &n.record, &n.layer
	text := r.texts[fromRaw][:r.length]
	if !n.options.Redact && utf8.Valid(text) {
		return stringNode(fromRaw, 0, len(text))
	}
	at := len(l.texts)
	if n.options.Redact {
		l.texts = r.appendValue(l.texts, r.tape.nodes)
	} else {
		l.texts = appendValid(l.texts, text)
	}
	return l.since(at)
}

// originals moves the members of the original record from the top to the open
// object, which is so many levels inside of the record. What nests too deep by that
// is kept as its JSON text, as the parser does with what comes deeper than MaxDepth.
func (n *Normalizer) originals(levels int) {
	t, l := n.record.tape, &n.layer
	n.record.original = nil
	l.nodes[l.stack[l.depth-1]].n += t.nodes[0].n
	if t.deepest+levels <= MaxDepth {
		l.values(t.nodes[1:])
		return
	}
	for i := 1; i < len(t.nodes); {
		if t.nodes[i].kind != Gone { // which does not count
			l.value(t.nodes[i])
			n.shallow(i+1, 2+levels)
		}
		i = t.next(i)
	}
}

// shallow appends the value at nodes[i] of the record, which goes to that depth.
func (n *Normalizer) shallow(i, depth int) {
	t, l := n.record.tape, &n.layer
	v := t.nodes[i]
	if v.kind != Object && v.kind != Array {
		l.value(v)
		return
	}
	if depth > MaxDepth {
		at := len(l.texts)
		l.texts = n.record.appendValue(l.texts, t.nodes[i:t.after(i)])
		l.value(l.since(at))
		return
	}
	at := len(l.nodes)
	l.value(v)
	for k, end := i+1, t.after(i); k < end; {
		switch {
		case t.nodes[k].kind == Gone: // it does not count, so it can stay away
			k = t.next(k)
		case v.kind == Object:
			l.value(t.nodes[k])
			n.shallow(k+1, depth+1)
			k = t.next(k)
		default:
			n.shallow(k, depth+1)
			k = t.after(k)
		}
	}
	l.nodes[at].v = uint64(len(l.nodes) - at - 1) //nolint:gosec // not negative
}
