package normalize

import (
	"errors"
	"io"
	"math"

	jsoniter "github.com/json-iterator/go"
)

// number appends the number at b[i]. The grammar is checked here, for
// json-iterator takes 01, 1. and a lone minus. Integers stay integers: exact as
// int64, beyond that their digits as a String; -0 is 0. Any other number is a
// Float, or its text where it is beyond float64.
func (t *tape) number(b []byte, i int) int {
	start := i
	negative := b[i] == '-'
	if negative {
		i++
	}
	digits := i
	var u uint64
	for ; '0' <= b[i] && b[i] <= '9'; i++ {
		u = u*10 + uint64(b[i]-'0')
	}
	if i == digits {
		return t.fail(i, "expected a value")
	}
	if b[digits] == '0' && i > digits+1 {
		return t.fail(digits+1, "number with a leading zero")
	}
	if c := b[i]; c == '.' || c == 'e' || c == 'E' {
		return t.float(b, start, i)
	}
	switch {
	case i-digits > 19 || (i-digits == 19 && u > math.MaxInt64 && (!negative || u > 1<<63)):
		t.nodes = append(t.nodes, stringNode(fromRaw, start, i-start))
	case negative:
		t.nodes = append(t.nodes, Node{kind: Int, v: -u})
	default:
		t.nodes = append(t.nodes, Node{kind: Int, v: u})
	}
	return i
}

// float appends the number at b[start], whose integer part ends at b[i].
func (t *tape) float(b []byte, start, i int) int {
	if b[i] == '.' {
		first := i + 1
		if i = digits(b, first); i == first {
			return t.fail(i, "expected a digit after the decimal point")
		}
	}
	if b[i] == 'e' || b[i] == 'E' {
		if i++; b[i] == '+' || b[i] == '-' {
			i++
		}
		first := i
		if i = digits(b, first); i == first {
			return t.fail(i, "expected a digit in the exponent")
		}
	}
	if f, ok := readFloat(b[start:i]); ok {
		t.nodes = append(t.nodes, floatNode(f))
	} else {
		t.nodes = append(t.nodes, stringNode(fromRaw, start, i-start))
	}
	return i
}

// digits returns the first position from i on that is no decimal digit.
func digits(b []byte, i int) int {
	for '0' <= b[i] && b[i] <= '9' {
		i++
	}
	return i
}

// readFloat reads a number whose form is known to be good; false when it is
// beyond float64.
func readFloat(text []byte) (float64, bool) {
	iter := jsoniter.ConfigDefault.BorrowIterator(text)
	defer jsoniter.ConfigDefault.ReturnIterator(iter)
	f := iter.ReadFloat64()
	ok := iter.Error == nil || errors.Is(iter.Error, io.EOF) // io.EOF: the number is all there is
	return f, ok && !math.IsInf(f, 0)
}
