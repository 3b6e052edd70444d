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

// OCSFActivity returns the uid of the class, and the activity, that the tables
// have for an operation of a RecordType.
func OCSFActivity(recordType int, operation string) (class, activity int) {
	is := ocsfFamilyOf(recordType).activityOf([]byte(operation))
	return int(ocsfClasses[is.class].uid), int(is.id)
}

// OCSFTypes returns the record types that have a family of their own.
func OCSFTypes() (types []int) {
	for i := range ocsfFamilies {
		types = append(types, ocsfFamilies[i].types...)
	}
	return types
}

// IsNamed reports whether Microsoft names a record type.
func IsNamed(recordType int) bool {
	return recordType >= 0 && recordType < len(recordTypes) && recordTypes[recordType] != ""
}
