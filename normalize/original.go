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
