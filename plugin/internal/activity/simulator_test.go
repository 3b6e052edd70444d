package activity_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/normalize"
	"office365/plugin/internal/activity"
	"office365/plugin/internal/auth"
	"office365/plugin/internal/config"
	"office365/plugin/internal/network"
	"office365/tests/simulator"
)

// tenant is a simulated tenant with a client of it, signed in through package
// auth as in the plugin.
type tenant struct {
	*simulator.Simulator

	client *activity.Client
	tokens *auth.Source
	http   *http.Client
}

func newTenant(t *testing.T, o simulator.Options) tenant {
	t.Helper()
	o.Now, o.Seed = time.Now, 1
	sim := simulator.New(o)
	server := simulator.NewServer(t, sim)
	s := config.Settings{
		TenantID: simulator.DefaultTenantID, ClientID: simulator.DefaultClientID,
		ClientSecret: config.Secret(simulator.DefaultClientSecret), AuthMethod: config.AuthSecret,
		Authority: server.URL, APIURL: server.URL, PublisherID: simulator.DefaultTenantID,
		CAFile: server.CAFile, TLSVerify: true, Timeout: 10 * time.Second, FetchWorkers: 8,
	}
	hc, err := network.NewClient(s)
	require.NoError(t, err)
	t.Cleanup(hc.CloseIdleConnections)
	tokens, err := auth.New(s, hc, time.Now)
	require.NoError(t, err)
	client := activity.New(activity.Options{
		BaseURL: s.APIURL, TenantID: s.TenantID, PublisherID: s.PublisherID,
		HTTP: hc, Tokens: tokens, Now: time.Now, Idle: 100 * time.Millisecond,
	})
	return tenant{Simulator: sim, client: client, tokens: tokens, http: hc}
}

// general is the content type of these tests, in the simulator's words.
const general = simulator.AuditGeneral

// fill subscribes and offers blobs of the last hour.
func (x tenant) fill(blobs, records int) {
	x.Start(general)
	now := x.Now()
	x.AddContent(general, blobs, records, now.Add(-50*time.Minute), now.Add(-time.Minute))
}

// listed follows a listing of the last hour to its end.
func (x tenant) listed(t *testing.T) ([]activity.Content, error) {
	t.Helper()
	now := x.Now()
	page, err := x.client.List(t.Context(), normalize.AuditGeneral, now.Add(-time.Hour), now)
	contents := page.Contents
	for err == nil && page.More {
		page, err = x.client.Next(t.Context(), normalize.AuditGeneral, page)
		contents = append(contents, page.Contents...)
	}
	return contents, err
}

// records fetches one content and counts its records.
func (x tenant) records(t *testing.T, id string) (int, error) {
	t.Helper()
	body, err := x.client.Content(t.Context(), normalize.AuditGeneral, id)
	if err != nil {
		return 0, err
	}
	defer func() { assert.NoError(t, body.Close()) }()
	text, err := io.ReadAll(body)
	if err != nil {
		return 0, err
	}
	var all []json.RawMessage
	err = json.Unmarshal(text, &all)
	return len(all), err
}

func TestTenantIsReadCompletely(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]simulator.Options{
		"one page": {}, "many pages": {PageSize: 3}, "shuffled": {PageSize: 3, Order: simulator.Shuffled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newTenant(t, o)
			x.fill(10, 7)
			contents, err := x.listed(t)
			require.NoError(t, err)
			require.Len(t, contents, 10)
			for _, c := range contents {
				n, err := x.records(t, c.ID)
				require.NoError(t, err)
				assert.Equal(t, 7, n)
				assert.WithinDuration(t, x.Now(), c.Created, time.Hour)
				assert.True(t, c.Expires.After(x.Now()))
			}
			assert.ElementsMatch(t, x.Offered(general), x.Served(general))
			assert.Len(t, x.Requests(simulator.RouteToken), 1)
			assert.Empty(t, x.Requests(simulator.RouteMetadata))
			assert.Empty(t, x.Failed())
			for _, r := range x.Requests() {
				if r.Route != simulator.RouteToken {
					assert.Equal(t, simulator.DefaultTenantID, r.Publisher, r.Path)
				}
			}
		})
	}
}

func TestSubscriptionsAreStartedOnce(t *testing.T) {
	t.Parallel()
	x := newTenant(t, simulator.Options{CoolDownRule: simulator.CoolDownFirst})
	list, err := x.client.Subscriptions(t.Context())
	require.NoError(t, err)
	assert.Empty(t, list)
	require.NoError(t, x.client.Start(t.Context(), normalize.AuditGeneral))
	err = x.client.Start(t.Context(), normalize.AuditGeneral)
	assert.Equal(t, activity.CoolDown, activity.ClassOf(err))
	var e *activity.Error
	require.ErrorAs(t, err, &e)
	assert.InDelta(t, 15*time.Minute, e.RetryAfter, float64(10*time.Second))
	x.Change(func(o *simulator.Options) { o.CoolDownRule = simulator.EnabledFirst })
	require.NoError(t, x.client.Start(t.Context(), normalize.AuditGeneral), "AF20024 is a success")
	list, err = x.client.Subscriptions(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 1)
	assert.True(t, list[0].Enabled())
	require.NoError(t, x.client.Stop(t.Context(), normalize.AuditGeneral))
	_, err = x.listed(t)
	assert.Equal(t, activity.Resubscribe, activity.ClassOf(err))
}

