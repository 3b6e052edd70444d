package normalize

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// MaxDepth is how deep a value may nest before it is kept as its JSON text in a
// string; the record itself is depth 1. Fluent Bit reads events with msgpack-c,
// which refuses a container when as many as its stack holds are open, and then
// loses that record and the rest of its chunk without a word: 64 in Fluent Bit's
// own build (cmake/msgpack.cmake, read and measured with 5.1.1), 32 in
// distributions that link the system's msgpack-c. An event's array is the first
// open container and the record the second; the layer may put office365 around
// an original, and filters and outputs of the user wrap records too (nest, lua,
// forward). 22 leaves eight levels of 32 for all of them. The deepest record of
// the API that is known nests 9 deep.
const MaxDepth = 22

// manyMembers is the size of object from which keys are looked up in a map
// instead of one by one, so that a huge object costs no quadratic time.
const manyMembers = 64

// tape is a parsed JSON value: its nodes, and the text of those strings that are
// not in the blob as they should be. It is reused from value to value.
type tape struct {
	nodes   []Node
	decoded []byte
	fields  [fieldCount]int32 // index of the value of a known top-level field, 0 where absent
	initial initials          // of the top-level keys
	open    []byte            // of the containers deeper than MaxDepth: what closes each
	deepest int               // how deep the containers nest

	wrong    string // why parse failed
	position int    // where
}

// parse reads the one JSON value that starts at b[0]. The last byte of b is not
// part of the text: it must be 0, which no JSON has there, and spares the parser
// a look at the length at every byte. It returns the length of the value, or -1
// with t.wrong and t.position set; ended then tells whether the text was good as
// far as it goes.
//
// The grammar is RFC 8259 to the letter, as encoding/json has it, but for two
// things: broken UTF-8 and lone surrogates become U+FFFD, as there, and values
// nested deeper than MaxDepth stay text.
func (t *tape) parse(b []byte) int {
	t.nodes, t.decoded = t.nodes[:0], t.decoded[:0]
	t.fields, t.initial, t.deepest = [fieldCount]int32{}, 0, 0
	return t.value(b, 0, 1)
}

// ended reports whether parse failed for nothing but the end of b.
func (t *tape) ended(b []byte) bool { return t.position >= len(b)-1 }

// fail notes the first byte that fits nowhere.
func (t *tape) fail(i int, wrong string) int {
	t.position, t.wrong = i, wrong
	return -1
}

// value appends the nodes of the value at b[i], and returns where it ends.
func (t *tape) value(b []byte, i, depth int) int {
	switch b[i] {
	case '"':
		return t.text(b, i)
	case '{':
		if depth > MaxDepth {
			return t.deep(b, i)
		}
		return t.object(b, i, depth)
	case '[':
		if depth > MaxDepth {
			return t.deep(b, i)
		}
		return t.array(b, i, depth)
	case 't':
		return t.literal(b, i, "true", True)
	case 'f':
		return t.literal(b, i, "false", False)
	case 'n':
		return t.literal(b, i, "null", Null)
	default:
		return t.number(b, i)
	}
}

func (t *tape) literal(b []byte, i int, word string, kind Kind) int {
	for k := range len(word) {
		if b[i+k] != word[k] {
			return t.fail(i+k, "expected "+word)
		}
	}
	t.nodes = append(t.nodes, Node{kind: kind})
	return i + len(word)
}

func (t *tape) array(b []byte, i, depth int) int {
	at, n := len(t.nodes), 0
	t.deepest = max(t.deepest, depth)
	t.nodes = append(t.nodes, Node{kind: Array})
	if i = space(b, i+1); b[i] == ']' {
		return i + 1
	}
	for {
		if i = t.value(b, i, depth+1); i < 0 {
			return -1
		}
		n++
		i = space(b, i)
		switch b[i] {
		case ',':
			i = space(b, i+1)
		case ']':
			t.end(at, n)
			return i + 1
		default:
			return t.fail(i, "expected a comma or the end of the array")
		}
	}
}

func (t *tape) object(b []byte, i, depth int) int {
	at := len(t.nodes)
	t.deepest = max(t.deepest, depth)
	t.nodes = append(t.nodes, Node{kind: Object})
	if i = space(b, i+1); b[i] == '}' {
		return i + 1
	}
	keys := keySet{object: at}
	for {
		if b[i] != '"' {
			return t.fail(i, "expected a key")
		}
		if i = t.text(b, i); i < 0 {
			return -1
		}
		key := len(t.nodes) - 1
		t.enter(b, &keys, key, depth)
		if i = space(b, i); b[i] != ':' {
			return t.fail(i, "expected a colon")
		}
		if i = t.value(b, space(b, i+1), depth+1); i < 0 {
			return -1
		}
		i = space(b, i)
		switch b[i] {
		case ',':
			i = space(b, i+1)
		case '}':
			t.end(at, keys.n)
			return i + 1
		default:
			return t.fail(i, "expected a comma or the end of the object")
		}
	}
}

// end completes the container at nodes[at] when its last member is in.
func (t *tape) end(at, members int) {
	t.nodes[at].n = uint32(members)               //nolint:gosec // fewer than the bytes of a record
	t.nodes[at].v = uint64(len(t.nodes) - at - 1) //nolint:gosec // not negative
}

// space returns the first position from i on that is not white space.
func space(b []byte, i int) int {
	for b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t' {
		i++
	}
	return i
}

// initials is a set of first bytes of keys, by their lower six bits: enough to
// tell lower case from upper case.
type initials uint64

func (s *initials) add(key []byte) {
	if len(key) > 0 {
		*s |= 1 << (key[0] & 63)
	}
}

