package normalize

import (
	"math"
	"slices"
	"strconv"
)

// AppendJSON appends r as one JSON object without a line break, for people and
// tests to read. What goes to Fluent Bit is msgpack.
func (r *Record) AppendJSON(dst []byte) []byte {
	layer, original := r.Parts()
	dst = append(dst, '{')
	dst = r.appendMembers(dst, layer)
	start := len(dst)
	dst = r.appendMembers(dst, original)
	if len(layer) > 0 && len(dst) > start {
		dst = append(dst, 0)
		copy(dst[start+1:], dst[start:])
		dst[start] = ','
	}
	return append(dst, '}')
}

// appendMembers appends the members of an object, given their nodes.
func (r *Record) appendMembers(dst []byte, nodes []Node) []byte {
	first := true
	for i := 0; i < len(nodes); {
		if nodes[i].kind == Gone {
			i += 1 + nodes[i].span()
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = appendQuoted(dst, r.Text(nodes[i]))
		dst = append(dst, ':')
		end := i + 2 + nodes[i+1].span()
		dst = r.appendValue(dst, nodes[i+1:end])
		i = end
	}
	return dst
}

// appendValue appends the value at nodes[0].
func (r *Record) appendValue(dst []byte, nodes []Node) []byte {
	switch n := nodes[0]; n.kind {
	case Object:
		dst = r.appendMembers(append(dst, '{'), nodes[1:])
		return append(dst, '}')
	case Array:
		dst = append(dst, '[')
		for i := 1; i < len(nodes); i += 1 + nodes[i].span() {
			if i > 1 {
				dst = append(dst, ',')
			}
			dst = r.appendValue(dst, nodes[i:i+1+nodes[i].span()])
		}
		return append(dst, ']')
	case String:
		return appendQuoted(dst, r.Text(n))
	case Int:
		return strconv.AppendInt(dst, n.Int(), 10)
	case Float:
		return appendFloat(dst, n.Float())
	case True:
		return append(dst, "true"...)
	case False:
		return append(dst, "false"...)
	default:
		return append(dst, "null"...)
	}
}

// appendFloat keeps a mark of a float (26.0 does not become 26), so that the
// type of a field can be seen.
func appendFloat(dst []byte, f float64) []byte {
	start := len(dst)
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
	if !slices.Contains(dst[start:], '.') {
		dst = append(dst, ".0"...)
	}
	return dst
}

const hexDigits = "0123456789abcdef"

// appendQuoted appends a JSON string of valid UTF-8.
func appendQuoted(dst, text []byte) []byte {
	dst = append(dst, '"')
	start := 0
	for i, c := range text {
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, text[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(dst, text[start:]...), '"')
}
