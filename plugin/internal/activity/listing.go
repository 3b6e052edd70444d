package activity

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"office365/normalize"
)

const (
	// listingBytes bounds one page of a listing: about 90,000 entries. Nobody
	// has seen a page with more than some thousand.
	listingBytes = 64 << 20
	// What ends a listing whose links never do, and never repeat either: callers
	// cut a listing at 20,000 contents, of which a page has one at least unless it
	// is empty.
	maxPages      = 25_000
	maxIDBytes    = 8 << 10 // the longest that was seen has about 90; servers take a URL of 16 KB at most
	maxEmptyPages = 1_000   // in a row
	// contentLife: Microsoft Learn, content is available for 7 days. Only for
	// entries that do not say when they expire.
	contentLife = 7 * 24 * time.Hour
)

// Page is one answer of a listing.
type Page struct {
	Contents  []Content // never shared with another page
	Malformed []string  // entries that name no content, one line of at most 200 bytes each
	More      bool      // Next brings another page
	Number    int       // of the page in its listing, from 1
	// Foreign is the host that the link to the next page named when it was not
	// the API's; the page is then asked for at the configured root.
	Foreign string

	link     string
	empty    int // pages without an entry up to this one, in a row
	from, to time.Time
	trail    map[string]int // links that this listing has followed, and the number of the page each stood in
}

// List asks for the first page of what became available in [from, to): at most
// 24 hours, at most 7 days back. The service selects by contentCreated and
// promises no order.
func (c *Client) List(ctx context.Context, ct normalize.ContentType, from, to time.Time) (Page, error) {
	address := c.address("/subscriptions/content", contentTypeParameter(ct), "startTime="+wireTime(from), "endTime="+wireTime(to))
	return c.page(ctx, ct, address, Page{from: from, to: to, trail: map[string]int{}})
}

// Next asks for the page after page, whose More is true. It may be called again
// with the same page after an error. A link that this listing has followed
// before gives an error of class PageLost: the listing does not end.
func (c *Client) Next(ctx context.Context, ct normalize.ContentType, page Page) (Page, error) {
	lost := func(message string) (Page, error) {
		return Page{}, &Error{Op: "list " + string(ct), Message: message, class: PageLost, advice: "nothing to do: the plugin lists the window again"}
	}
	if page.link == "" {
		return lost("there is no next page")
	}
	if at, followed := page.trail[page.link]; followed && at != page.Number {
		return lost(fmt.Sprintf("the link in page %d is the one in page %d: the listing goes in a circle", page.Number, at))
	}
	if page.Number >= maxPages || page.empty >= maxEmptyPages {
		return lost(fmt.Sprintf("the listing does not end after %d pages, the last %d without contents", page.Number, page.empty))
	}
	address, err := c.follow(ct, page)
	if err != nil {
		return lost(err.Error())
	}
	next, err := c.page(ctx, ct, address, page)
	if err == nil {
		page.trail[page.link] = page.Number
	}
	return next, err
}

// page asks for one page; before is the one before it, or holds the window.
func (c *Client) page(ctx context.Context, ct normalize.ContentType, address string, before Page) (Page, error) {
	p := Page{Number: before.Number + 1, from: before.from, to: before.to, trail: before.trail}
	r := request{kind: Listing, op: "list " + string(ct), method: http.MethodGet, address: address}
	header, err := c.list(ctx, r, func(raw json.RawMessage) {
		content, ok := parseContent(raw, before.to)
		if !ok {
			p.Malformed = append(p.Malformed, clean(string(raw), malformedBytes))
			return
		}
		p.Contents = append(p.Contents, content)
	})
	if err != nil {
		return Page{}, err
	}
	if len(p.Contents) == 0 {
		p.empty = before.empty + 1
	}
	// The reference says NextPageUri, the troubleshooting page NextPageUrl.
	p.link = strings.TrimSpace(firstOf(header.Get("NextPageUri"), header.Get("NextPageUrl")))
	p.More = p.link != ""
	if link, parseErr := url.Parse(p.link); parseErr == nil && link.Host != "" && !sameHost(link, c.root) {
		p.Foreign = clean(link.Host, nameBytes)
	}
	return p, nil
}

