package activity

import (
	"net/http"
	"regexp"
	"strings"
)

// Class says what to do about an answer.
type Class int

// The classes. The zero value is the one that loses nothing: try again.
const (
	Retry          Class = iota // try again, waiting longer each time
	Throttle                    // too many requests: pause the whole tenant, then go on
	Reauthenticate              // the token was refused, a new one as well
	Resubscribe                 // start the subscription, then go on
	Gone                        // the content is no longer there: count it as lost
	Quarantine                  // this content cannot be had now: keep its name, try seldom
	Configuration               // somebody has to change something: say what, try seldom
	CoolDown                    // the subscription was started a short while ago: start it later, go on listing
	Window                      // the time range was refused: make a new one from now
	PageLost                    // the page link is stale or loops: list the window again from its first page
	AuditingOff                 // unified auditing is off in the tenant: try seldom
	Success                     // an error by its form only
)

var classNames = map[Class]string{
	Retry: "retry", Throttle: "throttle", Reauthenticate: "reauthenticate", Resubscribe: "resubscribe",
	Gone: "gone", Quarantine: "quarantine", Configuration: "configuration", CoolDown: "cool_down",
	Window: "window", PageLost: "page_lost", AuditingOff: "auditing_off", Success: "success",
}

// String returns the name of c for logs and metrics.
func (c Class) String() string { return classNames[c] }

// Decide says what to do about an answer with this status, error code ("" when
// the body names none) and body. It is pure: everything that it knows is in the
// table of errors.go.
func Decide(status int, code, body string) Class { return find(status, code, body).Class }

// codePattern finds a code in a body that is not JSON: quotes of the wrong kind
// and log prefixes were seen around it.
var codePattern = regexp.MustCompile(`\bAF\d{3,5}\b`)

// find returns the row of the table that an answer falls under.
//
// The text comes first: the one exception that the API lets through has a code
// of its own every time. Then the code, since one status covers many
// conditions. Then a code inside of a body that could not be read as JSON. The
// status decides last.
func find(status int, code, body string) *Row {
	for i := range markerRows {
		if containsAll(body, markerRows[i].markers) {
			return &markerRows[i].Row
		}
	}
	code = strings.ToUpper(strings.TrimSpace(code))
	if code == codeCoolDown && !coolDownText(body) {
		return rowOfStatus(http.StatusTooManyRequests)
	}
	if row := rowOfCode(code); row != nil {
		return row
	}
	for _, found := range codePattern.FindAllString(body, -1) {
		if row := rowOfCode(found); row != nil {
			return row
		}
	}
	return rowOfStatus(status)
}

// coolDownText reports whether a body with the code "429" speaks of the
// cool-down of a subscription's start. Gateways use the same code for ordinary
// throttling.
func coolDownText(body string) bool {
	body = strings.ToLower(body)
	return body == "" || strings.Contains(body, "subscription start") || strings.Contains(body, "retry again after")
}

func rowOfCode(code string) *Row {
	for i := range codeRows {
		if codeRows[i].Code == code {
			return &codeRows[i]
		}
	}
	return nil
}

// rowOfStatus returns the row of the status, or of its hundred.
func rowOfStatus(status int) *Row {
	for i := range statusRows {
		if statusRows[i].Status == status {
			return &statusRows[i]
		}
	}
	for i := range statusRows {
		if statusRows[i].Status == status/100 {
			return &statusRows[i]
		}
	}
	return &unknownRow
}

func containsAll(text string, parts []string) bool {
	for _, p := range parts {
		if !strings.Contains(text, p) {
			return false
		}
	}
	return true
}
