// Package msgpack encodes records for Fluent Bit.
//
// Fluent Bit takes a buffer of events, one msgpack array each:
//
//	[[time, metadata], record]
//
// The time is an ext of type 0 with eight bytes, seconds and nanoseconds, both
// big-endian uint32; the metadata is an empty map here. AppendEvent appends one
// such event, so that a batch grows in one slice of bytes, and does nothing else:
// the values and their order are the Record's, which knows them all, with the
// sizes of its maps and arrays, before the first byte is written. Nothing is
// reflected, nothing allocated but dst.
//
// One event that Fluent Bit cannot read loses all that follow it in the same
// chunk, without a word in its log. So what is written here is always whole:
// maps of as many entries as they say, and never nested deeper than
// [normalize.MaxDepth] allows.
package msgpack

import (
	"encoding/binary"
	"math"

	"office365/normalize"
)

// First bytes of msgpack values, by the names of its specification.
const (
	fixMap   = 0x80
	fixArray = 0x90
	fixStr   = 0xa0

	null     = 0xc0
	bool0    = 0xc2
	bool1    = 0xc3
	float64s = 0xcb
	uint8s   = 0xcc
	uint16s  = 0xcd
	uint32s  = 0xce
	uint64s  = 0xcf
	int8s    = 0xd0
	int16s   = 0xd1
	int32s   = 0xd2
	int64s   = 0xd3
	fixExt8  = 0xd7
	str8     = 0xd9
	str16    = 0xda
	str32    = 0xdb
	array16  = 0xdc
	array32  = 0xdd
	map16    = 0xde
	map32    = 0xdf
)

// eventTimeType is the ext type of Fluent Bit's event time.
const eventTimeType = 0

// AppendEvent appends rec as one event.
func AppendEvent(dst []byte, rec *normalize.Record) []byte {
	t := rec.Time()
	dst = append(dst, fixArray|2, fixArray|2, fixExt8, eventTimeType)
	dst = binary.BigEndian.AppendUint32(dst, uint32(t.Unix()))       //nolint:gosec // Record.Time is between 1970 and 2106
	dst = binary.BigEndian.AppendUint32(dst, uint32(t.Nanosecond())) //nolint:gosec // below 1e9
	dst = append(dst, fixMap)
	dst = appendMapHeader(dst, rec.Fields())
	layer, original := rec.Parts()
	dst = appendNodes(dst, rec, layer)
	return appendNodes(dst, rec, original)
}

// appendNodes appends values that follow each other, with all that is in them.
func appendNodes(dst []byte, rec *normalize.Record, nodes []normalize.Node) []byte {
	for i := 0; i < len(nodes); i++ {
		switch n := nodes[i]; n.Kind() {
		case normalize.String:
			dst = appendString(dst, rec.Text(n))
		case normalize.Int:
			dst = appendInt(dst, n.Int())
		case normalize.Object:
			dst = appendMapHeader(dst, n.Len())
		case normalize.Array:
			dst = appendArrayHeader(dst, n.Len())
		case normalize.Null:
			dst = append(dst, null)
		case normalize.False:
			dst = append(dst, bool0)
		case normalize.True:
			dst = append(dst, bool1)
		case normalize.Float:
			dst = append(dst, float64s)
			dst = binary.BigEndian.AppendUint64(dst, math.Float64bits(n.Float()))
		case normalize.Gone:
			i += n.Len()
		}
	}
	return dst
}

func appendString(dst, text []byte) []byte {
	switch n := len(text); {
	case n < 32:
		dst = append(dst, fixStr|low(n))
	case n <= math.MaxUint8:
		dst = append(dst, str8, low(n))
	case n <= math.MaxUint16:
		dst = append(dst, str16, low(n>>8), low(n))
	default:
		dst = binary.BigEndian.AppendUint32(append(dst, str32), uint32(n)) //nolint:gosec // a text is at most 1 GiB long
	}
	return append(dst, text...)
}

func appendMapHeader(dst []byte, n int) []byte {
	switch {
	case n < 16:
		return append(dst, fixMap|low(n))
	case n <= math.MaxUint16:
		return append(dst, map16, low(n>>8), low(n))
	default:
		return binary.BigEndian.AppendUint32(append(dst, map32), uint32(n)) //nolint:gosec // a record is at most 1 GiB long
	}
}

func appendArrayHeader(dst []byte, n int) []byte {
	switch {
	case n < 16:
		return append(dst, fixArray|low(n))
	case n <= math.MaxUint16:
		return append(dst, array16, low(n>>8), low(n))
	default:
		return binary.BigEndian.AppendUint32(append(dst, array32), uint32(n)) //nolint:gosec // a record is at most 1 GiB long
	}
}

// appendInt appends i in the shortest form that holds it.
func appendInt(dst []byte, i int64) []byte {
	if i < 0 {
		return appendNegative(dst, i)
	}
	switch {
	case i <= math.MaxInt8:
		return append(dst, low(i))
	case i <= math.MaxUint8:
		return append(dst, uint8s, low(i))
	case i <= math.MaxUint16:
		return append(dst, uint16s, low(i>>8), low(i))
	case i <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, uint32s), uint32(i))
	default:
		return binary.BigEndian.AppendUint64(append(dst, uint64s), uint64(i))
	}
}

func appendNegative(dst []byte, i int64) []byte {
	switch {
	case i >= -32:
		return append(dst, low(i))
	case i >= math.MinInt8:
		return append(dst, int8s, low(i))
	case i >= math.MinInt16:
		return append(dst, int16s, low(i>>8), low(i))
	case i >= math.MinInt32:
		return binary.BigEndian.AppendUint32(append(dst, int32s), uint32(i)) //nolint:gosec // two's complement is what is wanted
	default:
		return binary.BigEndian.AppendUint64(append(dst, int64s), uint64(i)) //nolint:gosec // two's complement is what is wanted
	}
}

// low returns the lowest byte of n.
func low[T int | int64](n T) byte { return byte(n) }
