package activity

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"office365/plugin/internal/network"
)

const (
	codeCoolDown     = "429"
	codeNoPermission = "AF10001"

	adviceReport   = "this is a fault of the plugin: report it, with this line"
	advicePermit   = "grant the application permission ActivityFeed.Read of Office 365 Management APIs (for DLP.All also ActivityFeed.ReadDlp) to the app and give admin consent"
	adviceTenant   = "compare tenant_id with the Directory (tenant) ID of the app's overview page in Entra"
	adviceNothing  = "nothing to do: the plugin tries again"
	adviceInactive = "nothing to do: the plugin starts the subscription again; when it comes back, ask who stops it"
)

// Row is one line of the error table: a code of the API, or a status for
// answers without a code that we know.
type Row struct {
	Code    string // "" in rows of a status
	Status  int    // of rows without a code: a status, or the first digit of a range
	Class   Class
	Meaning string // what Microsoft says, in short
	Advice  string // one sentence: what to do
}

// codeRows: Microsoft Learn, "Office 365 Management Activity API reference"
// (errors) and its troubleshooting page, read 2026-11. AF20024, AF50005, AF50006
// and the bare 429 are not documented there; other collectors met them.
var codeRows = []Row{
	{Code: codeNoPermission, Class: Configuration, Meaning: "the permissions in the token do not include the expected one", Advice: advicePermit},
	{Code: "AF20001", Class: Configuration, Meaning: "a parameter is missing", Advice: adviceReport},
	{Code: "AF20002", Class: Configuration, Meaning: "a parameter has a wrong type", Advice: adviceReport},
	{Code: "AF20003", Class: Configuration, Meaning: "the expiration of the webhook lies in the past", Advice: "remove the webhook from the subscription: nothing here uses it"},
	{Code: "AF20010", Class: Configuration, Meaning: "the tenant in the address is not the tenant of the token", Advice: adviceTenant},
	{Code: "AF20011", Class: Configuration, Meaning: "the tenant does not exist or was deleted", Advice: adviceTenant},
	{Code: "AF20012", Class: Configuration, Meaning: "the tenant is wrongly configured in Microsoft's system", Advice: "open a support ticket at Microsoft; the plugin tries again meanwhile"},
	{Code: "AF20013", Class: Configuration, Meaning: "the tenant in the address is not a GUID", Advice: adviceTenant},
	{Code: "AF20020", Class: Configuration, Meaning: "the content type is not valid", Advice: "correct content_types; a cloud may lack one of them"},
	{Code: "AF20021", Class: Configuration, Meaning: "the webhook could not be validated", Advice: "remove the webhook from the subscription: nothing here uses it"},
	{Code: "AF20022", Class: Resubscribe, Meaning: "there is no subscription for the content type", Advice: "nothing to do: the plugin starts the subscription"},
	{Code: "AF20023", Class: Resubscribe, Meaning: "the subscription was disabled by an administrator", Advice: adviceInactive},
	{Code: "AF20024", Class: Success, Meaning: "the subscription is enabled already", Advice: "nothing to do"},
	{Code: "AF20030", Class: Window, Meaning: "start and end time must both be given, at most 24 hours apart, the start at most 7 days back", Advice: "check the clock of this machine"},
	{Code: "AF20031", Class: PageLost, Meaning: "the page token is not valid", Advice: "nothing to do: the plugin lists the window again"},
	{Code: "AF20050", Class: Gone, Meaning: "the content does not exist", Advice: "nothing to do: Microsoft does not have the content"},
	{Code: "AF20051", Class: Gone, Meaning: "the content has expired", Advice: "nothing can bring it back; see why it was not fetched in the days before"},
	// Gone would lose, by the hour, what is still there when something on the
	// way rewrites the $ of content ids.
	{Code: "AF20052", Class: Quarantine, Meaning: "the content id is malformed", Advice: "look for a proxy that rewrites the $ in addresses"},
	{Code: "AF20053", Class: Configuration, Meaning: "Accept-Language names several languages", Advice: "look for a proxy that adds Accept-Language"},
	{Code: "AF20054", Class: Configuration, Meaning: "Accept-Language has a wrong syntax", Advice: "look for a proxy that adds Accept-Language"},
	{Code: "AF20055", Class: Window, Meaning: "start and end time must both be given, at most 24 hours apart, the start at most 7 days back and before the end", Advice: "check the clock of this machine"},
	{Code: "AF429", Class: Throttle, Meaning: "too many requests", Advice: "lower requests_per_minute when this goes on; check that publisher_id is a tenant ID"},
	{Code: codeCoolDown, Class: CoolDown, Meaning: "the subscription was started less than 15 minutes ago", Advice: "nothing to do: the plugin starts it later"},
	{Code: "AF50000", Class: Retry, Meaning: "an internal error at Microsoft", Advice: adviceNothing},
	{Code: "AF50005", Class: Retry, Meaning: "an internal error at Microsoft", Advice: adviceNothing},
	{Code: "AF50006", Class: Retry, Meaning: "an internal error at Microsoft", Advice: adviceNothing},
}

