package auth

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTokenRequestIsWhatEntraExpects(t *testing.T) {
	t.Parallel()
	e := issuing(time.Hour)
	assert.Equal(t, "token-1", mustToken(t, newSource(t, e)))
	require.Len(t, e.asked, 1, "endpoints are not looked up")
	assert.Equal(t, testAuthority+"/"+testTenant+"/oauth2/v2.0/token", e.asked[0].URL.String())
	assert.Equal(t, "POST", e.asked[0].Method)
	form := e.forms[0]
	assert.Equal(t, "client_credentials", form.Get("grant_type"))
	assert.Equal(t, testClient, form.Get("client_id"))
	assert.Equal(t, testSecret, form.Get("client_secret"))
	assert.Equal(t, testAPI+"/.default", strings.Fields(form.Get("scope"))[0], "MSAL adds openid and its like")
	assert.Empty(t, form.Get("claims"))
	assert.Empty(t, form.Get("resource"))
}

func TestAuthorityMayBeAnyHostAndPort(t *testing.T) {
	t.Parallel()
	for _, authority := range []string{
		"https://login.microsoftonline.com", "https://login.microsoftonline.us", "https://login.partner.microsoftonline.cn",
		"https://login.windows.net", "https://localhost:8443", "https://127.0.0.1:8443", "https://[::1]:8443", "https://gateway.example.com",
	} {
		e := issuing(time.Hour)
		c := settings()
		c.Authority = authority
		s, err := New(c, &http.Client{Transport: e}, time.Now)
		require.NoError(t, err, authority)
		mustToken(t, s)
		assert.Equal(t, authority+"/"+testTenant+"/oauth2/v2.0/token", e.asked[0].URL.String())
		assert.Equal(t, 1, e.count())
	}
}

func TestRegionOfTheEnvironmentIsNotTaken(t *testing.T) {
	t.Setenv("MSAL_FORCE_REGION", "westeurope")
	e := issuing(time.Hour)
	mustToken(t, newSource(t, e))
	assert.Equal(t, testAuthority+"/"+testTenant+"/oauth2/v2.0/token", e.asked[0].URL.String())
}

func TestWrongAuthorityIsRefused(t *testing.T) {
	t.Parallel()
	c := settings()
	c.Authority = "http://login.example.com"
	_, err := New(c, new(http.Client), time.Now)
	require.ErrorContains(t, err, "authority http://login.example.com")
}

func TestOneTokenRequestServesALifetime(t *testing.T) {
	t.Parallel()
	// 300 s and less: what MSAL alone would ask for anew at every call.
	for _, life := range []time.Duration{time.Second, 10 * time.Second, time.Minute, 5 * time.Minute, 3599 * time.Second, 24 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			e := issuing(life)
			s := newSource(t, e)
			for range 100 {
				assert.Equal(t, "token-1", mustToken(t, s))
			}
			wait(life*8/10 - time.Millisecond)
			assert.Equal(t, "token-1", mustToken(t, s))
			assert.Equal(t, 1, e.count())
			wait(time.Millisecond)
			assert.Equal(t, "token-2", mustToken(t, s), "renewed at 80 % of its life")
			assert.Equal(t, 2, e.count())
		})
	}
}

func TestTokenWithoutALifeIsNotAskedForAtEveryCall(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"zero":       `{"expires_in":0,"access_token":"token"}`,
		"negative":   `{"expires_in":-10,"access_token":"token"}`,
		"end":        `{"expires_on":"1790000000","access_token":"token"}`,
		"end as day": `{"expires_on":"2026-03-02T10:00:00Z","access_token":"token"}`,
	} {
		e := failing(200, body)
		s := newSource(t, e)
		mustToken(t, s)
		mustToken(t, s)
		assert.Equal(t, 1, e.count(), name)
	}
}

