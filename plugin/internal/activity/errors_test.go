package activity

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"office365/normalize"
)

func TestErrorSaysWhatWasTriedAndWhatCameBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		want   string
		class  Class
	}{
		"the API's shape": {
			status: 403,
			body:   `{"error":{"code":"AF429","message":"Too many requests. Method=GetContents, PublisherId=00000000-0000-0000-0000-000000000000"}}`,
			want:   "list Audit.Exchange: 403 AF429: Too many requests. Method=GetContents, PublisherId=00000000-0000-0000-0000-000000000000",
			class:  Throttle,
		},
		"a byte order mark": {
			status: 400,
			body:   bom + `{"error":{"code":"AF20022","message":"There is no subscription."}}`,
			want:   "list Audit.Exchange: 400 AF20022: There is no subscription.",
			class:  Resubscribe,
		},
		"a code without a message": {
			status: 400,
			body:   `{"error":{"code":"AF20020"}}`,
			want:   "list Audit.Exchange: 400 AF20020: the content type is not valid",
			class:  Configuration,
		},
		"a number as code": {
			status: 429,
			body:   `{"error":{"code":429,"message":"Slow down."}}`,
			want:   "list Audit.Exchange: 429: Slow down.",
			class:  Throttle,
		},
		"the layer in front": {
			status: 404,
			body:   `{"Message":"No HTTP resource was found."}`,
			want:   "list Audit.Exchange: 404: No HTTP resource was found.",
			class:  Configuration,
		},
		"a gateway's shape": {
			status: 503,
			body:   `{"error":"unavailable","error_description":"Try later."}`,
			want:   "list Audit.Exchange: 503: Try later.",
			class:  Retry,
		},
		"an error that is a text": {
			status: 503,
			body:   `{"error":"unavailable"}`,
			want:   "list Audit.Exchange: 503: unavailable",
			class:  Retry,
		},
		"an exception cut at its colon": {
			status: 400,
			body:   `{"error":{"code":"StartSubscription [AppId","message":"864] failed. DataServiceException: Tenant x does not exist.\r\n   at Foo"}}`,
			want:   "list Audit.Exchange: 400: StartSubscription [AppId:864] failed. DataServiceException: Tenant x does not exist. at Foo",
			class:  AuditingOff,
		},
		"single quotes": {
			status: 500,
			body:   `{'error':{'code':'AF50000','message':'Retry.'}}`,
			want:   "list Audit.Exchange: 500 AF50000: {'error':{'code':'AF50000','message':'Retry.'}}",
			class:  Retry,
		},
		"HTML": {
			status: 502,
			body:   "<html>\r\n<title>Bad\tGateway</title>\x00</html>",
			want:   "list Audit.Exchange: 502: <html> <title>Bad Gateway</title></html>",
			class:  Retry,
		},
		"nothing": {
			status: 500,
			want:   "list Audit.Exchange: 500: the server or something on the way to it has failed",
			class:  Retry,
		},
		"an empty object": {
			status: 500,
			body:   "{}",
			want:   "list Audit.Exchange: 500: {}",
			class:  Retry,
		},
		"an unknown refusal": {
			status: 400,
			body:   `{"error":{"code":"AF29999","message":"New."}}`,
			want:   "list Audit.Exchange: 400 AF29999: New.",
			class:  Retry,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, answering(c.status, c.body))
			client, _ := newClient(t, s.URL)
			_, err := client.List(t.Context(), normalize.AuditExchange, testNow.Add(-time.Hour), testNow)
			e := refusedWith(t, err, c.class)
			assert.Equal(t, c.want, e.Error())
			assert.Equal(t, c.status, e.Status)
			assert.NotEmpty(t, e.Advice())
			assert.Equal(t, c.class, ClassOf(err))
		})
	}
}

func TestErrorNeverHoldsATokenOrAQuery(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x1", 40)
	body := "<html>you sent Authorization: Bearer " + testToken + " to https://manage.office.com/a?nextPage=" + long +
		" with client_secret=hunter2&x and \"access_token\":\"" + long + "\" " + long
	s := newService(t, answering(500, body))
	client, _ := newClient(t, s.URL)
	_, err := client.Content(t.Context(), normalize.AuditExchange, "id")
	e := refusedWith(t, err, Retry)
	for _, secret := range []string{testToken, "hunter2", long, "nextPage", "c2lnbmF0dXJl"} {
		assert.NotContains(t, e.Error(), secret)
	}
	assert.Contains(t, e.Error(), "https://manage.office.com/a")
}

func TestMessageIsCutToItsLimit(t *testing.T) {
	t.Parallel()
	s := newService(t, answering(500, strings.Repeat("é ", 100_000)))
	client, _ := newClient(t, s.URL)
	_, err := client.Content(t.Context(), normalize.AuditExchange, "id")
	e := refusedWith(t, err, Retry)
	assert.LessOrEqual(t, len(e.Message), messageBytes)
	assert.Greater(t, len(e.Message), messageBytes-8)
}

func TestCleanTextIsShortAndWithoutTokens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		token := "eyJ" + rapid.StringMatching(`[A-Za-z0-9_-]{20,80}\.[A-Za-z0-9_-]{20,80}\.[A-Za-z0-9_-]{20,80}`).Draw(t, "token")
		text := rapid.String().Draw(t, "before") + token + rapid.String().Draw(t, "after")
		limit := rapid.IntRange(8, 600).Draw(t, "limit")
		got := clean(text, limit)
		assert.LessOrEqual(t, len(got), limit)
		assert.NotContains(t, got, "\n")
		for part := range strings.SplitSeq(token, ".") {
			assert.NotContains(t, got, part)
		}
	})
}

