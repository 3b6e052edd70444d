package normalize

import (
	"bytes"
	"errors"
	"io"
)

const (
	// firstBuffer holds some fifty records of the usual 1.3 KB.
	firstBuffer = 64 << 10
	// keptBuffer is the largest buffer, and keptNodes the most nodes, that outlive
	// what made them so large.
	keptBuffer = 1 << 20
	keptNodes  = keptBuffer / 16
	// cutText is how much is kept of a text that is too long (less where even
	// the limit is less).
	cutText = 64 << 10
	// textInError is how much of a body that is no blob is shown.
	textInError = 200
)

// Raw is one element of a blob.
type Raw struct {
	Bytes    []byte // JSON text of the element, or the text that is no record, cut to 64 KB when it is too long
	Position int    // index of the element in the blob, from 0
	Length   int64  // bytes of the element in the blob; more than len(Bytes) only where the text was cut
	Err      error  // nil, or why the text is not a record: a *RecordError

	tape *tape // the element as the Splitter parsed it
}

// Splitter reads blobs, streams of bytes, and gives one raw record at a time. It
// holds the record in hand, whatever was read behind it, and no more.
//
// A blob is a JSON array of objects, with or without a byte order mark, or one
// bare object. A text inside it that is no record comes out as a Raw with Err
// set, and every element counts in Position. What follows a text that is not
// even JSON is found by this rule: the next record starts at whichever comes
// first,
//
//   - where the brackets outside strings, followed from the start of the bad
//     text, leave none open: behind a comma or closing bracket that has a {
//     after it, or at the ] that ends the blob;
//   - the first { behind the start of the bad text at which a whole, valid
//     object starts that has at least three of the fields that every record has
//     (Id, RecordType, CreationTime, Operation, Workload, UserType,
//     OrganizationId) and a comma or ] behind it.
//
// All in between is the bad text. So a byte that is wrong costs its own record;
// where it destroys a quote or a bracket, records behind it that have no such
// fields may become part of the text, never part of another record. Beyond
// maxRecordBytes of bad text only the second half of the rule applies. Missing
// and surplus commas between elements are forgiven, and a bracket before a record
// is a bad text of its own.
type Splitter struct {
	r   io.Reader
	max int

	buf     []byte // buf[at:end] is not yet given out; buf[end] is 0, for the parser
	at, end int
	readErr error // from the reader, met when the buffer is used up

	position int
	state    splitState
	err      error // final: what Next returns from now on
	tape     tape
	cut      []byte // beginning of a text that is too long
}

type splitState uint8

const (
	atStart   splitState = iota // nothing read yet
	inArray                     // behind [
	inObjects                   // the blob is a bare object: no bracket to wait for
	atEnd                       // behind the last ]
)

// NewSplitter returns a Splitter of r. An element of more than maxRecordBytes is
// not read into memory but comes out cut; less than 1 means 4 MiB.
func NewSplitter(r io.Reader, maxRecordBytes int) *Splitter {
	if maxRecordBytes < 1 {
		maxRecordBytes = 4 << 20
	}
	s := &Splitter{max: min(maxRecordBytes, maxTextBytes)}
	s.Reset(r)
	return s
}

// Reset turns s to the next blob. It keeps its memory, unless a very long record
// made that large.
func (s *Splitter) Reset(r io.Reader) {
	if len(s.buf) == 0 || len(s.buf) > keptBuffer {
		s.buf = make([]byte, firstBuffer)
		s.cut = nil
	}
	if cap(s.tape.nodes) > keptNodes || cap(s.tape.decoded) > keptBuffer {
		s.tape = tape{}
	}
	*s = Splitter{r: r, max: s.max, buf: s.buf, tape: s.tape, cut: s.cut}
	s.buf[0] = 0
}