// keySet knows the keys of one object so far, to find those that come twice.
type keySet struct {
	object int              // node of the object
	n      int              // keys that count
	all    int              // keys, with those that came again
	seen   [4]uint64        // one bit per key that was there, by its hash
	index  map[string]int32 // once there are manyMembers: the node of each key
}

// enter counts the key at nodes[key], and lets go of an earlier member of the
// same key: the last one wins, in its own place.
func (t *tape) enter(b []byte, keys *keySet, key, depth int) {
	name := t.bytes(b, t.nodes[key])
	h := hash(name)
	word, bit := h>>62, uint64(1)<<(h>>56&63)
	keys.n++
	keys.all++
	if keys.seen[word]&bit != 0 || keys.index != nil {
		t.dropEarlier(b, keys, key, name)
	}
	keys.seen[word] |= bit
	if keys.all == manyMembers {
		t.indexKeys(b, keys, key)
	}
	if depth == 1 {
		t.initial.add(name)
		if f := fieldOf(name); f != noField {
			t.fields[f] = int32(key + 1) //nolint:gosec // fewer than the bytes of a record
		}
	}
}

// dropEarlier marks an earlier member of the same name as gone.
func (t *tape) dropEarlier(b []byte, keys *keySet, key int, name []byte) {
	if keys.index != nil {
		if earlier, ok := keys.index[string(name)]; ok {
			t.drop(keys, int(earlier))
		}
		keys.index[string(name)] = int32(key) //nolint:gosec // fewer than the bytes of a record
		return
	}
	for i := keys.object + 1; i < key; i = t.next(i) {
		if t.nodes[i].kind != Gone && bytes.Equal(t.bytes(b, t.nodes[i]), name) {
			t.drop(keys, i)
			return
		}
	}
}

func (t *tape) drop(keys *keySet, member int) {
	t.nodes[member] = Node{kind: Gone, n: uint32(1 + t.nodes[member+1].span())} //nolint:gosec // fewer than the bytes of a record
	keys.n--
}

func (t *tape) indexKeys(b []byte, keys *keySet, last int) {
	keys.index = make(map[string]int32, 2*manyMembers)
	for i := keys.object + 1; i < last; i = t.next(i) {
		if t.nodes[i].kind != Gone {
			keys.index[string(t.bytes(b, t.nodes[i]))] = int32(i) //nolint:gosec // fewer than the bytes of a record
		}
	}
	keys.index[string(t.bytes(b, t.nodes[last]))] = int32(last) //nolint:gosec // fewer than the bytes of a record
}

// next returns the member after the one whose key, or Gone, is at nodes[i].
func (t *tape) next(i int) int {
	if n := t.nodes[i]; n.kind == Gone {
		return i + 1 + int(n.n)
	}
	return i + 2 + t.nodes[i+1].span()
}

// bytes returns the text of a String.
func (t *tape) bytes(b []byte, n Node) []byte {
	if n.src == fromDecoded {
		b = t.decoded
	}
	return b[n.v : n.v+uint64(n.n)]
}

// hash spreads keys by their length, beginning and end. Keys of one hash cost
// time, no more.
func hash(key []byte) uint64 {
	n := len(key)
	h := uint64(n)
	if n >= 8 {
		h += binary.LittleEndian.Uint64(key) ^ bits.RotateLeft64(binary.LittleEndian.Uint64(key[n-8:]), 29)
	} else {
		for _, c := range key {
			h = h<<8 | uint64(c)
		}
	}
	return h * 0x9E3779B97F4A7C15 // 2^64 divided by the golden ratio, as in Fibonacci hashing
}

// deep passes over the container at b[i], which is nested deeper than MaxDepth,
// and keeps its text as one String. It does not recurse: a record of brackets
// alone must not grow the stack.
func (t *tape) deep(b []byte, i int) int {
	start, nodes, decoded := i, len(t.nodes), len(t.decoded)
	t.open = t.open[:0]
	for {
		if i = t.deepValue(b, i); i < 0 {
			return -1
		}
		t.nodes, t.decoded = t.nodes[:nodes], t.decoded[:decoded]
		if len(t.open) == 0 {
			break
		}
	}
	t.keep(b, start, i)
	return i
}

// deepValue goes from the start of a value to the start of the next, opening
// and closing containers on its way, or to the end of all.
func (t *tape) deepValue(b []byte, i int) int {
	switch c := b[i]; c {
	case '{', '[':
		closing := c + 2 // in ASCII the two brackets of a pair are two apart
		if i = space(b, i+1); b[i] == closing {
			i++
			break
		}
		t.open = append(t.open, closing)
		return t.deepKey(b, i)
	default:
		if i = t.value(b, i, 1); i < 0 { // a scalar: no deeper
			return -1
		}
	}
	for len(t.open) > 0 {
		i = space(b, i)
		switch last := len(t.open) - 1; b[i] {
		case ',':
			return t.deepKey(b, space(b, i+1))
		case t.open[last]:
			t.open = t.open[:last]
			i++
		default:
			return t.fail(i, "expected a comma or a closing bracket")
		}
	}
	return i
}

// deepKey passes over the key that stands before a value inside an object.
func (t *tape) deepKey(b []byte, i int) int {
	if t.open[len(t.open)-1] != '}' {
		return i
	}
	if b[i] != '"' {
		return t.fail(i, "expected a key")
	}
	if i = t.text(b, i); i < 0 {
		return -1
	}
	if i = space(b, i); b[i] != ':' {
		return t.fail(i, "expected a colon")
	}
	return space(b, i+1)
}
