package normalize

import "fmt"

// ErrorKind says why a text is not a record. Its values are those of error.type
// in the record that carries the text.
type ErrorKind string

// What can be wrong with one element of a blob.
const (
	KindTooLong   ErrorKind = "too_long"   // longer than the limit, not looked at
	KindSyntax    ErrorKind = "syntax"     // no JSON
	KindNotObject ErrorKind = "not_object" // JSON, but a number, a string, an array, …
)

// RecordError says why the text of a Raw is not a record. It costs the blob
// nothing else.
type RecordError struct {
	Kind    ErrorKind
	Message string
	Offset  int64 // bytes into the element where it went wrong, 0 when that says nothing
}

func (e *RecordError) Error() string {
	if e.Kind == KindSyntax {
		return fmt.Sprintf("%s at byte %d", e.Message, e.Offset)
	}
	return e.Message
}

// BlobError says that a body is not a blob, or not only one. Records that came
// out before it are good.
type BlobError struct {
	Code    string // error.code of the service, when the body is its error object
	Message string // what the body is, or the service's own message
	Text    string // the first bytes of what is no blob, printable
}

func (e *BlobError) Error() string {
	switch {
	case e.Code != "":
		return fmt.Sprintf("the body is an error: %s: %s", e.Code, e.Message)
	case e.Text != "":
		return fmt.Sprintf("%s: %q", e.Message, e.Text)
	default:
		return e.Message
	}
}
