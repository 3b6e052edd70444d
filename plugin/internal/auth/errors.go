package auth

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"office365/plugin/internal/network"
)

// Kind says whether trying again can help.
type Kind int

// The kinds.
const (
	Transient     Kind = iota // it may pass by itself
	Configuration             // somebody has to change a setting, the app or the tenant
)

// String returns the name of k for logs.
func (k Kind) String() string {
	if k == Configuration {
		return "configuration"
	}
	return "transient"
}

// Error says why there is no token.
type Error struct {
	Code       string // Entra's code, "AADSTS7000215"; "" when there is none
	Status     int    // 0 when there was no answer
	Kind       Kind
	Message    string        // one line: the first sentence of Entra's text, or what happened
	RetryAfter time.Duration // how long the endpoint asks to wait; 0 when it does not say

	advice string
	err    error
}

// Error returns one line: status, code, message.
func (e *Error) Error() string {
	text := "token: "
	if e.Status != 0 {
		text += strconv.Itoa(e.Status) + " "
	}
	if e.Code != "" {
		text += e.Code
	}
	return strings.TrimSuffix(strings.TrimSpace(text), ":") + ": " + e.Message
}

// Unwrap gives the transport's error, when there was no answer.
func (e *Error) Unwrap() error { return e.err }

// Configuration reports whether only a change of the settings or of the app
// helps. (With Advice and Delay, what package activity asks of an error.)
func (e *Error) Configuration() bool { return e.Kind == Configuration }

// Advice says in one sentence what a user can do.
func (e *Error) Advice() string { return e.advice }

// Delay returns RetryAfter.
func (e *Error) Delay() time.Duration { return e.RetryAfter }

// Row is one line of the table of Entra's codes.
type Row struct {
	Number  int // of AADSTS<number>
	Kind    Kind
	Meaning string
	Advice  string // one sentence
}

const (
	adviceSecret    = "put the Value of a client secret that has not expired into client_secret (Entra shows it once, beside the secret's ID)"
	adviceApp       = "compare client_id and tenant_id with the overview page of the app, and the app with the tenant"
	adviceTenant    = "compare tenant_id with the overview page of the app, and plan (or authority) with the cloud of the tenant"
	adviceCloud     = "set plan to the cloud of the tenant (enterprise, gcc, gcc_high, dod, china)"
	adviceAudience  = "check plan (or api_url), and that Office 365 Management APIs is among the permissions of the app"
	adviceConsent   = "give admin consent to the permissions of the app"
	adviceAssertion = "check the certificate of the app and the clock of this machine"
	adviceFederated = "compare issuer, subject and audience of the app's federated credential with those of the token in federated_token_file"
	adviceReport    = "this is a fault of the plugin: report it, with this line"
	adviceWait      = "nothing to do: the plugin tries again"
)

// rows: Microsoft Learn, "Microsoft Entra authentication and authorization error
// codes", read 2026-11, and what users of other collectors met. Microsoft
// changes the numbers now and then: an unknown one falls back to its status.
var rows = []Row{
	{7000215, Configuration, "the client secret is wrong", adviceSecret},
	{7000222, Configuration, "the client secret has expired", "make a new client secret for the app and put its Value into client_secret"},
	{7000216, Configuration, "the request holds no credential", adviceSecret},
	{7000218, Configuration, "the request holds no credential", adviceSecret},
	{700027, Configuration, "the signature of the client assertion is wrong", adviceAssertion},
	{700024, Configuration, "the client assertion is not valid at this time", adviceAssertion},
	{700021, Configuration, "the client assertion is of another app", adviceReport},
	{700023, Configuration, "the client assertion is for another endpoint", "check plan (or authority): it must be the login endpoint itself"},
	{70021, Configuration, "the app has no federated credential for the token", adviceFederated},
	{700211, Configuration, "the app has no federated credential with the issuer of the token", adviceFederated},
	{700212, Configuration, "the app has no federated credential with the audience of the token", adviceFederated},
	{700213, Configuration, "the app has no federated credential with the subject of the token", adviceFederated},
	{70002, Configuration, "the client secret is wrong or missing", adviceSecret},
	{700016, Configuration, "the app is not in the tenant", adviceApp},
	{700011, Configuration, "the app is not in the tenant", adviceApp},
	{70001, Configuration, "the app is disabled", "enable the app, or find out who has disabled it"},
	{90002, Configuration, "the tenant was not found", adviceTenant},
	{900023, Configuration, "the tenant is neither a GUID nor a domain", adviceTenant},
	{90038, Configuration, "the tenant belongs to another cloud", adviceCloud},
	{900432, Configuration, "the tenant belongs to another cloud", adviceCloud},
	{900382, Configuration, "the tenant belongs to another cloud", adviceCloud},
	{500011, Configuration, "the API is not present in the tenant", adviceAudience},
	{650057, Configuration, "the API is not among the permissions of the app", adviceAudience},
	{650052, Configuration, "the tenant is not subscribed to the API", adviceAudience},
	{65001, Configuration, "nobody has consented to the permissions of the app", adviceConsent},
	{70011, Configuration, "the scope is malformed", "check api_url"},
	{1002012, Configuration, "the scope is malformed", "check api_url"},
	{901002, Configuration, "the request names a resource", adviceReport},
	{53003, Configuration, "a Conditional Access policy blocks the app", "allow the app, from the address of this machine, in the Conditional Access policy for workload identities"},
	{50196, Transient, "tokens were asked for in a loop", "look for other programs that use the same app; the plugin waits"},
	{90055, Transient, "too many requests", adviceWait},
	{50033, Transient, "a passing error at Microsoft", adviceWait},
	{90006, Transient, "a passing error at Microsoft", adviceWait},
	{90012, Transient, "the request took too long at Microsoft", adviceWait},
	{90024, Transient, "a passing error at Microsoft", adviceWait},
	{90033, Transient, "a passing error at Microsoft", adviceWait},
	{90090, Transient, "a passing error at Microsoft", adviceWait},
}

