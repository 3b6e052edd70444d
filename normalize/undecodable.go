package normalize

import (
	"errors"
	"unicode/utf8"
)

// undecodable is a text that is no record.
type undecodable struct {
	raw   Raw
	src   Source
	cause error
}

// kind returns what is wrong with the text.
func (u *undecodable) kind() ErrorKind {
	if e := (*RecordError)(nil); errors.As(u.cause, &e) {
		return e.Kind
	}
	return KindSyntax
}

// writeUndecodable writes what a text that is no record gets instead of fields.
func (n *Normalizer) writeUndecodable(u undecodable) {
	l := &n.layer
	l.key(keyError)
	l.open()
	l.word("type", string(u.kind()))
	l.key("message")
	l.text([]byte(u.cause.Error()))
	l.close()
	l.key(keyEvent)
	l.open()
	l.key("original")
	n.undecoded(u.raw.Bytes)
	l.close()
	l.key(keyOffice365)
	l.open()
	n.place(u)
	l.close()
}

// place writes where the text was.
func (n *Normalizer) place(u undecodable) {
	l := &n.layer
	l.key("content_id")
	l.text([]byte(u.src.ContentID))
	l.member("position", intNode(int64(u.raw.Position)))
	l.member("length", intNode(u.raw.Length))
}

// undecoded appends the text as a value. It is no longer than it came, or than
// cutText, where the marks for bytes that are not UTF-8 would make it so.
func (n *Normalizer) undecoded(text []byte) {
	if n.options.Redact {
		text = redactedText(text)
	}
	n.layer.text(text)
	n.layer.cutLast(max(len(text), cutText))
}

// cutLast shortens the text appended last to at most so many bytes.
func (l *layer) cutLast(most int) {
	last := &l.nodes[len(l.nodes)-1]
	if int(last.n) <= most {
		return
	}
	text := l.texts[last.v : last.v+uint64(last.n)]
	for !utf8.RuneStart(text[most]) {
		most--
	}
	last.n = uint32(most) //nolint:gosec // less than it was
}
