package activity

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// refusal makes the error of an answer whose status, or body, is an error.
func (c *Client) refusal(r request, resp *http.Response, text, token string) *Error {
	code, message := parseErrorBody(text)
	row := find(resp.StatusCode, code, text)
	e := &Error{
		Op: r.op, Status: resp.StatusCode, Code: firstOf(row.Code, shortCode(code, resp.StatusCode)),
		Message: cleanMessage(message, token),
		class:   row.Class, meaning: row.Meaning, advice: row.Advice,
		RetryAfter: c.retryAfter(resp.Header),
	}
	if e.Message == "" {
		e.Message = row.Meaning
	}
	if where, err := resp.Location(); err == nil && resp.StatusCode/100 == 3 {
		e.Message = "a redirect to " + clean(where.Hostname(), nameBytes) + " is not followed"
	}
	if !r.content && row.Code == "" {
		e.class = withoutContent(e.class, e.Status)
	}
	if e.class == CoolDown && e.RetryAfter == 0 {
		e.RetryAfter = coolDown(text)
	}
	return e
}

var shortPattern = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,40}$`)

// shortCode returns a code that the table does not know, when it is one and not
// the status again.
func shortCode(code string, status int) string {
	if !shortPattern.MatchString(code) || code == strconv.Itoa(status) {
		return ""
	}
	return code
}

// withoutContent turns what would be said about one content into what it means
// for a call that concerns a whole content type.
func withoutContent(class Class, status int) Class {
	switch {
	case class != Gone && class != Quarantine:
		return class
	case status == http.StatusNotFound, status == http.StatusGone:
		return Configuration
	}
	return Retry
}

// errorBody covers the shapes that were seen: {"error":{"code","message"}} of
// the API, {"Message"} of the layer in front of it, {"error","error_description"}
// of gateways. encoding/json matches the keys in any letter case.
type errorBody struct {
	Error       json.RawMessage `json:"error"`
	Code        json.RawMessage `json:"code"`
	Message     string          `json:"message"`
	Description string          `json:"error_description"`
}

// parseErrorBody takes code and message out of an error's body. The code is ""
// when there is none; a body of another shape is the message itself.
func parseErrorBody(text string) (code, message string) {
	var outer, inner errorBody
	if json.Unmarshal([]byte(strings.TrimPrefix(text, bom)), &outer) != nil {
		return "", text
	}
	if json.Unmarshal(outer.Error, &inner) == nil && (inner.Message != "" || inner.Code != nil) {
		outer = inner
	}
	code = strings.TrimSpace(scalar(outer.Code))
	message = firstOf(outer.Message, outer.Description, scalar(outer.Error))
	if code != "" && rowOfCode(strings.ToUpper(code)) == nil && strings.ContainsAny(code, " [(") {
		return "", code + ":" + message // an exception's text, cut at its first colon
	}
	if code == "" && message == "" {
		message = text
	}
	return code, message
}

// scalar returns the text of a JSON string or number, "" for anything else.
func scalar(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var n json.Number
	if json.Unmarshal(raw, &n) == nil {
		return n.String()
	}
	return ""
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// maxRetryAfter bounds what a server can ask for; the longest pause that the API
// is known to name is an hour ("please retry the request again in an hour").
const maxRetryAfter = time.Hour

// retryAfter reads the header of that name, in seconds or as a date. A date is
// taken against the server's own clock where it tells it.
func (c *Client) retryAfter(h http.Header) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if text == "" {
		return 0
	}
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		return min(max(time.Duration(min(seconds, maxRetryAfter.Seconds())*float64(time.Second)), 0), maxRetryAfter)
	}
	until, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	now := c.now()
	if date, dateErr := http.ParseTime(h.Get("Date")); dateErr == nil {
		now = date
	}
	return min(max(until.Sub(now), 0), maxRetryAfter)
}

// defaultCoolDown: Microsoft Learn, subscriptions/start, 15 minutes between
// requests, since 2025-08.
const defaultCoolDown = 15 * time.Minute

var coolDownPattern = regexp.MustCompile(`(?i)\bafter\s+((?:\d+\s*[hms]\s*)+)`)

// coolDown reads "Please retry again after 14m 56s".
func coolDown(text string) time.Duration {
	found := coolDownPattern.FindStringSubmatch(text)
	if found == nil {
		return defaultCoolDown
	}
	d, err := time.ParseDuration(strings.ToLower(strings.Join(strings.Fields(found[1]), "")))
	if err != nil {
		return defaultCoolDown
	}
	return min(d, maxRetryAfter)
}