// Table returns the rows, for the command and the documentation. The slice is
// the caller's.
func Table() []Row { return append([]Row(nil), rows...) }

// loopHold is the pause after AADSTS50196, which Entra keeps up while the
// requests go on.
const loopHold = 5 * time.Minute

const messageBytes = 200

// refusal is the body of an error of the token endpoint.
type refusal struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
	Codes       []int  `json:"error_codes"`
	Message     string `json:"message"` // of identity endpoints, which have no error
}

func (r refusal) none() bool { return r.Error == "" && len(r.Codes) == 0 && r.Message == "" }

// explain makes the error of a request that brought no token. MSAL's own error
// is looked at in one case only, when there was no request: its text may hold
// whole answers.
func (s *Source) explain(ctx context.Context, x *exchange, err error) *Error {
	if own, ok := errors.AsType[*Error](err); ok { // of a file: there was no request
		return own
	}
	var e *Error
	if x.status == 0 {
		e = unanswered(ctx, cmp.Or(x.err, err), s.timeout)
	} else {
		e = s.answered(x)
	}
	s.method.judge(e)
	return e
}

// answered makes the error of an answer that is no token.
func (s *Source) answered(x *exchange) *Error {
	e := &Error{Status: x.status, RetryAfter: retryAfter(x.header)}
	var r refusal
	if x.status/100 == 2 || json.Unmarshal(x.body, &r) != nil || r.none() {
		e.Kind, e.advice = strange(x.status)
		e.Message = "the answer is neither a token nor an error of Entra ID"
		return e
	}
	number := aadsts(r)
	e.Kind = kindOf(x.status, r.Error)
	e.Message = s.firstSentence(cmp.Or(r.Description, r.Message, r.Error))
	e.advice = "look the code up at https://login.microsoftonline.com/error"
	if number != 0 {
		e.Code = "AADSTS" + strconv.Itoa(number)
	}
	for _, row := range rows {
		if row.Number != number {
			continue
		}
		e.advice = row.Advice
		if !passing(x.status) {
			e.Kind = row.Kind
		}
	}
	if number == 50196 {
		e.RetryAfter = max(e.RetryAfter, loopHold)
	}
	return e
}

// unanswered makes the error of a request without an answer.
func unanswered(ctx context.Context, err error, timeout time.Duration) *Error {
	failure := network.Explain(err)
	e := &Error{Message: oneLine(failure.Message), advice: failure.Advice, err: err}
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		e.Message = "no answer within " + timeout.String()
	case failure.Configuration:
		e.Kind = Configuration
	}
	return e
}

// strange judges an answer that is not Entra's.
func strange(status int) (Kind, string) {
	switch {
	case status == http.StatusProxyAuthRequired:
		return Configuration, "put user and password into proxy"
	case status/100 == 4 && !passing(status):
		return Configuration, "check authority, and look for a proxy on the way that answers in its place"
	}
	return Transient, "look for a proxy on the way that answers in the place of authority"
}

// kindOf judges by what Microsoft says will not change: the status and the name
// of the error.
func kindOf(status int, name string) Kind {
	if passing(status) || status/100 != 4 || name == "temporarily_unavailable" || name == "server_error" {
		return Transient
	}
	return Configuration
}

// passing reports whether a status says by itself that it will pass.
func passing(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status/100 == 5
}

var aadstsPattern = regexp.MustCompile(`AADSTS(\d{4,8})`)

// aadsts returns the number of Entra's code, 0 when there is none.
func aadsts(r refusal) int {
	if found := aadstsPattern.FindStringSubmatch(r.Description + r.Message); found != nil {
		n, _ := strconv.Atoi(found[1]) // eight digits at most
		return n
	}
	if len(r.Codes) > 0 {
		return r.Codes[0]
	}
	return 0
}

var (
	codePrefix  = regexp.MustCompile(`^AADSTS\d+:\s*`)
	tracePrefix = regexp.MustCompile(`(?i)\s*(trace id|correlation id|timestamp)\s*:`)
	tokenLike   = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]+)*`)
)

// firstSentence cuts Entra's text to what is said, without the trace that
// follows it, and without a secret should one be quoted.
func (s *Source) firstSentence(text string) string {
	for _, secret := range s.method.secrets() {
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
			text = strings.ReplaceAll(text, form, "***")
		}
	}
	text = tokenLike.ReplaceAllString(text, "***")
	text = codePrefix.ReplaceAllString(strings.TrimSpace(text), "")
	if at := tracePrefix.FindStringIndex(text); at != nil {
		text = text[:at[0]]
	}
	text, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	text, _, _ = strings.Cut(text, ". ")
	text = strings.TrimSuffix(oneLine(text), ".")
	if len(text) > messageBytes {
		text = strings.ToValidUTF8(text[:messageBytes], "") + "…"
	}
	return text
}

func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// retryAfter reads the header of that name, in seconds or as a date, which is
// taken against the Date of the same answer.
func retryAfter(h http.Header) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.Atoi(text); err == nil {
		seconds = min(max(seconds, 0), int(longestHold.Seconds()))
		return time.Duration(seconds) * time.Second
	}
	until, err := http.ParseTime(text)
	date, dateErr := http.ParseTime(h.Get("Date"))
	if err != nil || dateErr != nil {
		return 0
	}
	return min(max(until.Sub(date), 0), longestHold)
}
