package auth

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wantKind is the other side of the book to rows.
var wantKind = map[int]Kind{
	7000215: Configuration, 7000222: Configuration, 7000216: Configuration, 7000218: Configuration,
	700027: Configuration, 700024: Configuration, 70002: Configuration, 700016: Configuration,
	700011: Configuration, 70001: Configuration, 90002: Configuration, 900023: Configuration,
	90038: Configuration, 900432: Configuration, 900382: Configuration, 500011: Configuration,
	650057: Configuration, 650052: Configuration, 65001: Configuration, 70011: Configuration,
	700021: Configuration, 700023: Configuration, 70021: Configuration, 700211: Configuration,
	700212: Configuration, 700213: Configuration,
	1002012: Configuration, 901002: Configuration, 53003: Configuration,
	50196: Transient, 90055: Transient, 50033: Transient, 90006: Transient,
	90012: Transient, 90024: Transient, 90033: Transient, 90090: Transient,
}

// described is an error body as Entra writes it, with all that must not be shown.
func described(number int, sentence string) string {
	return fmt.Sprintf(`{"error":"invalid_client","error_description":"AADSTS%d: %s Ensure the secret being sent is %s.\r\nTrace ID: 7a7a-trace\r\nCorrelation ID: 8b8b-correlation\r\nTimestamp: 2026-03-02 10:00:00Z","error_codes":[%d],"timestamp":"2026-03-02 10:00:00Z","trace_id":"7a7a-trace","correlation_id":"8b8b-correlation","error_uri":"https://login.microsoftonline.com/error?code=%d"}`,
		number, sentence, testSecret, number, number)
}

// refusedWith asks for a token and returns its error, which shows no secret.
func refusedWith(t *testing.T, e *endpoint) *Error {
	t.Helper()
	_, err := newSource(t, e).Token(t.Context())
	var failure *Error
	require.ErrorAs(t, err, &failure)
	for _, part := range []string{testSecret, url.QueryEscape(testSecret), "7a7a", "8b8b", "Timestamp", "\n", "eyJ", "client_secret="} {
		assert.NotContains(t, err.Error(), part)
		assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, failure.Message, failure.Advice()), part)
	}
	assert.NotEmpty(t, failure.Advice())
	assert.True(t, strings.HasPrefix(err.Error(), "token: "))
	return failure
}

func TestEveryCodeHasItsKindAndAdvice(t *testing.T) {
	t.Parallel()
	require.Len(t, Table(), len(wantKind))
	for _, row := range Table() {
		t.Run(strconv.Itoa(row.Number), func(t *testing.T) {
			t.Parallel()
			want, known := wantKind[row.Number]
			require.True(t, known)
			got := refusedWith(t, failing(400, described(row.Number, "It was refused.")))
			assert.Equal(t, want, got.Kind)
			assert.Equal(t, want == Configuration, got.Configuration())
			assert.Equal(t, row.Advice, got.Advice())
			assert.Equal(t, fmt.Sprint("AADSTS", row.Number), got.Code)
			assert.Equal(t, fmt.Sprintf("token: 400 AADSTS%d: It was refused", row.Number), got.Error())
			assert.NotEmpty(t, row.Meaning)
		})
	}
}

func TestStatusSaysWhenACodeWillPass(t *testing.T) {
	t.Parallel()
	for _, status := range []int{408, 429, 500, 502, 503, 504} {
		got := refusedWith(t, failing(status, described(7000215, "Invalid client secret provided.")))
		assert.Equal(t, Transient, got.Kind, "status %d", status)
	}
}

