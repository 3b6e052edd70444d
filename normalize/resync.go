package normalize

import "bytes"

// triesPerByte bounds what looking for the next record may cost: objects inside
// objects would else be parsed once per level.
const (
	triesPerByte = 16
	leastTries   = 1 << 20
)

// lookAhead is how far behind an element the next one is looked for.
const lookAhead = 64

// search is the state of one hunt for the next record.
type search struct {
	tried   int   // no record starts in the first tried bytes of the text
	budget  int   // bytes that may still be parsed in vain
	dropped int64 // bytes of the text that are no longer held
}

// malformed gives the text from buf[at] to the next record, by the rule in the
// comment of Splitter. When there is no next record, the text reaches to the
// bracket that ends the blob.
func (s *Splitter) malformed(cause *RecordError) (Raw, error) {
	q := search{tried: 1, budget: max(triesPerByte*s.max, leastTries)}
	for {
		if n, found := s.boundary(&q); found {
			return s.bad(&q, n, cause), nil
		}
		if s.end-s.at > s.max+lookAhead {
			s.drop(&q)
		}
		if s.fill() {
			continue
		}
		if n, ok := s.lastBracket(); ok {
			raw := s.bad(&q, n, cause)
			s.at, s.state = s.end, atEnd
			return raw, nil
		}
		if s.state == inObjects {
			return Raw{}, s.noBlob("the object is followed by something else")
		}
		return Raw{}, s.truncated()
	}
}

// strayBracket reports whether the element at buf[at] is an array that starts
// with a record: one bracket too many, behind which the rest of the blob would
// else be items of this one element.
func (s *Splitter) strayBracket() bool {
	if s.buf[s.at] != '[' {
		return false
	}
	for q := (search{budget: s.max}); ; {
		i := space(s.buf, s.at+1)
		if i < s.end && s.buf[i] != '{' {
			return false
		}
		if i < s.end {
			if isRecord, known := s.try(&q, s.buf[i:s.end+1]); known || isRecord {
				return isRecord
			}
		}
		if s.end-i > s.max || !s.fill() {
			return false
		}
	}
}

// boundary finds where the bad text ends, as far as what is held can tell.
func (s *Splitter) boundary(q *search) (end int, found bool) {
	text := s.buf[s.at : s.end+1]
	limit, closed := len(text)-1, -1
	if q.dropped == 0 {
		if closed = closing(text, s.readErr != nil); closed > s.max {
			closed = -1
		}
		if closed >= 0 {
			limit = closed
		}
	}
	for q.tried < limit {
		i := bytes.IndexByte(text[q.tried:limit], '{')
		if i < 0 {
			q.tried = limit
			break
		}
		q.tried += i
		isRecord, known := s.try(q, text[q.tried:])
		if isRecord {
			return q.tried, true
		}
		if !known {
			if s.readErr == nil && len(text)-1-q.tried <= s.max+lookAhead {
				return 0, false
			}
			q.budget -= len(text) - q.tried
		}
		q.tried++
	}
	return closed, closed >= 0
}

// try reports whether a record starts at text[0], and whether that is known.
func (s *Splitter) try(q *search, text []byte) (isRecord, known bool) {
	i := space(text, 1)
	if text[i] != '"' {
		return false, i < len(text)-1
	}
	if q.budget < 0 {
		return false, true
	}
	n := s.tape.parse(text)
	if n < 0 && s.tape.ended(text) {
		return false, false
	}
	q.budget -= max(n, s.tape.position)
	if n < 0 || n > s.max || !s.tape.looksLikeRecord() {
		return false, true
	}
	i = space(text, n)
	atEnd := i == len(text)-1
	return text[i] == ',' || text[i] == ']' || (atEnd && s.readErr != nil), !atEnd || i > n+lookAhead
}

// bad hands out the first n bytes held, and what was dropped before them, as the
// text of one element.
func (s *Splitter) bad(q *search, n int, cause *RecordError) Raw {
	text := bytes.TrimRight(s.buf[s.at:s.at+n], ", \t\r\n")
	raw := Raw{Bytes: text, Length: q.dropped + int64(len(text)), Err: cause}
	if q.dropped > 0 {
		raw.Bytes = s.cut[:min(int64(len(s.cut)), raw.Length)]
	} else if len(text) > s.max {
		raw.Bytes = text[:s.cutBytes()]
	}
	s.at += n
	return raw
}

// drop lets go of bad text in which no record starts, but for its beginning and
// its end, where a comma or the end of the blob may be.
func (s *Splitter) drop(q *search) {
	if q.dropped == 0 {
		s.cut = append(s.cut[:0], s.buf[s.at:s.at+s.cutBytes()]...)
	}
	n := max(0, q.tried-lookAhead)
	s.at += n
	q.dropped += int64(n)
	q.tried -= n
}