// Next returns the next element of the blob, valid until the Next after it. When
// there is none it returns
//
//   - io.EOF: the blob was complete;
//   - io.ErrUnexpectedEOF: the blob ended too early; all whole elements came out;
//   - a *BlobError: the body is no blob (empty, HTML, an error object, …), or
//     something other than a record follows the end of the array;
//   - the reader's own error.
//
// It returns the same error ever after.
func (s *Splitter) Next() (Raw, error) {
	if s.err != nil {
		return Raw{}, s.err
	}
	raw, err := s.next()
	if err != nil {
		s.err = err
		return Raw{}, err
	}
	raw.Position = s.position
	s.position++
	return raw, nil
}

func (s *Splitter) next() (Raw, error) {
	switch s.state {
	case atStart:
		if raw, done, err := s.open(); done || err != nil {
			return raw, err
		}
	case atEnd:
		return Raw{}, s.readErr
	}
	for {
		c, err := s.peek()
		if err != nil {
			return Raw{}, err
		}
		switch c {
		case ',':
			s.at++
		case ']':
			return s.close()
		default:
			return s.element()
		}
	}
}

// open looks at the beginning of the body; done when it is a bare object.
func (s *Splitter) open() (raw Raw, done bool, err error) {
	for s.end < 3 && s.fill() {
	}
	if bytes.HasPrefix(s.buf[:s.end], []byte("\xef\xbb\xbf")) {
		s.at = 3
	}
	for s.at = space(s.buf, s.at); s.at == s.end; s.at = space(s.buf, s.at) {
		if !s.fill() {
			return Raw{}, false, s.nothing()
		}
	}
	switch s.buf[s.at] {
	case '[':
		s.at++
		s.state = inArray
		return Raw{}, false, nil
	case '{':
		s.state = inObjects
		raw, err = s.bare()
		return raw, true, err
	default:
		return Raw{}, false, s.noBlob("the body is neither an array nor an object")
	}
}

// nothing is the error of a body without text.
func (s *Splitter) nothing() error {
	if !errors.Is(s.readErr, io.EOF) {
		return s.readErr
	}
	return &BlobError{Message: "the body is empty"}
}

// noBlob makes the error of a body that is something else, showing where it
// starts to be.
func (s *Splitter) noBlob(message string) error {
	for s.end-s.at < textInError && s.fill() {
	}
	return &BlobError{Message: message, Text: printable(s.buf[s.at:s.end])}
}

// bare reads a body that is one object: a record, or the service's error.
func (s *Splitter) bare() (Raw, error) {
	n, err := s.parse()
	switch {
	case err != nil:
		return Raw{}, err
	case n < 0 && s.tape.ended(s.buf[s.at:s.end+1]):
		return s.tooLong()
	case n < 0:
		return Raw{}, s.noBlob("the body is no JSON")
	}
	text := s.buf[s.at : s.at+n]
	if e := serviceError(&s.tape, text); e != nil {
		return Raw{}, e
	}
	return s.give(n, nil), nil
}

// peek returns the next byte that is not white space.
func (s *Splitter) peek() (byte, error) {
	for {
		s.at = space(s.buf, s.at)
		if s.at < s.end {
			return s.buf[s.at], nil
		}
		if s.fill() {
			continue
		}
		if s.state == inObjects && errors.Is(s.readErr, io.EOF) {
			return 0, io.EOF
		}
		return 0, s.truncated()
	}
}

