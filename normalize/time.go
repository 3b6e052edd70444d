package normalize

import "time"

// timeLayouts are forms of CreationTime that occur beside the usual one. A time
// without a zone is UTC, as everywhere in this API.
var timeLayouts = [...]string{
	"1/2/2006 3:04:05 PM", // seen in exports and in Defender for Cloud Apps
	"1/2/2006 15:04:05",
	"2006-01-02",
}

// parseTime reads CreationTime: 2026-03-02T10:16:31 as a rule, also with a blank
// for the T, a fraction of any length (kept to the nanosecond), and Z or an offset.
func parseTime(text []byte) (time.Time, bool) {
	if t, ok := parseISO(text); ok {
		return t, true
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, string(text)); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// parseISO reads YYYY-MM-DDThh:mm:ss[.fraction][zone].
func parseISO(b []byte) (time.Time, bool) {
	if len(b) < 19 || b[4] != '-' || b[7] != '-' || (b[10] != 'T' && b[10] != 't' && b[10] != ' ') || b[13] != ':' || b[16] != ':' {
		return time.Time{}, false
	}
	year, month, day := decimal(b[0:4]), decimal(b[5:7]), decimal(b[8:10])
	hour, minute, second := decimal(b[11:13]), decimal(b[14:16]), decimal(b[17:19])
	if min(year, month, day, hour, minute, second) < 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) ||
		hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	nanos, rest := fraction(b[19:])
	offset, ok := zone(rest)
	if !ok || nanos < 0 {
		return time.Time{}, false
	}
	return time.Date(year, time.Month(month), day, hour, minute, second-offset, nanos, time.UTC), true
}

// decimal reads digits; -1 when they are none.
func decimal(b []byte) int {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	default:
		return 31
	}
}

// fraction reads the nanoseconds of a fraction, if there is one; -1 when it has
// no digit.
func fraction(b []byte) (nanos int, rest []byte) {
	if len(b) == 0 || b[0] != '.' {
		return 0, b
	}
	i, scale := 1, 100_000_000
	for ; i < len(b) && '0' <= b[i] && b[i] <= '9'; i++ {
		nanos += int(b[i]-'0') * scale
		scale /= 10
	}
	if i == 1 {
		return -1, b
	}
	return nanos, b[i:]
}

// zone reads nothing, Z, ±hh:mm or ±hhmm, as seconds east of UTC.
func zone(b []byte) (offset int, ok bool) {
	switch {
	case len(b) == 0, len(b) == 1 && (b[0] == 'Z' || b[0] == 'z'):
		return 0, true
	case len(b) == 6 && b[3] == ':':
		return zoneOf(b[0], decimal(b[1:3]), decimal(b[4:6]))
	case len(b) == 5:
		return zoneOf(b[0], decimal(b[1:3]), decimal(b[3:5]))
	default:
		return 0, false
	}
}

func zoneOf(sign byte, hours, minutes int) (offset int, ok bool) {
	offset = hours*3600 + minutes*60
	if sign == '-' {
		offset = -offset
	}
	return offset, (sign == '+' || sign == '-') && 0 <= hours && hours < 24 && 0 <= minutes && minutes < 60
}
