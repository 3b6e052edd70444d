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

// control calls a control route and wants it to succeed.
func (c *client) control(method, path, body string) string {
	c.t.Helper()
	req, err := http.NewRequest(method, c.server.URL+"/_sim/"+path, strings.NewReader(body))
	require.NoError(c.t, err)
	a := c.do(req)
	require.Equal(c.t, http.StatusOK, a.StatusCode, a.body)
	return a.body
}

func TestControlRoutesDoWhatTheMethodsDo(t *testing.T) {
	t.Parallel()
	c := newClient(t, simulator.Options{})
	assert.Contains(t, c.control("GET", "", ""), "POST   /_sim/content")

	c.control("POST", "subscriptions?do=start&type=Audit.General", "")
	assert.Equal(t, map[simulator.ContentType]string{simulator.AuditGeneral: "enabled"}, c.sim.Subscribed())

	c.control("POST", "content?type=Audit.General&blobs=3&records=4&from=-2h&to=2026-03-02T11:00:00Z", "")
	assert.Len(t, c.sim.Contents(), 3)
	var ids []string
	require.NoError(t, json.Unmarshal([]byte(c.control("POST", "blob", `{"type":"Audit.General","created":"2026-03-02T11:30:00Z","records":[{"Id":"r1"}]}`)), &ids))
	assert.JSONEq(t, `[{"Id":"r1"}]`, c.get("audit/"+ids[0]).body)
	c.control("POST", "republish?created=-5m&id="+strings.ReplaceAll(ids[0], "$", "%24"), "")
	assert.Len(t, strings.Fields(c.control("GET", "offered?type=Audit.General", "")), 3*4+2)
	assert.Equal(t, 14, strings.Count(c.control("GET", "ledger", ""), "\n"))
	assert.Equal(t, 5, strings.Count(c.control("GET", "contents", ""), "\n"))

	c.control("POST", "clock?advance=90m", "")
	assert.Equal(t, noon.Add(90*time.Minute), c.sim.Now())
	assert.Equal(t, http.StatusUnauthorized, c.get("subscriptions/list").StatusCode, "the token has ended")
	c.token = c.newToken()
	c.control("POST", "tokens/revoke", "")
	assert.Equal(t, http.StatusUnauthorized, c.get("subscriptions/list").StatusCode)

	assert.Contains(t, c.control("GET", "requests?route=list", ""), `"status":401`)
	c.control("DELETE", "requests", "")
	assert.Empty(t, c.sim.Requests())
	assert.Contains(t, c.control("GET", "state", ""), `"tenant":"`+c.tenant+`"`)
}

func TestControlInjectsFaults(t *testing.T) {
	t.Parallel()
	c := newClient(t, simulator.Options{})
	assert.Contains(t, c.control("GET", "faults/catalog", ""), `"name":"af50000-burst"`)
	c.control("POST", "faults?name=503:route=list,times=1", "")
	assert.Equal(t, 503, c.get("subscriptions/list").StatusCode)
	assert.Equal(t, 200, c.get("subscriptions/list").StatusCode)
	c.control("POST", "faults", `{"name":"mine","route":"list","action":{"status":418,"body":"tea","header":{"Retry-After":"{now+1m}"},"trickle":{"bytes":1,"every":"1ns"}}}`)
	a := c.get("subscriptions/list")
	assert.Equal(t, "tea", a.body)
	assert.Equal(t, "Mon, 02 Mar 2026 12:01:00 GMT", a.Header.Get("Retry-After"))
	assert.Contains(t, c.control("GET", "faults", ""), `"name":"mine"`)
	c.control("DELETE", "faults?name=mine", "")
	assert.Equal(t, 200, c.get("subscriptions/list").StatusCode)
	c.control("DELETE", "faults", "")
	assert.Empty(t, c.sim.Injected())
}

func TestControlSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	c := newClient(t, simulator.Options{})
	for _, path := range []string{
		"content?type=Audit.Teams", "content?blobs=x", "content?records=-1", "content?from=noon", "content?to=noon", "blob", "republish?id=x",
		"republish?created=x", "clock?advance=2", "subscriptions?do=pause", "subscriptions?type=x", "faults?name=x", "faults",
	} {
		a := c.call(http.MethodPost, "/_sim/"+path)
		assert.Equal(t, http.StatusBadRequest, a.StatusCode, path)
		assert.Contains(t, a.body, `"error"`, path)
	}
	assert.Equal(t, http.StatusBadRequest, c.get("/_sim/ledger?type=x").StatusCode)
	assert.Equal(t, http.StatusNotFound, c.get("/_sim/nothing").StatusCode)
}

func TestAMuxKeepsTenantsApart(t *testing.T) {
	t.Parallel()
	first := simulator.New(simulator.Options{Now: at(noon)})
	second := simulator.New(simulator.Options{Now: at(noon), TenantID: "1bb0aaaa-1111-2222-3333-444455556666", Domain: "fabrikam.example", ClientSecret: "another"})
	mux := simulator.NewMux(first)
	mux.Add(second)
	server := simulator.NewServer(t, mux)
	a, b := connect(t, first, server), connect(t, second, server)

	first.Start(simulator.AuditExchange)
	assert.JSONEq(t, `[{"contentType":"Audit.Exchange","status":"enabled","webhook":null}]`, a.get("subscriptions/list").body)
	assert.Equal(t, "[]", b.get("subscriptions/list").body)
	assert.Equal(t, "AF20010", b.get("/api/v1.0/"+a.tenant+"/activity/feed/subscriptions/list").code(t), "its own token in the other's path")
	assert.Equal(t, http.StatusOK, b.postForm("/fabrikam.example/oauth2/v2.0/token", b.form()).StatusCode)
	assert.Contains(t, a.postForm("/2bb0aaaa-1111-2222-3333-444455556666/oauth2/v2.0/token", a.form()).body, "AADSTS90002")

	b.control("POST", "content?type=DLP.All&records=2&tenant="+b.tenant, "")
	assert.Empty(t, first.Offered())
	assert.Len(t, second.Offered(), 2)
	assert.Same(t, second, mux.Tenant("FABRIKAM.example"))
}