func TestAnswersOfEveryShapeAreExplained(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		kind   Kind
		want   string
	}{
		"a code of tomorrow":    {400, described(7999999, "Something new."), Configuration, "token: 400 AADSTS7999999: Something new"},
		"a code in the list":    {400, `{"error":"invalid_request","error_codes":[90002]}`, Configuration, "token: 400 AADSTS90002: invalid_request"},
		"no code":               {400, `{"error":"invalid_request","error_description":"What is this"}`, Configuration, "token: 400: What is this"},
		"unavailable":           {400, `{"error":"temporarily_unavailable","error_description":"Later."}`, Transient, "token: 400: Later"},
		"HTML with 200":         {200, "<html>" + testSecret, Transient, "token: 200: the answer is neither a token nor an error of Entra ID"},
		"nothing with 200":      {200, "", Transient, "token: 200: the answer is neither a token nor an error of Entra ID"},
		"no token with 200":     {200, `{"expires_in":3599}`, Transient, "token: 200: the answer is neither a token nor an error of Entra ID"},
		"no life with 200":      {200, `{"access_token":"eyJsecretsecret"}`, Transient, "token: 200: the answer is neither a token nor an error of Entra ID"},
		"half a token with 200": {200, `{"access_token":"eyJsecretsecret`, Transient, "token: 200: the answer is neither a token nor an error of Entra ID"},
		"an error with 200":     {200, described(90002, "No such tenant."), Transient, "token: 200: the answer is neither a token nor an error of Entra ID"},
		"HTML":                  {502, "<html>" + testSecret, Transient, "token: 502: the answer is neither a token nor an error of Entra ID"},
		"a proxy's refusal":     {403, "<html>blocked", Configuration, "token: 403: the answer is neither a token nor an error of Entra ID"},
		"a proxy's password":    {407, "", Configuration, "token: 407: the answer is neither a token nor an error of Entra ID"},
		"a redirect":            {302, "", Transient, "token: 302: the answer is neither a token nor an error of Entra ID"},
		"throttled":             {429, "", Transient, "token: 429: the answer is neither a token nor an error of Entra ID"},
		"the trace on one line": {
			401, `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid secret Trace ID: 7a7a Correlation ID: 8b8b Timestamp: x"}`,
			Configuration, "token: 401 AADSTS7000215: Invalid secret",
		},
		"the secret in the first sentence": {
			401, `{"error":"invalid_client","error_description":"AADSTS7000215: Secret ` + testSecret + ` or ` + url.QueryEscape(testSecret) + ` is wrong, assertion eyJhbGciOiJ.eyJhdWQi.sig. More."}`,
			Configuration, "token: 401 AADSTS7000215: Secret *** or *** is wrong, assertion ***",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := refusedWith(t, failing(c.status, c.body))
			assert.Equal(t, c.want, got.Error())
			assert.Equal(t, c.kind, got.Kind)
			assert.Equal(t, c.status, got.Status)
		})
	}
}

func TestLongSentenceIsCut(t *testing.T) {
	t.Parallel()
	got := refusedWith(t, failing(400, described(90002, strings.Repeat("é", 400)+".")))
	assert.LessOrEqual(t, len(got.Message), messageBytes+len("…"))
}

func TestRetryAfterIsReadInSecondsAndAsADate(t *testing.T) {
	t.Parallel()
	date := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		text string
		want time.Duration
	}{
		"none":        {"", 0},
		"seconds":     {"30", 30 * time.Second},
		"negative":    {"-1", 0},
		"too long":    {"100000", 5 * time.Minute},
		"a date":      {date.Add(time.Minute).Format(http.TimeFormat), time.Minute},
		"a past date": {date.Add(-time.Minute).Format(http.TimeFormat), 0},
		"no number":   {"soon", 0},
	} {
		got := refusedWith(t, failing(429, "", "Retry-After", c.text, "Date", date.Format(http.TimeFormat)))
		assert.Equal(t, c.want, got.RetryAfter, name)
		assert.Equal(t, c.want, got.Delay(), name)
	}
}

func TestLoopIsLeftAlone(t *testing.T) {
	t.Parallel()
	got := refusedWith(t, failing(400, described(50196, "The server terminated an operation because it encountered a client request loop.")))
	assert.Equal(t, 5*time.Minute, got.RetryAfter)
}

func TestConnectionErrorNamesTheCause(t *testing.T) {
	t.Parallel()
	cause := errors.New("connection refused")
	got := refusedWith(t, &endpoint{answer: func(int, *http.Request) (*http.Response, error) { return nil, cause }})
	assert.Equal(t, "token: connection refused", got.Error())
	assert.Equal(t, Transient, got.Kind)
	assert.ErrorIs(t, got, cause)
}

func TestAnswerThatBreaksOffIsTransient(t *testing.T) {
	t.Parallel()
	got := refusedWith(t, &endpoint{answer: func(int, *http.Request) (*http.Response, error) {
		r, err := reply(200, `{"access_token":"eyJsecretsecret`)
		r.Body = io.NopCloser(io.MultiReader(r.Body, broken{}))
		return r, err
	}})
	assert.Equal(t, "token: unexpected EOF", got.Error())
	assert.Equal(t, Transient, got.Kind)
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestCertificateThatIsNotTrustedIsAMatterOfConfiguration(t *testing.T) {
	t.Parallel()
	got := refusedWith(t, &endpoint{answer: func(int, *http.Request) (*http.Response, error) {
		return nil, &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
	}})
	assert.Equal(t, Configuration, got.Kind)
	assert.Contains(t, got.Advice(), "ca_file")
	assert.Equal(t, "configuration", got.Kind.String())
	assert.Equal(t, "transient", Transient.String())
}

func TestRequestOutsideOfAnExchangeIsRefused(t *testing.T) {
	t.Parallel()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, testAuthority, http.NoBody)
	require.NoError(t, err)
	_, err = newWire(new(http.Client), testAuthority).Do(req)
	require.Error(t, err)
}