// markerRows are answers that only their text tells apart: exceptions of the
// server, cut at a colon, the left part in the place of the code.
var markerRows = []struct {
	markers []string
	Row
}{
	{[]string{"DataServiceException", "does not exist"}, Row{
		Class: AuditingOff, Meaning: "the tenant has no audit data in the service",
		Advice: "turn on auditing in the Microsoft Purview portal; it takes effect after an hour, at times a day",
	}},
	{[]string{"KeyNotFoundException"}, Row{
		Class: Configuration, Meaning: "the token carries no permission at all", Advice: advicePermit,
	}},
}

// statusRows are answers without a known code: from a front end, a proxy, or of
// a shape that nobody has described. A status of one digit stands for its range.
var statusRows = []Row{
	{Status: http.StatusUnauthorized, Class: Reauthenticate, Meaning: "the token was refused", Advice: "check that plan (or api_url) is the cloud of the tenant, and the permissions of the app"},
	{Status: http.StatusForbidden, Class: Configuration, Meaning: "the request was refused", Advice: "look for a proxy or firewall on the way, then at the permissions of the app"},
	{Status: http.StatusNotFound, Class: Quarantine, Meaning: "there is nothing at this address", Advice: "check plan and api_url"},
	{Status: http.StatusProxyAuthRequired, Class: Configuration, Meaning: "the proxy asks for a password", Advice: "put user and password into proxy"},
	{Status: http.StatusRequestTimeout, Class: Retry, Meaning: "the server gave up waiting", Advice: adviceNothing},
	{Status: http.StatusGone, Class: Gone, Meaning: "the content is gone", Advice: "nothing can bring it back"},
	{Status: http.StatusTooEarly, Class: Retry, Meaning: "the server is not ready", Advice: adviceNothing},
	{Status: http.StatusTooManyRequests, Class: Throttle, Meaning: "too many requests", Advice: "lower requests_per_minute when this goes on"},
	{Status: 2, Class: Retry, Meaning: "the answer is not of the kind that was asked for", Advice: "look for a proxy on the way that answers in Microsoft's place"},
	{Status: 3, Class: Retry, Meaning: "the answer leads elsewhere, and the token goes nowhere else", Advice: "check api_url, and look for a proxy that wants a login"},
	{Status: 4, Class: Quarantine, Meaning: "the request was refused without a known code", Advice: "when it goes on, report it with this line"},
	{Status: 5, Class: Retry, Meaning: "the server or something on the way to it has failed", Advice: adviceNothing},
}

var unknownRow = Row{Class: Retry, Meaning: "there was no usable answer", Advice: "check the network, the proxy and DNS"}

// Table returns the rows of the error table that have a code, for the command
// and the documentation. The slice is the caller's.
func Table() []Row { return append([]Row(nil), codeRows...) }

// Error is what goes wrong in a call of the API: the API's own refusal, a
// token that could not be had, a connection that broke.
type Error struct {
	Op         string        // what was tried: "list Audit.Exchange"
	Status     int           // 0 when there was no answer
	Code       string        // the API's error code, "" when there was none
	Message    string        // one line, at most 512 bytes, without tokens
	RetryAfter time.Duration // how long the server asks to wait; 0 when it does not say

	class   Class
	meaning string
	advice  string
	err     error
}

// Error returns one line: operation, status, code, message.
func (e *Error) Error() string {
	head := e.Op
	if e.Status != 0 {
		head += ": " + strconv.Itoa(e.Status)
		if e.Code != "" {
			head += " " + e.Code
		}
	}
	switch {
	case e.Message != "":
		return head + ": " + e.Message
	case e.err != nil:
		return head + ": " + e.err.Error()
	}
	return head
}

// Unwrap gives the cause: a context's error, ErrTrickle, the token source's.
func (e *Error) Unwrap() error { return e.err }

// Class says what to do.
func (e *Error) Class() Class { return e.class }

// Meaning says in short what the answer means; "" when there was none.
func (e *Error) Meaning() string { return e.meaning }

// Advice says in one sentence what a user can do; "" when there is nothing.
func (e *Error) Advice() string { return e.advice }

// ClassOf returns the class of an error from this package, Success for nil and
// Retry for any other.
func ClassOf(err error) Class {
	var e *Error
	switch {
	case err == nil:
		return Success
	case errors.As(err, &e):
		return e.class
	}
	return Retry
}

// tokenError is what the error of a TokenSource knows about itself.
type tokenError interface {
	error
	Configuration() bool  // only a change of the settings or of the app helps
	Advice() string       // one sentence
	Delay() time.Duration // how long the token endpoint asks to wait
}

// failed makes the error of a call that was not made: no quota, no token. The
// context's error comes before any other, which is a consequence of it.
func failed(ctx context.Context, op string, err error) *Error {
	if ctx.Err() != nil {
		return &Error{Op: op, err: ctx.Err()}
	}
	e := &Error{Op: op, Message: clean(err.Error(), messageBytes), err: err}
	if token, ok := errors.AsType[tokenError](err); ok {
		e.RetryAfter, e.advice = token.Delay(), token.Advice()
		if token.Configuration() {
			e.class = Configuration
		}
	}
	return e
}

// unanswered makes the error of a request without an answer.
func unanswered(ctx context.Context, op string, err error) *Error {
	if ctx.Err() != nil {
		return failed(ctx, op, err)
	}
	failure := network.Explain(err)
	e := &Error{Op: op, Message: clean(failure.Message, messageBytes), advice: failure.Advice, err: err}
	if failure.Configuration {
		e.class = Configuration
	}
	return e
}