func TestLifeIsReadInEveryShape(t *testing.T) {
	t.Parallel()
	date := time.Unix(1_790_000_000, 0)
	header := http.Header{"Date": {date.UTC().Format(http.TimeFormat)}}
	for body, want := range map[string]time.Duration{
		`{"expires_in":3599}`:                  3599 * time.Second,
		`{"expires_in":"3599"}`:                3599 * time.Second,
		`{"expires_in":3599,"expires_on":"1"}`: 3599 * time.Second,
		`{"expires_on":"1790000600"}`:          10 * time.Minute,
		`{"expires_on":1790000600}`:            10 * time.Minute,
		`{"expires_in":1}`:                     time.Second,
		`{"expires_in":0}`:                     time.Second,
		`{"expires_in":99999999999999}`:        unknownLife,
		`{"expires_in":"soon"}`:                unknownLife,
		`{}`:                                   unknownLife,
		`[]`:                                   unknownLife,
		`{"expires_on":"1790000600","expires_in":"later"}`: 10 * time.Minute,
	} {
		x := exchange{status: 200, header: header, body: []byte(body)}
		assert.Equal(t, want, x.life(), body)
	}
	x := exchange{status: 200, header: http.Header{}, body: []byte(`{"expires_on":1790000600}`)}
	assert.Equal(t, unknownLife, x.life(), "our own clock is not asked")
}

func TestCallersShareOneRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		e := &endpoint{answer: func(n int, r *http.Request) (*http.Response, error) {
			if err := held(r, release); err != nil {
				return nil, err
			}
			return issue(n, time.Hour)
		}}
		s := newSource(t, e)
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() { assert.Equal(t, "token-1", mustToken(t, s)) })
		}
		synctest.Wait()
		assert.Equal(t, 1, e.count())
		close(release)
		wg.Wait()
		assert.Equal(t, 1, e.count())
	})
}

func TestCanceledCallerLeavesTheOthersTheirRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		e := &endpoint{answer: func(n int, r *http.Request) (*http.Response, error) {
			if err := held(r, release); err != nil {
				return nil, err
			}
			return issue(n, time.Hour)
		}}
		s := newSource(t, e)
		first, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := s.Token(first)
			assert.ErrorIs(t, err, context.Canceled)
		})
		synctest.Wait()
		wg.Go(func() { assert.Equal(t, "token-1", mustToken(t, s)) })
		synctest.Wait()
		cancel()
		synctest.Wait()
		close(release)
		wg.Wait()
		assert.Equal(t, 1, e.count())
	})
}

func TestLastCanceledCallerEndsTheRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended := 0
		e := &endpoint{answer: func(n int, r *http.Request) (*http.Response, error) {
			if n == 1 {
				<-r.Context().Done()
				ended++
				return nil, r.Context().Err()
			}
			return issue(n, time.Hour)
		}}
		s := newSource(t, e)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := s.Token(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 1, ended, "Token returns after its request has ended")
		assert.Equal(t, "token-2", mustToken(t, s), "nobody's impatience is a failure to remember")
	})
}

func TestDoneContextAsksForNothing(t *testing.T) {
	t.Parallel()
	e := issuing(time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := newSource(t, e).Token(ctx)
	require.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, e.count())
}

func TestRequestHasALimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: func(_ int, r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}}
		start := time.Now()
		_, err := newSource(t, e).Token(t.Context())
		var failure *Error
		require.ErrorAs(t, err, &failure)
		assert.Equal(t, Transient, failure.Kind)
		assert.Equal(t, "token: no answer within 1m30s", err.Error())
		assert.Equal(t, 90*time.Second, time.Since(start))
	})
}

func TestRefusedTokenIsReplaced(t *testing.T) {
	t.Parallel()
	e := issuing(time.Hour)
	s := newSource(t, e)
	old := mustToken(t, s)
	for range 8 { // eight workers were refused with the same token
		s.Invalidate(old)
		assert.Equal(t, "token-2", mustToken(t, s))
	}
	s.Invalidate("a token of long ago")
	assert.Equal(t, "token-2", mustToken(t, s))
	assert.Equal(t, 2, e.count())
}

func TestTokensThatAreAllRefusedAreAskedForSlowly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := issuing(time.Hour)
		s := newSource(t, e)
		for range 600 { // ten minutes of a 401 for ever, tried every second
			s.Invalidate(mustToken(t, s))
			wait(time.Second)
		}
		assert.InDelta(t, 1+replaceBurst+20, e.count(), 1)
	})
}

