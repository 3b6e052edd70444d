package normalize

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// maxTextBytes is the most that the offsets of a Node are trusted with; a record
// is cut long before.
const maxTextBytes = 1 << 30

const (
	eachByte  = 0x0101010101010101
	highBits  = 0x80 * eachByte
	quotes    = '"' * eachByte
	slashes   = '\\' * eachByte
	firstText = ' ' * eachByte // below it: control characters, which JSON wants escaped
)

// stops marks, with the high bit of its byte, the first of eight bytes that is a
// quote, a backslash or a control character; marks after the first may be false.
func stops(x uint64) uint64 {
	q, s := x^quotes, x^slashes
	return ((q-eachByte)&^q | (s-eachByte)&^s | (x-firstText)&^x) & highBits
}

// text appends the string that starts with the quote at b[i], and returns where
// it ends. Strings that need no work, nearly all, stay where they are.
func (t *tape) text(b []byte, i int) int {
	start := i + 1
	i = start
	var high uint64
	for i+8 <= len(b) {
		x := binary.LittleEndian.Uint64(b[i:])
		m := stops(x)
		if m != 0 {
			n := bits.TrailingZeros64(m) &^ 7
			high |= x & (1<<n - 1)
			i += n >> 3
			break
		}
		high |= x
		i += 8
	}
	// Near the end of b the last bytes go one by one, up to the 0 at its end.
	for ; b[i] != '"' && b[i] != '\\' && b[i] >= ' '; i++ {
		high |= uint64(b[i])
	}
	if b[i] == '"' {
		if high&highBits == 0 || utf8.Valid(b[start:i]) {
			t.nodes = append(t.nodes, stringNode(fromRaw, start, i-start))
		} else {
			t.keep(b, start, i)
		}
		return i + 1
	}
	return t.escaped(b, start, i)
}

// keep appends b[start:end] as a String, made valid UTF-8 where it is not.
func (t *tape) keep(b []byte, start, end int) {
	if utf8.Valid(b[start:end]) {
		t.nodes = append(t.nodes, stringNode(fromRaw, start, end-start))
		return
	}
	at := len(t.decoded)
	t.decoded = appendValid(t.decoded, b[start:end])
	t.nodes = append(t.nodes, stringNode(fromDecoded, at, len(t.decoded)-at))
}

// escaped decodes a string that starts at b[start] and has its first escape, or
// something wrong, at b[i]. It is made valid at its end: an escape is whole
// characters, so bytes before and after it never belong together.
func (t *tape) escaped(b []byte, start, i int) int {
	at := len(t.decoded)
	t.decoded = append(t.decoded, b[start:i]...)
	for {
		switch b[i] {
		case '"':
			if text := t.decoded[at:]; !utf8.Valid(text) {
				t.decoded = appendValid(t.decoded[:at], bytes.Clone(text))
			}
			t.nodes = append(t.nodes, stringNode(fromDecoded, at, len(t.decoded)-at))
			return i + 1
		case '\\':
			if i = t.escape(b, i+1); i < 0 {
				return -1
			}
		default:
			return t.fail(i, "control character in a string")
		}
		i = t.plain(b, i)
	}
}

// plain decodes what stands from b[i] on up to a quote, a backslash or a control
// character, and returns where that is. It copies eight bytes whatever they are
// and then counts those that are plain: JSON in a string has an escape every few
// bytes, and a copy of a few bytes by itself costs more than they do.
func (t *tape) plain(b []byte, i int) int {
	for i+8 <= len(b) {
		x := binary.LittleEndian.Uint64(b[i:])
		n := len(t.decoded)
		t.decoded = binary.LittleEndian.AppendUint64(t.decoded, x)
		if m := stops(x); m != 0 {
			some := bits.TrailingZeros64(m) >> 3
			t.decoded = t.decoded[:n+some]
			return i + some
		}
		i += 8
	}
	for ; b[i] != '"' && b[i] != '\\' && b[i] >= ' '; i++ {
		t.decoded = append(t.decoded, b[i])
	}
	return i
}

// escape decodes one escape, of which b[i] is the byte after the backslash.
func (t *tape) escape(b []byte, i int) int {
	var c byte
	switch b[i] {
	case '"', '\\', '/':
		c = b[i]
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		return t.unicode(b, i+1)
	default:
		return t.fail(i, "unknown escape in a string")
	}
	t.decoded = append(t.decoded, c)
	return i + 1
}

// unicode decodes the four digits at b[i] and, when they are the first half of a
// pair, the escape after them. Half a pair becomes U+FFFD.
func (t *tape) unicode(b []byte, i int) int {
	r, bad := hex4(b, i)
	if bad >= 0 {
		return t.fail(bad, "expected four hexadecimal digits")
	}
	i += 4
	if utf16.IsSurrogate(r) {
		second := rune(utf8.RuneError)
		if b[i] == '\\' && b[i+1] == 'u' {
			second, bad = hex4(b, i+2)
		}
		// A bad second escape is found when it is read for itself.
		if r = utf16.DecodeRune(r, second); r != utf8.RuneError && bad < 0 {
			i += 6
		}
	}
	t.decoded = utf8.AppendRune(t.decoded, r)
	return i
}

// hex4 reads four hexadecimal digits, or returns the position of what is none.
func hex4(b []byte, i int) (r rune, bad int) {
	for end := i + 4; i < end; i++ {
		v, ok := hexValue(b[i])
		if !ok {
			return utf8.RuneError, i
		}
		r = r<<4 | rune(v)
	}
	return r, -1
}

// hexValue returns the value of a hexadecimal digit.
func hexValue(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	default:
		return 0, false
	}
}

// appendValid appends text, with U+FFFD for each byte that is not UTF-8.
func appendValid(dst, text []byte) []byte {
	if utf8.Valid(text) {
		return append(dst, text...)
	}
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		dst = utf8.AppendRune(dst, r)
		text = text[n:]
	}
	return dst
}

// printable makes one line of the first bytes of a text, for a log or an error.
func printable(text []byte) string {
	text = bytes.ToValidUTF8(text[:min(len(text), textInError)], []byte("?"))
	return string(bytes.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text))
}
