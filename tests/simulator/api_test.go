package simulator_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/simulator"
)

func TestChecksOfACall(t *testing.T) {
	t.Parallel()
	const (
		list  = "subscriptions/list"
		start = "subscriptions/start"
	)
	foreign := "1aa0aaaa-1111-2222-3333-444455556666"
	tests := []struct {
		name    string
		options simulator.Options
		before  func(c *client)
		method  string
		path    string
		status  int
		code    string
	}{
		{name: "no token", before: func(c *client) { c.token = "" }, path: list, status: 401},
		{name: "a token of nobody", before: func(c *client) { c.token = "eyJ0eXAi.e30.AAAA" }, path: list, status: 401},
		{name: "a changed token", before: func(c *client) { c.token = c.token[:len(c.token)-8] + "AAAAAAAA" }, path: list, status: 401},
		{name: "an ended token", before: func(c *client) { c.sim.Advance(time.Hour) }, path: list, status: 401},
		{name: "a revoked token", before: func(c *client) { c.sim.RevokeTokens() }, path: list, status: 401},
		{name: "no role", options: simulator.Options{Roles: []string{}}, path: list, status: 401, code: "AF10001"},
		{
			name: "no DLP role, strict", options: simulator.Options{Roles: []string{"ActivityFeed.Read"}, StrictDLP: true},
			method: http.MethodPost, path: start + "?contentType=DLP.All", status: 401, code: "AF10001",
		},
		{
			name: "no DLP role, another type", options: simulator.Options{Roles: []string{"ActivityFeed.Read"}, StrictDLP: true},
			method: http.MethodPost, path: start + "?contentType=Audit.General", status: 200,
		},
		{name: "a domain in the path", path: "/api/v1.0/contoso.example/activity/feed/" + list, status: 400, code: "AF20013"},
		{name: "a foreign tenant", path: "/api/v1.0/" + foreign + "/activity/feed/" + list, status: 400, code: "AF20010"},
		{
			name: "a foreign tenant, lenient", options: simulator.Options{LenientTenant: true},
			path: "/api/v1.0/" + foreign + "/activity/feed/" + list, status: 200,
		},
		{name: "the tenant in capitals, v1", path: "/api/v1/" + strings.ToUpper(simulator.DefaultTenantID) + "/activity/feed/" + list, status: 200},
		{name: "a publisher that is no GUID", path: list + "?PublisherIdentifier=me", status: 400, code: "AF20002"},
		{name: "no content type", method: http.MethodPost, path: start, status: 400, code: "AF20001"},
		{name: "an unknown content type", method: http.MethodPost, path: start + "?contentType=Audit.Teams", status: 400, code: "AF20020"},
		{name: "a content type in small letters", method: http.MethodPost, path: start + "?contentType=audit.general", status: 400, code: "AF20020"},
		{name: "a parameter name in small letters", method: http.MethodPost, path: start + "?contenttype=Audit.General", status: 200},
		{name: "never started", path: "subscriptions/content?contentType=Audit.General", status: 400, code: "AF20022"},
		{
			name: "stopped", before: func(c *client) { c.sim.Start(); c.sim.Stop() },
			path: "subscriptions/content?contentType=Audit.General", status: 400, code: "AF20023",
		},
		{name: "start by GET", path: start + "?contentType=Audit.General", status: 405},
		{name: "no such operation", path: "subscriptions/restart", status: 404},
		{name: "notifications", before: func(c *client) { c.sim.Start() }, path: "subscriptions/notifications?contentType=Audit.General", status: 200},
		{name: "friendly names", path: "resources/dlpSensitiveTypes", status: 200},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, test.options)
			if test.before != nil {
				test.before(c)
			}
			method := test.method
			if method == "" {
				method = http.MethodGet
			}
			a := c.call(method, test.path)
			assert.Equal(t, test.status, a.StatusCode, a.body)
			if test.code != "" {
				assert.Equal(t, test.code, a.code(t))
			}
			if test.status == http.StatusUnauthorized && test.code == "" {
				assert.JSONEq(t, `{"Message":"Authorization has been denied for this request."}`, a.body)
				assert.Len(t, a.body, 61)
				assert.Equal(t, "Bearer", a.Header.Get("WWW-Authenticate"))
			}
		})
	}
}

