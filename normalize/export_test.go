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
