package ocsf

import (
	"encoding/json"
	"math"
	"net/netip"
	"regexp"
	"strconv"
	"unicode/utf8"
)

// The types of the dictionary that are not scalars.
const (
	objectType = "object_t"
	jsonType   = "json_t" // any value
)

// form is what a scalar type says of the text of a value.
type form struct {
	pattern *regexp.Regexp
	longest int // in characters
	is      func(string) bool
}

// texts are the types that are strings, with the patterns and lengths that the
// dictionary of 1.8.0 has for them. Most have none.
var texts = map[string]form{
	"bytestring_t": {pattern: regexp.MustCompile(`^(?:[A-Za-z0-9+/_-]{4})*(?:[A-Za-z0-9+/_-]{2}==|[A-Za-z0-9+/_-]{3}=)?$`)},
	"datetime_t":   {pattern: regexp.MustCompile(`^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})?$`)},
	"email_t":      {pattern: regexp.MustCompile("^[a-zA-Z0-9!#$%&'*+,\\-./=?^_`{|}~]+@[a-zA-Z0-9-]+\\.[a-zA-Z0-9.-]+$")},
	"ip_t": {longest: 40, is: func(s string) bool {
		_, err := netip.ParseAddr(s)
		return err == nil
	}},
	"mac_t": {longest: 32, pattern: regexp.MustCompile(`^([0-9A-Fa-f]{2}[:-]){5}([0-9A-Fa-f]{2})$`)},
	"subnet_t": {longest: 42, is: func(s string) bool {
		_, err := netip.ParsePrefix(s)
		return err == nil
	}},
	"uuid_t": {pattern: regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)},

	"string_t": {}, "file_hash_t": {}, "file_name_t": {}, "file_path_t": {}, "hostname_t": {}, "process_name_t": {},
	"reg_key_path_t": {}, "resource_uid_t": {}, "url_t": {}, "username_t": {},
}

// span is the least and the greatest value of a type of whole numbers.
type span struct{ least, most int64 }

var integers = map[string]span{
	"integer_t":   {math.MinInt32, math.MaxInt32},
	"long_t":      {math.MinInt64, math.MaxInt64},
	"timestamp_t": {math.MinInt64, math.MaxInt64}, // milliseconds since 1970
	"port_t":      {0, math.MaxUint16},
}

// isScalar reports whether value has a scalar type, and if so, whether it also
// has the form that the type wants.
func isScalar(kind string, value any) (typed, formed bool) {
	if f, ok := texts[kind]; ok {
		s, ok := value.(string)
		return ok, ok && f.fits(s)
	}
	n, isNumber := value.(json.Number)
	if of, ok := integers[kind]; ok {
		if !isNumber || !isInteger(n) {
			return false, false
		}
		i, err := n.Int64()
		return true, err == nil && of.least <= i && i <= of.most
	}
	switch kind {
	case "boolean_t":
		_, ok := value.(bool)
		return ok, ok
	case "float_t":
		_, err := strconv.ParseFloat(n.String(), 64)
		return isNumber, err == nil
	default:
		return false, false
	}
}

func (f form) fits(s string) bool {
	return (f.longest == 0 || utf8.RuneCountInString(s) <= f.longest) &&
		(f.pattern == nil || f.pattern.MatchString(s)) && (f.is == nil || f.is(s))
}

var whole = regexp.MustCompile(`^-?\d+$`)

// isInteger reports whether a number is written as a whole one.
func isInteger(n json.Number) bool { return whole.MatchString(n.String()) }

// isKnown reports whether the validator knows a type.
func isKnown(kind string) bool {
	_, isText := texts[kind]
	_, isInteger := integers[kind]
	return isText || isInteger || kind == objectType || kind == jsonType || kind == "boolean_t" || kind == "float_t"
}
