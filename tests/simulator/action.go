package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Action is what a fault does to a call: it answers in place of the tenant
// (Code, Status), or changes the tenant's own answer (the rest). Everything
// but Change can be written as JSON.
type Action struct {
	// Code answers with this error in its real shape: AF…, 429, AADSTS….
	Code string `json:"code,omitempty"`
	// Status answers with this status and Body; together with Code it replaces
	// the status of that error.
	Status int    `json:"status,omitempty"`
	Body   string `json:"body,omitempty"`

	// Header is set on the answer, spelled as here; "" removes. Values may hold
	// {host}, {now+30s} (an HTTP date) and {path}.
	Header map[string]string `json:"header,omitempty"`

	Delay Duration `json:"delay,omitzero"` // before the answer, real time

	Prefix  string    `json:"prefix,omitempty"` // put before the body
	Empty   bool      `json:"empty,omitempty"`  // the body has no bytes
	Single  bool      `json:"single,omitempty"` // the first element in place of the array
	Insert  *Insert   `json:"insert,omitempty"` // a text between the elements
	Cut     int       `json:"cut,omitempty"`    // only the first n bytes; negative: without the last n. The message ends well
	Reset   int       `json:"reset,omitempty"`  // after n bytes on the wire, half of them at most, the connection breaks
	Trickle Trickle   `json:"trickle,omitzero"` // slowly
	Paging  Paging    `json:"paging,omitempty"` // of a listing
	Token   TokenTurn `json:"token,omitzero"`   // of a token answer

	DateSkew Duration `json:"dateSkew,omitzero"` // of the Date header

	// Change rewrites the body; for what the fields above cannot say.
	Change func(body []byte) []byte `json:"-"`
}

// Insert puts a text between the elements of an array.
type Insert struct {
	At   int    `json:"at"` // before this element; beyond the last = at the end
	Text string `json:"text"`
}

// Trickle sends a body in small pieces.
type Trickle struct {
	Bytes int      `json:"bytes"`
	Every Duration `json:"every"`
}

// TokenTurn changes a token answer.
type TokenTurn struct {
	Life          Duration `json:"life,omitzero"`
	NoRoles       bool     `json:"noRoles,omitempty"`
	StringNumbers bool     `json:"stringNumbers,omitempty"` // also on v2.0
}

// Paging is a fault of a listing's pages.
type Paging string

// The faults of paging.
const (
	PagingEmptyPage Paging = "empty-page" // the first page is empty and has a next one
	PagingForeign   Paging = "foreign"    // NextPageUri on another host
	PagingSelf      Paging = "self"       // NextPageUri is the request's own: an endless loop
	PagingLower     Paging = "lower"      // parameter names of NextPageUri in lower case
	PagingRepeat    Paging = "repeat"     // each page begins with the last content of the one before
	PagingStale     Paging = "stale"      // NextPageUri with a token that is refused
	PagingURL       Paging = "url"        // the header is called NextPageUrl
	PagingCase      Paging = "case"       // the header is called NEXTPAGEURI
)

// foreignHost is where PagingForeign leads; .invalid never resolves.
const foreignHost = "https://manage.attacker.invalid"

func (a Action) headerName() string {
	switch a.Paging {
	case PagingURL:
		return "NextPageUrl"
	case PagingCase:
		return "NEXTPAGEURI"
	default:
		return "NextPageUri"
	}
}

// reply is the answer that stands in for the tenant's, if the action has one.
func (a Action) reply(c *call) (reply, bool) {
	switch {
	case strings.HasPrefix(a.Code, "AADSTS"):
		number, err := strconv.Atoi(strings.TrimPrefix(a.Code, "AADSTS"))
		if _, known := aadstsErrors[number]; err != nil || !known {
			return message(http.StatusInternalServerError, "the fault names no known code: "+a.Code), true
		}
		return a.dress(c.aadError(number)), true
	case a.Code == "AF429":
		return a.dress(throttled(c)), true
	case a.Code == "DataServiceException":
		return a.dress(dataServiceException(c)), true
	case a.Code != "":
		return a.dress(apiError(a.Code, apiText[a.Code])), true
	case a.Status != 0:
		return a.dress(reply{status: a.Status, body: []byte(a.Body), code: codeOf([]byte(a.Body))}), true
	default:
		return reply{}, false
	}
}

// dress puts the action's status on an answer.
func (a Action) dress(rep reply) reply {
	if a.Status != 0 {
		rep.status = a.Status
	}
	return rep
}

// shape changes an answer, the tenant's or the action's own.
func (a Action) shape(c *call, rep reply) reply {
	for name, value := range a.Header {
		rep.header = append(rep.header, [2]string{name, expand(c, value)})
	}
	if !a.changesBody() {
		return rep
	}
	body := rep.bytes()
	rep.stream, rep.packed = nil, nil
	if a.Single || a.Insert != nil {
		body = a.rearrange(body)
	}
	if a.Change != nil {
		body = a.Change(body)
	}
	if a.Prefix != "" {
		body = append([]byte(a.Prefix), body...)
	}
	switch {
	case a.Empty:
		body = nil
	case a.Cut > 0:
		body = body[:min(a.Cut, len(body))]
	case a.Cut < 0:
		body = body[:max(0, len(body)+a.Cut)]
	}
	rep.body = body
	return rep
}

func (a Action) changesBody() bool {
	return a.Single || a.Insert != nil || a.Change != nil || a.Prefix != "" || a.Empty || a.Cut != 0
}

// rearrange changes the elements of an array; another body stays.
func (a Action) rearrange(body []byte) []byte {
	var records []json.RawMessage
	if json.Unmarshal(body, &records) != nil {
		return body
	}
	if a.Single {
		if len(records) == 0 {
			return []byte("{}")
		}
		return records[0]
	}
	at := min(a.Insert.At, len(records))
	records = append(records[:at:at], append([]json.RawMessage{json.RawMessage(a.Insert.Text)}, records[at:]...)...)
	return joinRecords(records)
}

// loses reports whether a client cannot have got the whole content.
func (a Action) loses() bool {
	return a.Empty || a.Single || a.Cut != 0 || a.Reset > 0 || a.Change != nil
}

// holds reports whether the length of the body must be known before it leaves.
func (a Action) holds() bool { return a.Reset > 0 }

// expand fills in the marks of a header value.
func expand(c *call, value string) string {
	value = strings.NewReplacer("{host}", c.base, "{path}", c.r.URL.EscapedPath()).Replace(value)
	before, rest, found := strings.Cut(value, "{now")
	if !found {
		return value
	}
	offset, after, _ := strings.Cut(rest, "}")
	var d time.Duration
	if offset != "" {
		var err error
		if d, err = time.ParseDuration(offset); err != nil {
			return value
		}
	}
	return before + c.now.Add(d).Format(http.TimeFormat) + after
}

// Duration is a time.Duration that reads like 1m30s in JSON.
type Duration time.Duration

// Duration returns d as the standard library has it.
func (d Duration) Duration() time.Duration { return time.Duration(d) }

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("duration: %w", err)
	}
	*d = Duration(parsed)
	return nil
}