func TestConfigurationErrorIsRemembered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := failing(401, `{"error":"invalid_client","error_description":"AADSTS7000222: The provided client secret keys are expired."}`)
		s := newSource(t, e)
		for range 299 {
			_, err := s.Token(t.Context())
			require.ErrorContains(t, err, "AADSTS7000222")
			wait(100 * time.Millisecond)
		}
		assert.Equal(t, 1, e.count(), "once in 30 s")
		wait(time.Second)
		e.answer = func(n int, _ *http.Request) (*http.Response, error) { return issue(n, time.Hour) }
		assert.Equal(t, "token-2", mustToken(t, s))
	})
}

func TestPassingErrorIsTriedAgainSoon(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		header string
		want   time.Duration
	}{
		"no header": {"", 2 * time.Second},
		"short":     {"1", 2 * time.Second},
		"longer":    {"40", 40 * time.Second},
		"too long":  {"86400", 5 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				e := &endpoint{answer: func(n int, _ *http.Request) (*http.Response, error) {
					if n == 1 {
						return reply(503, "", "Retry-After", c.header)
					}
					return issue(n, time.Hour)
				}}
				s := newSource(t, e)
				_, err := s.Token(t.Context())
				require.Error(t, err)
				wait(c.want - time.Millisecond)
				_, err = s.Token(t.Context())
				require.Error(t, err)
				wait(time.Millisecond)
				assert.Equal(t, "token-2", mustToken(t, s))
			})
		})
	}
}

func TestTokenServesUntilItsEndWhenItCannotBeRenewed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := issuing(time.Hour)
		s := newSource(t, e)
		mustToken(t, s)
		e.answer = func(int, *http.Request) (*http.Response, error) { return reply(503, "") }
		wait(48 * time.Minute)
		for range 11 * 60 {
			assert.Equal(t, "token-1", mustToken(t, s))
			wait(time.Second)
		}
		assert.Equal(t, 1+11*2, e.count(), "every 30 s")
		_, err := s.Token(t.Context())
		require.Error(t, err, "a minute before its end it serves no more")
	})
}

func TestRenewalKeepsNobodyWaitingButOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		e := &endpoint{answer: func(n int, r *http.Request) (*http.Response, error) {
			if n == 2 {
				if err := held(r, release); err != nil {
					return nil, err
				}
			}
			return issue(n, time.Hour)
		}}
		s := newSource(t, e)
		mustToken(t, s)
		wait(50 * time.Minute)
		var wg sync.WaitGroup
		wg.Go(func() { assert.Equal(t, "token-2", mustToken(t, s)) })
		synctest.Wait()
		assert.Equal(t, "token-1", mustToken(t, s))
		close(release)
		wg.Wait()
		assert.Equal(t, "token-2", mustToken(t, s))
	})
}

func TestClockThatIsSetBackServesNoDeadToken(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC) // without a monotonic reading: a wall clock
	e := issuing(time.Hour)
	s, err := New(settings(), &http.Client{Transport: e}, func() time.Time { return now })
	require.NoError(t, err)
	assert.Equal(t, "token-1", mustToken(t, s))
	now = now.Add(-2 * time.Hour)
	assert.Equal(t, "token-2", mustToken(t, s))
	now = now.Add(365 * 24 * time.Hour)
	assert.Equal(t, "token-3", mustToken(t, s))
	assert.Equal(t, "token-3", mustToken(t, s))
}

func TestClockThatIsSetBackKeepsNoFailure(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	e := failing(401, `{"error":"invalid_client"}`)
	s, err := New(settings(), &http.Client{Transport: e}, func() time.Time { return now })
	require.NoError(t, err)
	_, err = s.Token(t.Context())
	require.Error(t, err)
	now = now.Add(-2 * time.Hour)
	_, err = s.Token(t.Context())
	require.Error(t, err)
	assert.Equal(t, 2, e.count())
}

func TestPanicOfTheLibraryIsAnError(t *testing.T) {
	t.Parallel()
	e := &endpoint{answer: func(int, *http.Request) (*http.Response, error) { panic(testSecret) }}
	_, err := newSource(t, e).Token(t.Context())
	var failure *Error
	require.ErrorAs(t, err, &failure)
	assert.NotContains(t, err.Error(), testSecret)
}