// TestFaultsOfTheListing runs the simulator's faults; a class of Success means
// that the listing is complete nevertheless.
func TestFaultsOfTheListing(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]activity.Class{
		"empty-page": activity.Success, "foreign-next": activity.Success, "lower-next": activity.Success,
		"next-page-url": activity.Success, "next-page-case": activity.Success, "on-two-pages": activity.Success,
		"loop": activity.PageLost, "stale-next": activity.PageLost, "af20031": activity.PageLost,
		"list-error-object": activity.Retry, "list-empty": activity.Retry, "list-truncated": activity.Retry, "list-html": activity.Retry,
		"no-subscription": activity.Resubscribe, "disabled": activity.Resubscribe,
		"window": activity.Window, "window-legacy": activity.Window,
		"401-once": activity.Success, "401": activity.Reauthenticate, "401-empty": activity.Reauthenticate,
		"no-permission": activity.Configuration, "key-not-found": activity.Configuration,
		"af429": activity.Throttle, "429": activity.Throttle, "af50000": activity.Retry, "503": activity.Retry,
		"redirect": activity.Retry, "single-quotes": activity.Retry, "reset": activity.Retry,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newTenant(t, simulator.Options{PageSize: 3})
			x.fill(7, 1)
			fault := simulator.MustFault(name).On(simulator.RouteContentList)
			if name == "foreign-next" {
				fault = fault.Nth(1) // it adds a link to the last page as well, for ever
			}
			x.Inject(fault)
			contents, err := x.listed(t)
			require.Equal(t, want, activity.ClassOf(err), "%v", err)
			if want != activity.Success {
				assertQuiet(t, err)
				return
			}
			ids := map[string]bool{}
			for _, c := range contents {
				ids[c.ID] = true
			}
			assert.Len(t, ids, 7)
		})
	}
}

func TestFaultsOfContent(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]activity.Class{
		"gone": activity.Gone, "gone-400": activity.Gone, "expired": activity.Gone, "expired-410": activity.Gone,
		"bad-id": activity.Quarantine, "af429-seconds": activity.Throttle, "429-date": activity.Throttle,
		"af50000": activity.Retry, "af50005": activity.Retry, "408": activity.Retry, "502": activity.Retry, "503-seconds": activity.Retry, "504": activity.Retry,
		"reset": activity.Retry, "stall": activity.Retry, "trickle": activity.Retry,
		"401-once": activity.Success, "wrong-content-type": activity.Success, "redirect": activity.Retry,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newTenant(t, simulator.Options{})
			x.fill(1, 50)
			contents, err := x.listed(t)
			require.NoError(t, err)
			x.Inject(simulator.MustFault(name))
			_, err = x.records(t, contents[0].ID)
			require.Equal(t, want, activity.ClassOf(err), "%v", err)
			if want == activity.Success {
				return
			}
			assertQuiet(t, err)
			if strings.HasSuffix(name, "-seconds") || strings.HasSuffix(name, "-date") {
				var e *activity.Error
				require.ErrorAs(t, err, &e)
				assert.Positive(t, e.RetryAfter)
			}
		})
	}
}

func TestFaultsOfTheTokenEndpoint(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]activity.Class{
		"token-7000215": activity.Configuration, "token-7000222": activity.Configuration, "token-700016": activity.Configuration,
		"token-90002": activity.Configuration, "token-53003": activity.Configuration, "token-no-roles": activity.Configuration,
		"token-90055": activity.Retry, "token-429": activity.Retry, "token-503": activity.Retry, "token-html": activity.Retry, "token-50196": activity.Retry,
		"token-strings": activity.Success, "token-5m": activity.Success, "token-short": activity.Success, "metadata-503": activity.Success,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newTenant(t, simulator.Options{})
			x.fill(1, 1)
			x.Inject(simulator.MustFault(name))
			begun := time.Now()
			for range 5 { // as five streams do
				_, err := x.listed(t)
				require.Equal(t, want, activity.ClassOf(err), "%v", err)
				if err != nil {
					assertQuiet(t, err)
				}
			}
			most := 1
			switch name {
			case "token-no-roles":
				most = 5 // a token without the permission is dropped: consent shows in a new one only
			case "token-short":
				// It lives for a second, is renewed at 80 %, and its end is in whole
				// seconds: the first may have next to nothing left.
				most += 1 + int(time.Since(begun)/(800*time.Millisecond))
			}
			assert.LessOrEqual(t, len(x.Requests(simulator.RouteToken)), most)
		})
	}
}

func TestRevokedTokenIsReplaced(t *testing.T) {
	t.Parallel()
	x := newTenant(t, simulator.Options{})
	x.fill(3, 1)
	_, err := x.listed(t)
	require.NoError(t, err)
	x.RevokeTokens()
	contents, err := x.listed(t)
	require.NoError(t, err)
	assert.Len(t, contents, 3)
	assert.Len(t, x.Requests(simulator.RouteToken), 2)
}

func TestClaimsOfTheTenantsTokenAreGood(t *testing.T) {
	t.Parallel()
	x := newTenant(t, simulator.Options{})
	token, err := x.tokens.Token(t.Context())
	require.NoError(t, err)
	claims, err := auth.Inspect(token)
	require.NoError(t, err)
	want := auth.Wanted{TenantID: simulator.DefaultTenantID, APIURL: claims.Audience, ContentTypes: normalize.ContentTypes()}
	assert.Empty(t, claims.Hints(want))
}

// assertQuiet checks that an error shows no secret and no query.
func assertQuiet(t *testing.T, err error) {
	t.Helper()
	for _, part := range []string{simulator.DefaultClientSecret, "eyJ", "PublisherIdentifier", "startTime=", "nextPage=", "\n", "Trace ID"} {
		assert.NotContains(t, err.Error(), part)
	}
	var e *activity.Error
	require.ErrorAs(t, err, &e)
	assert.NotEmpty(t, e.Advice(), err.Error())
}