// truncated is the error of a blob that ends before its end.
func (s *Splitter) truncated() error {
	if errors.Is(s.readErr, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return s.readErr
}

// element reads the element at buf[at].
func (s *Splitter) element() (Raw, error) {
	if s.strayBracket() {
		return s.malformed(&RecordError{Kind: KindSyntax, Message: "opening bracket before a record"})
	}
	n, err := s.parse()
	if err != nil {
		return Raw{}, err
	}
	if n < 0 {
		if s.tape.ended(s.buf[s.at : s.end+1]) {
			return s.tooLong()
		}
		return s.malformed(&RecordError{Kind: KindSyntax, Message: s.tape.wrong, Offset: int64(s.tape.position)})
	}
	if s.tape.nodes[0].kind == Object {
		return s.give(n, nil), nil
	}
	// A scalar is one only if it ends like one: 12 in 12abc is none.
	if n, err = s.follow(n); err != nil {
		return Raw{}, err
	}
	if n < 0 {
		return s.malformed(&RecordError{Kind: KindSyntax, Message: "expected a comma between records", Offset: int64(-n)})
	}
	return s.give(n, &RecordError{Kind: KindNotObject, Message: "a record is an object, this is not"}), nil
}

// parse parses the element at buf[at], and reads on until it is whole or wrong.
// When there is more of it than may be, it returns -1 and the tape has ended.
func (s *Splitter) parse() (int, error) {
	for {
		text := s.buf[s.at : s.end+1]
		n := s.tape.parse(text)
		switch {
		case n >= 0 && n <= s.max && !s.mayGoOn(n):
			return n, nil
		case n < 0 && !s.tape.ended(text) && s.tape.position <= s.max:
			return n, nil
		case s.end-s.at > s.max:
			s.tape.position = s.end - s.at // whatever is wrong behind the limit
			return -1, nil
		case !s.fill():
			return 0, s.truncated()
		}
	}
}

// mayGoOn reports whether an element of n bytes is a number that ends where the
// buffer ends: the next byte may be another digit.
func (s *Splitter) mayGoOn(n int) bool {
	return s.at+n == s.end && s.readErr == nil && '0' <= s.buf[s.end-1] && s.buf[s.end-1] <= '9'
}

// follow returns n when a comma or a closing bracket comes after the first n
// bytes of the element, else minus the offset of what comes instead.
func (s *Splitter) follow(n int) (int, error) {
	for {
		i := space(s.buf, s.at+n)
		switch {
		case i == s.end:
			if !s.fill() {
				return 0, s.truncated()
			}
		case s.buf[i] == ',' || s.buf[i] == ']':
			return n, nil
		default:
			return s.at - i, nil
		}
	}
}

// give hands out the first n bytes as one element.
func (s *Splitter) give(n int, err error) Raw {
	raw := Raw{Bytes: s.buf[s.at : s.at+n], Length: int64(n), Err: err}
	if err == nil {
		raw.tape = &s.tape
	}
	s.at += n
	return raw
}

// close ends the blob at a closing bracket, if it is the last.
func (s *Splitter) close() (Raw, error) {
	for space(s.buf, s.at+1) == s.end && s.state == inArray {
		if !s.fill() {
			s.state = atEnd
			return Raw{}, s.readErr // io.EOF when all is well
		}
	}
	return s.beyond()
}

// beyond deals with text behind the closing bracket: when a record comes in it,
// then the bracket was not meant to be one, else the blob is at its end.
func (s *Splitter) beyond() (Raw, error) {
	e := s.noBlob("the array is followed by something else")
	raw, err := s.malformed(&RecordError{Kind: KindSyntax, Message: "closing bracket before the end of the blob"})
	if s.state == atEnd || errors.Is(err, io.ErrUnexpectedEOF) {
		return Raw{}, e
	}
	return raw, err
}

// fill reads more, and moves buf[at:end] when that makes room. It returns false
// when there is no more to be had.
func (s *Splitter) fill() bool {
	if s.readErr != nil {
		return false
	}
	if s.at > 0 {
		s.end = copy(s.buf, s.buf[s.at:s.end])
		s.at = 0
	}
	if s.end >= len(s.buf)-1 {
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	before := s.end
	// All the room is used before anything is parsed again, so that a long
	// record, of which the parser starts anew, is parsed a few times and no more.
	for idle := 0; s.end < len(s.buf)-1 && s.readErr == nil; {
		n, err := s.r.Read(s.buf[s.end : len(s.buf)-1])
		s.end += n
		s.readErr = err
		if idle++; n > 0 {
			idle = 0
		}
		if idle == 100 { // as bufio does
			s.readErr = io.ErrNoProgress
		}
	}
	s.buf[s.end] = 0
	return s.end > before
}
