package activity

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"office365/normalize"
)

// Content is one entry of a listing: a blob of records that can be fetched.
type Content struct {
	ID      string    // opaque; compared byte by byte
	Created time.Time // contentCreated, UTC; the start of the window when the entry does not say
	Expires time.Time // contentExpiration, UTC; 7 days after Created when the entry does not say
}

// Content fetches the content with this id and returns its body: gunzipped,
// watched (ErrTrickle), to be closed by the caller. The address is built from
// the configured root and the id; the contentUri of the listing is not used.
// An id that could lead to another address gives an error of class Quarantine.
func (c *Client) Content(ctx context.Context, ct normalize.ContentType, id string) (io.ReadCloser, error) {
	op := "content " + string(ct) + " " + cut(oneLine(id), nameBytes)
	segment, err := escapeID(id)
	if err != nil {
		return nil, &Error{Op: op, Message: err.Error(), class: Quarantine, advice: adviceReport, err: err}
	}
	a, err := c.do(ctx, request{kind: Download, op: op, method: http.MethodGet, address: c.address("/audit/" + segment), content: true})
	if err != nil {
		return nil, err
	}
	return a.body, nil
}

var errUnsafeID = errors.New("the content id cannot be part of an address")

// escapeID makes an id one segment of a path. A $ stays as it is: the service
// compares the raw text. What would change the path is escaped, and refused
// where a server that unescapes early could still be led astray.
func escapeID(id string) (string, error) {
	unsafe := func(r rune) bool { return r < ' ' || r == 0x7f }
	if id == "" || strings.ContainsFunc(id, unsafe) {
		return "", errUnsafeID
	}
	segments := strings.FieldsFunc(id, func(r rune) bool { return r == '/' || r == '\\' })
	if len(segments) == 0 || slices.ContainsFunc(segments, isDots) {
		return "", errUnsafeID
	}
	return url.PathEscape(id), nil
}

// isDots reports whether a path segment is . or .., plain or escaped.
func isDots(segment string) bool {
	plain := strings.ReplaceAll(strings.ToLower(segment), "%2e", ".")
	return plain == "." || plain == ".."
}