func TestRetryAfterIsReadInSecondsAndAsADate(t *testing.T) {
	t.Parallel()
	at := func(t time.Time) string { return t.Format(http.TimeFormat) }
	for name, c := range map[string]struct {
		header string
		date   string
		want   time.Duration
	}{
		"none":                            {},
		"seconds":                         {header: "17", want: 17 * time.Second},
		"a fraction":                      {header: "0.5", want: 500 * time.Millisecond},
		"a date":                          {header: at(testNow.Add(time.Minute)), want: time.Minute},
		"a date of a server two hours on": {header: at(testNow.Add(2*time.Hour + time.Minute)), date: at(testNow.Add(2 * time.Hour)), want: time.Minute},
		"a date that has passed":          {header: at(testNow.Add(-time.Minute))},
		"negative":                        {header: "-5"},
		"too long":                        {header: "99999999999999999999", want: time.Hour},
		"no number":                       {header: "soon"},
		"not a number":                    {header: "NaN"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := newClient(t, "http://localhost")
			h := http.Header{}
			h.Set("Retry-After", c.header)
			h.Set("Date", c.date)
			assert.Equal(t, c.want, client.retryAfter(h))
		})
	}
}

func TestRetryAfterIsHonoredOnEveryRefusal(t *testing.T) {
	t.Parallel()
	for _, status := range []int{403, 429, 500, 503} {
		s := newService(t, answering(status, "", "Retry-After", "23"))
		client, _ := newClient(t, s.URL)
		_, err := client.Subscriptions(t.Context())
		var e *Error
		if assert.ErrorAs(t, err, &e) {
			assert.Equal(t, 23*time.Second, e.RetryAfter, "status %d", status)
		}
	}
}

func TestCoolDownIsReadFromTheText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"Please retry again after 14m 56s.":  14*time.Minute + 56*time.Second,
		"Please retry again after 46s.":      46 * time.Second,
		"Please retry again AFTER 1H 2M 3S.": time.Hour,
		"Please retry again after 2m.":       2 * time.Minute,
		"Please retry later.":                15 * time.Minute,
		"":                                   15 * time.Minute,
		"after 99999999999999999999m":        15 * time.Minute,
	} {
		assert.Equal(t, want, coolDown(text), "%q", text)
	}
}

// tokenTestError is what package auth returns.
type tokenTestError struct{ configuration bool }

func (e tokenTestError) Error() string       { return "token: 401 AADSTS7000222: The secret is expired" }
func (tokenTestError) Advice() string        { return "make a new secret" }
func (tokenTestError) Delay() time.Duration  { return time.Minute }
func (e tokenTestError) Configuration() bool { return e.configuration }

func TestTokenErrorKeepsItsKindAdviceAndPause(t *testing.T) {
	t.Parallel()
	for configuration, class := range map[bool]Class{true: Configuration, false: Retry} {
		e := failed(t.Context(), "list Audit.General", tokenTestError{configuration})
		assert.Equal(t, class, e.Class())
		assert.Equal(t, "make a new secret", e.Advice())
		assert.Equal(t, time.Minute, e.RetryAfter)
		assert.Equal(t, "list Audit.General: token: 401 AADSTS7000222: The secret is expired", e.Error())
		assert.ErrorIs(t, e, tokenTestError{configuration})
	}
}

func TestConnectionErrorNamesTheCauseWithoutTheAddress(t *testing.T) {
	t.Parallel()
	address := func(err error) error {
		return &url.Error{Op: "Get", URL: "https://manage.office.com/x?nextPage=secret", Err: err}
	}
	for name, c := range map[string]struct {
		err    error
		class  Class
		advice string
	}{
		"connection": {err: errors.New("connection refused"), class: Retry, advice: "network"},
		"name":       {err: &net.DNSError{Err: "no such host", Name: "manage.office.com"}, class: Retry, advice: "name servers"},
		"expired": {
			err:   &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Cert: new(x509.Certificate), Reason: x509.Expired}},
			class: Configuration, advice: "clock",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := unanswered(t.Context(), "content Audit.General x", address(c.err))
			assert.Equal(t, c.class, e.Class())
			assert.Contains(t, e.Advice(), c.advice)
			assert.NotContains(t, e.Error(), "secret")
			assert.ErrorIs(t, e, c.err)
		})
	}
}

func TestContextErrorBeatsTheTransports(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, e := range []*Error{
		failed(ctx, "start DLP.All", tokenTestError{true}),
		unanswered(ctx, "start DLP.All", errors.New("connection reset")),
	} {
		require.ErrorIs(t, e, context.Canceled)
		assert.Equal(t, "start DLP.All: context canceled", e.Error())
	}
}

func TestForeignErrorsAreTriedAgain(t *testing.T) {
	t.Parallel()
	assert.Equal(t, Success, ClassOf(nil))
	assert.Equal(t, Retry, ClassOf(errTest))
}

func TestRedactionLeavesMicrosoftsSentencesWhole(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Authorization has been denied for this request.": "Authorization has been denied for this request.",
		"the password is wrong":                           "the password is wrong",
		"Authorization: Basic abc":                        "Authorization: Basic ***",
		"authorization: bearer abc":                       "authorization: bearer ***",
		"Bearer abc, and so on":                           "Bearer ***, and so on",
		"client_secret=abc&x=1":                           "client_secret=***&x=1",
		`{"password": "abc"}`:                             `{"password": "***"}`,
		"password : abc":                                  "password : ***",
	} {
		assert.Equal(t, want, clean(text, messageBytes), text)
	}
}
