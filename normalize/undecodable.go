package normalize

import (
	"errors"
	"unicode/utf8"
)

// undecodable writes what a text that is no record gets instead of fields. The
// text is no longer than it came, or than cutText, where the marks for bytes that
// are not UTF-8 would make it so.
func (n *Normalizer) undecodable(raw Raw, src Source, cause error) {
	l := &n.layer
	kind := KindSyntax
	if e := (*RecordError)(nil); errors.As(cause, &e) {
		kind = e.Kind
	}
	l.key(keyError)
	l.open()
	l.word("type", string(kind))
	l.key("message")
	l.text([]byte(cause.Error()))
	l.close()
	text := raw.Bytes
	if n.options.Redact {
		text = redactedText(text)
	}
	l.key(keyEvent)
	l.open()
	l.key("original")
	l.text(text)
	l.cutLast(max(len(text), cutText))
	l.close()
	l.key(keyOffice365)
	l.open()
	l.key("content_id")
	l.text([]byte(src.ContentID))
	l.member("position", intNode(int64(raw.Position)))
	l.member("length", intNode(raw.Length))
	l.close()
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