// list sends r, whose answer is a list, and calls entry with each element. An
// answer that is anything else is an error, whatever its status.
func (c *Client) list(ctx context.Context, r request, entry func(json.RawMessage)) (http.Header, error) {
	a, err := c.do(ctx, r)
	if err != nil {
		return nil, err
	}
	defer a.body.discard()
	text, err := decodeList(a.body, entry)
	var read *Error
	switch {
	case errors.As(err, &read):
		return nil, read
	case err != nil:
		return nil, &Error{Op: r.op, Status: http.StatusOK, Message: clean(err.Error(), messageBytes), advice: adviceNothing, err: err}
	case text != "":
		e := c.refusal(r, &http.Response{StatusCode: http.StatusOK, Header: a.header}, text, "")
		if e.class == Success {
			e.class = Retry
		}
		return nil, e
	}
	return a.header, nil
}

var errEmptyAnswer = errors.New("the answer is empty where a list was due")

// decodeList reads a JSON array element by element. A body that is no array is
// returned as text, at most 16 KB of it. An array that ends early, or a body
// without a byte, is an error: taking it for a short list would lose content.
func decodeList(r io.Reader, entry func(json.RawMessage)) (text string, err error) {
	limited := &io.LimitedReader{R: r, N: listingBytes}
	buffered := bufio.NewReader(limited)
	first, err := skipSpace(buffered)
	switch {
	case errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return "", errEmptyAnswer
	case err != nil:
		return "", err
	case first != '[':
		head, readErr := io.ReadAll(io.LimitReader(buffered, errorBodyBytes))
		return string(head), readErr
	}
	if err := decodeArray(json.NewDecoder(buffered), entry); err != nil {
		if limited.N <= 0 {
			return "", fmt.Errorf("a page of more than %d MB", listingBytes>>20)
		}
		return "", err
	}
	_, err = io.Copy(io.Discard, buffered) // to the end, so that the connection can be used again
	return "", err
}

func decodeArray(d *json.Decoder, entry func(json.RawMessage)) error {
	if _, err := d.Token(); err != nil {
		return unexpected(err)
	}
	for d.More() {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return unexpected(err)
		}
		entry(raw)
	}
	_, err := d.Token()
	return unexpected(err)
}

// unexpected makes the end of input inside of a list an error.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// skipSpace passes a byte order mark and white space, and shows the next byte.
func skipSpace(r *bufio.Reader) (byte, error) {
	if head, _ := r.Peek(len(bom)); string(head) == bom {
		_, _ = r.Discard(len(bom)) // cannot fail: they were peeked at
	}
	for {
		b, err := r.ReadByte()
		if err != nil {
			return 0, err
		}
		if b != ' ' && b != '\t' && b != '\r' && b != '\n' {
			return b, r.UnreadByte()
		}
	}
}

// parseContent reads one entry. Only the id is needed to fetch it: times that
// are missing or not readable are replaced on the side that keeps the content.
func parseContent(raw json.RawMessage, to time.Time) (Content, bool) {
	var entry struct {
		ID      json.RawMessage `json:"contentId"`
		Created json.RawMessage `json:"contentCreated"`
		Expires json.RawMessage `json:"contentExpiration"`
	}
	var id string
	if json.Unmarshal(raw, &entry) != nil || json.Unmarshal(entry.ID, &id) != nil || id == "" || len(id) > maxIDBytes {
		return Content{}, false
	}
	content := Content{ID: id}
	var ok bool
	if content.Created, ok = parseTime(scalar(entry.Created)); !ok {
		content.Created = to.UTC()
	}
	if content.Expires, ok = parseTime(scalar(entry.Expires)); !ok {
		content.Expires = content.Created.Add(contentLife)
	}
	return content, true
}

// parseTime reads a time of the service: with 0 to 9 digits of a fraction, with
// or without a zone. Without one it is UTC.
func parseTime(text string) (time.Time, bool) {
	text = strings.TrimSpace(text)
	for _, layout := range []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil && !t.IsZero() {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}
