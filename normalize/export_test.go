package normalize

import "io"

// NewSmallSplitter returns a Splitter that starts with a buffer of so many
// bytes, so that short texts meet its ends.
func NewSmallSplitter(r io.Reader, maxRecordBytes, buffer int) *Splitter {
	s := NewSplitter(r, maxRecordBytes)
	s.buf = make([]byte, buffer)
	return s
}

// ParseTime is parseTime.
var ParseTime = parseTime

// ParseIP is parseIP.
var ParseIP = parseIP

// SeverityScore is severityScore.
var SeverityScore = severityScore

// FieldNames returns the name of each field, without noField.
func FieldNames() map[int]string {
	names := map[int]string{}
	for f := noField + 1; f < fieldCount; f++ {
		names[int(f)] = fieldNames[f]
	}
	return names
}

// FieldOf is fieldOf.
func FieldOf(name string) int { return int(fieldOf([]byte(name))) }