func TestHeadersAreThoseOfTheService(t *testing.T) {
	t.Parallel()
	c := newClient(t, simulator.Options{})
	a := c.get("subscriptions/list")
	for name, value := range map[string]string{
		"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-cache", "Pragma": "no-cache", "Expires": "-1",
		"Server": "Microsoft-IIS/10.0", "X-AspNet-Version": "4.0.30319", "X-Powered-By": "ASP.NET",
		"Date": "Mon, 02 Mar 2026 12:00:00 GMT", "Content-Length": "2",
	} {
		assert.Equal(t, value, a.Header.Get(name), name)
	}
	assert.Equal(t, "[]", a.body)
	assert.Empty(t, a.Header.Get("Retry-After"))
}

func TestQuotaIsCountedForEachPublisher(t *testing.T) {
	t.Parallel()
	c := newClient(t, simulator.Options{QuotaPerMinute: 40})
	own := "subscriptions/list?PublisherIdentifier=" + c.tenant
	for range 40 {
		require.Equal(t, http.StatusOK, c.get(own).StatusCode)
	}
	refused := c.get(own)
	assert.Equal(t, http.StatusForbidden, refused.StatusCode)
	assert.JSONEq(t, `{"error":{"code":"AF429","message":"Too many requests. Method=GetSubscriptions, PublisherId=`+c.tenant+`"}}`, refused.body)

	for range 2 { // a twentieth for all who do not say who they are
		require.Equal(t, http.StatusOK, c.get("subscriptions/list").StatusCode)
	}
	assert.Contains(t, c.get("subscriptions/list").body, "PublisherId=00000000-0000-0000-0000-000000000000")

	c.sim.Advance(time.Minute)
	assert.Equal(t, http.StatusOK, c.get(own).StatusCode)
}

func TestSubscriptionStates(t *testing.T) {
	t.Parallel()
	const ct = simulator.AuditGeneral
	c := newClient(t, simulator.Options{})
	stop := func() answer { return c.call(http.MethodPost, "subscriptions/stop?contentType="+string(ct)) }

	assert.Equal(t, "AF20022", stop().code(t))
	first := c.start(ct)
	require.Equal(t, http.StatusOK, first.StatusCode)
	assert.JSONEq(t, `{"contentType":"Audit.General","status":"enabled","webhook":null}`, first.body)

	c.sim.Advance(4 * time.Second)
	again := c.start(ct)
	assert.Equal(t, http.StatusForbidden, again.StatusCode)
	assert.JSONEq(t, `{"error":{"code":"429","message":"Too many frequent subscription start requests. Please retry again after 14m 56s."}}`, again.body)
	assert.Equal(t, http.StatusOK, c.start(simulator.AuditExchange).StatusCode, "the cool-down is that of a content type")

	c.sim.Advance(15 * time.Minute)
	assert.Equal(t, "AF20024", c.start(ct).code(t))
	assert.Equal(t, "AF20024", c.start(ct).code(t), "which starts no cool-down")

	stopped := stop()
	assert.Equal(t, http.StatusOK, stopped.StatusCode)
	assert.Empty(t, stopped.body)
	assert.JSONEq(t, `[{"contentType":"Audit.Exchange","status":"enabled","webhook":null},{"contentType":"Audit.General","status":"disabled","webhook":null}]`, c.get("subscriptions/list").body)
	assert.Equal(t, "AF20023", c.list(ct, noon.Add(-time.Hour), noon).code(t))

	assert.Equal(t, http.StatusOK, c.start(ct).StatusCode)
	assert.Equal(t, map[simulator.ContentType]string{ct: "enabled", simulator.AuditExchange: "enabled"}, c.sim.Subscribed())
}