// cutBytes is how much is kept of a text that is longer than max.
func (s *Splitter) cutBytes() int { return min(cutText, s.max) }

// lastBracket finds the bracket that ends the blob, when one does.
func (s *Splitter) lastBracket() (n int, ok bool) {
	text := bytes.TrimRight(s.buf[s.at:s.end], " \t\r\n")
	if s.state != inArray || !bytes.HasSuffix(text, []byte("]")) {
		return 0, false
	}
	return len(text) - 1, true
}

// closing follows brackets outside strings to the end of the bad text at text[0]:
// the comma or closing bracket where none is open and an object follows, or the
// end of a blob that is known to end there. Where the text closes more than it
// opened, it starts inside a record, and only the lowest level so far can be that
// of records. It returns -1 when there is no such place.
func closing(text []byte, final bool) int {
	depth, lowest := 0, 0
	for i := 0; i < len(text)-1; i++ {
		switch text[i] {
		case '"':
			if i = stringEnd(text, i+1); i < 0 {
				return -1
			}
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			lowest = min(lowest, depth)
			if depth == lowest && (objectFollows(text, i+1) || blobEnds(text, i+1, final)) {
				return i + 1
			}
		case ',':
			if depth == lowest && i > 0 && objectFollows(text, i+1) {
				return i
			}
		}
	}
	return -1
}

// stringEnd returns the quote that ends the string whose text starts at i.
func stringEnd(text []byte, i int) int {
	for ; i < len(text)-1; i++ {
		switch text[i] {
		case '"':
			return i
		case '\\':
			i++
		}
	}
	return -1
}

// objectFollows reports whether an object starts at, or soon after, text[end].
func objectFollows(text []byte, end int) bool {
	i := space(text, end)
	return text[i] == '{' && i-end < lookAhead
}

// blobEnds reports whether nothing but the last bracket comes after text[end].
func blobEnds(text []byte, end int, final bool) bool {
	i := space(text, end)
	return text[i] == ']' && final && space(text, i+1) == len(text)-1
}

// tooLong passes over the element at buf[at] without holding it, and gives its
// beginning and its length. What is wrong inside it goes unnoticed.
func (s *Splitter) tooLong() (Raw, error) {
	s.cut = append(s.cut[:0], s.buf[s.at:s.at+s.cutBytes()]...)
	raw := Raw{Bytes: s.cut, Err: &RecordError{Kind: KindTooLong, Message: "longer than the limit for a record"}}
	var f follower
	for {
		n, done := f.feed(s.buf[s.at:s.end])
		s.at += n
		raw.Length += int64(n)
		if done {
			return raw, nil
		}
		if !s.fill() {
			return Raw{}, s.truncated()
		}
	}
}

// follower finds the end of one element in pieces of text.
type follower struct {
	depth             int
	inString, escaped bool
}

// feed takes the next piece, and returns how much of it belongs to the element
// and whether it ends there.
func (f *follower) feed(text []byte) (n int, done bool) {
	for i, c := range text {
		switch {
		case f.escaped:
			f.escaped = false
		case f.inString:
			f.escaped = c == '\\'
			if f.inString = c != '"'; !f.inString && f.depth == 0 {
				return i + 1, true
			}
		case c == '"':
			f.inString = true
		case c == '{' || c == '[':
			f.depth++
		case f.depth == 0 && (c == ',' || c == '}' || c == ']' || c <= ' '): // behind a number
			return i, true
		case c == '}' || c == ']':
			if f.depth--; f.depth == 0 {
				return i + 1, true
			}
		}
	}
	return len(text), false
}

// serviceError returns the error that a body, one object, is instead of a
// record: the service's {"error": {"code": …, "message": …}}, the same in one
// level, {"Message": …}, which its gateway sends, or an object of nothing.
func serviceError(t *tape, text []byte) *BlobError {
	if t.nodes[0].n == 0 {
		return &BlobError{Message: "the body is an empty object"}
	}
	if t.fields[fieldID] != 0 || t.looksLikeRecord() {
		return nil
	}
	say := func(object int, key string) string {
		i := t.lookup(text, object, key)
		if i == 0 {
			return ""
		}
		return printable(t.appendText(nil, text, t.nodes[i]))
	}
	if e := t.lookup(text, 0, "error"); e != 0 {
		if t.nodes[e].kind != Object {
			return &BlobError{Code: say(0, "error"), Message: say(0, "error_description"), Text: printable(text)}
		}
		if code := say(e, "code"); code != "" {
			return &BlobError{Code: code, Message: say(e, "message"), Text: printable(text)}
		}
	}
	if message := say(0, "Message"); message != "" && t.nodes[0].n == 1 {
		return &BlobError{Message: message, Text: printable(text)}
	}
	return nil
}
