package normalize

import "math"

// Kind says what a Node is.
type Kind uint8

// The kinds of node. Gone is a member that does not count: a key that comes
// again later in the same object.
const (
	Null Kind = iota
	False
	True
	Int
	Float
	String
	Array
	Object
	Gone
)

// Node is one value, or one key, of a Record. The nodes of a value follow each
// other in document order: an Array is followed by its items, an Object by its
// members, each a String and then its value. Nothing points anywhere else, so a
// run of nodes can be copied to another place as it is.
type Node struct {
	kind Kind
	src  source
	n    uint32 // String: bytes; Array, Object: members; Gone: nodes after it that go with it
	v    uint64 // Int, Float: the bits; String: offset in its source; Array, Object: nodes after it that belong to it
}

// source tells which of a Record's texts a String lies in.
type source uint8

const (
	fromRaw     source = iota // the bytes of the blob
	fromDecoded               // what the parser wrote: strings with escapes or broken UTF-8
	fromLayer                 // what we wrote
	sources
)

// Kind returns what n is.
func (n Node) Kind() Kind { return n.kind }

// Len returns the bytes of a String, the members of an Array or Object that
// count, or, for Gone, how many nodes after n are to be passed over with it.
func (n Node) Len() int { return int(n.n) }

// Int returns the value of an Int.
func (n Node) Int() int64 { return int64(n.v) } //nolint:gosec // the bits of an int64, stored by intNode

// Float returns the value of a Float.
func (n Node) Float() float64 { return math.Float64frombits(n.v) }

// span returns how many nodes after n belong to it.
func (n Node) span() int {
	switch n.kind {
	case Array, Object:
		return int(n.v) //nolint:gosec // a count of nodes in memory
	case Gone:
		return int(n.n)
	default:
		return 0
	}
}

func intNode(i int64) Node { return Node{kind: Int, v: uint64(i)} } //nolint:gosec // bits, see Int

func floatNode(f float64) Node { return Node{kind: Float, v: math.Float64bits(f)} }

func boolNode(b bool) Node {
	if b {
		return Node{kind: True}
	}
	return Node{kind: False}
}

// cut returns text[from:to] of a String.
func (n Node) cut(from, to int) Node {
	return stringNode(n.src, int(n.v)+from, to-from) //nolint:gosec // texts are at most maxTextBytes long
}

func stringNode(src source, offset, length int) Node {
	return Node{kind: String, src: src, n: uint32(length), v: uint64(offset)} //nolint:gosec // texts are at most maxTextBytes long
}