func TestCoolDownRules(t *testing.T) {
	t.Parallel()
	tests := []struct {
		rule                   simulator.CoolDownRule
		coolDown               time.Duration
		atOnce, after14, stale string // codes of starts 0, 14 and 16 minutes after the first
	}{
		{simulator.CoolDownFirst, 0, "429", "429", "AF20024"},
		{simulator.EnabledFirst, 0, "AF20024", "AF20024", "AF20024"},
		{simulator.CoolDownFirst, -1, "AF20024", "AF20024", "AF20024"},
		{simulator.CoolDownFirst, 5 * time.Minute, "429", "AF20024", "AF20024"},
	}
	for _, test := range tests {
		t.Run(string(test.rule)+test.coolDown.String(), func(t *testing.T) {
			t.Parallel()
			c := newClient(t, simulator.Options{CoolDown: test.coolDown, CoolDownRule: test.rule})
			require.Equal(t, http.StatusOK, c.start(simulator.DLPAll).StatusCode)
			assert.Equal(t, test.atOnce, c.start(simulator.DLPAll).code(t))
			c.sim.Advance(14 * time.Minute)
			assert.Equal(t, test.after14, c.start(simulator.DLPAll).code(t))
			c.sim.Advance(2 * time.Minute)
			assert.Equal(t, test.stale, c.start(simulator.DLPAll).code(t))
		})
	}
	t.Run("an AF20024 that restarts the cool-down", func(t *testing.T) {
		t.Parallel()
		c := newClient(t, simulator.Options{CoolDownRule: simulator.EnabledRestarts})
		require.Equal(t, http.StatusOK, c.start(simulator.DLPAll).StatusCode)
		c.sim.Advance(14 * time.Minute)
		require.Equal(t, "AF20024", c.start(simulator.DLPAll).code(t))
		c.sim.Stop(simulator.DLPAll)
		c.sim.Advance(2 * time.Minute)
		assert.Equal(t, "429", c.start(simulator.DLPAll).code(t))
	})
}

func TestAuditingOffIsAnExceptionText(t *testing.T) {
	t.Parallel()
	c := newClient(t, simulator.Options{AuditOff: true})
	a := c.start(simulator.AuditGeneral)
	assert.Equal(t, http.StatusBadRequest, a.StatusCode)
	assert.Contains(t, a.body, "DataServiceException: Tenant "+c.tenant+" does not exist")
	assert.True(t, json.Valid([]byte(a.body)))

	c.sim.Change(func(o *simulator.Options) { o.AuditOff = false })
	assert.Equal(t, http.StatusOK, c.start(simulator.AuditGeneral).StatusCode)
}

func TestFirstStartMayBackfillAndWithhold(t *testing.T) {
	t.Parallel()
	c := newClient(t, simulator.Options{Backfill: simulator.Backfill{Blobs: 11, Records: 2}, Withhold: 10 * time.Minute})
	require.Equal(t, http.StatusOK, c.start(simulator.AuditExchange).StatusCode)
	from, to := noon.Add(-23*time.Hour), noon
	assert.Empty(t, c.list(simulator.AuditExchange, from, to).entries(t))
	c.sim.Advance(10 * time.Minute)
	entries := c.list(simulator.AuditExchange, from, to).entries(t)
	require.Len(t, entries, 11)
	assert.Equal(t, "2026-03-01T14:00:00.000Z", entries[0].ContentCreated)
}

func TestContentOfAStoppedSubscriptionIsLost(t *testing.T) {
	t.Parallel()
	const ct = simulator.AuditGeneral
	c := newClient(t, simulator.Options{})
	c.sim.Start(ct)
	c.sim.Stop(ct)
	c.sim.Advance(10 * time.Minute)
	lost := c.sim.AddBlob(simulator.Blob{Type: ct, Generate: 3})
	c.sim.Advance(10 * time.Minute)
	c.sim.Start(ct)
	kept := c.sim.AddBlob(simulator.Blob{Type: ct, Generate: 2})
	c.sim.Advance(time.Minute)

	entries := c.list(ct, noon, noon.Add(time.Hour)).entries(t)
	assert.Equal(t, []string{kept}, contentIDs(entries))
	assert.Len(t, c.sim.Offered(), 2)
	assert.Equal(t, "AF20050", c.get("audit/"+lost).code(t))
}
