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

func TestRefusedContents(t *testing.T) {
	t.Parallel()
	c := newClient(t, simulator.Options{})
	c.sim.Start(simulator.AuditExchange)
	good := c.sim.AddBlob(simulator.Blob{Type: simulator.AuditExchange, Created: noon.Add(-time.Hour), Generate: 1})
	other := c.sim.AddBlob(simulator.Blob{Type: simulator.AuditGeneral, Created: noon.Add(-time.Hour), Generate: 1})
	ended := c.sim.AddBlob(simulator.Blob{Type: simulator.AuditExchange, Created: noon.Add(-time.Hour), Expires: noon, Generate: 1})
	for name, test := range map[string]struct {
		id, code string
		status   int
	}{
		"unknown":                 {id: "1$2$audit_exchange$Audit_Exchange$na0030$na0030", status: 404, code: "AF20050"},
		"not an id":               {id: "hello", status: 400, code: "AF20052"},
		"escaped dollars":         {id: strings.ReplaceAll(good, "$", "%24"), status: 400, code: "AF20052"},
		"expired":                 {id: ended, status: 400, code: "AF20051"},
		"of another subscription": {id: other, status: 400, code: "AF20022"},
	} {
		a := c.get("audit/" + test.id)
		assert.Equal(t, test.status, a.StatusCode, name)
		assert.Equal(t, test.code, a.code(t), name)
	}
	assert.Equal(t, http.StatusOK, c.get("audit/"+good).StatusCode)
	assert.Equal(t, http.StatusOK, c.get("Audit/"+good).StatusCode, "the segment in any case")

	c.sim.Change(func(o *simulator.Options) { o.ExpiredStatus, o.NotFoundStatus = 410, 400 })
	assert.Equal(t, http.StatusGone, c.get("audit/"+ended).StatusCode)
	assert.Equal(t, http.StatusBadRequest, c.get("audit/1$2").StatusCode)
}

func TestContentIsTheSameEachTimeAndGzippedWhenAskedFor(t *testing.T) {
	t.Parallel()
	c := newClient(t, simulator.Options{})
	c.sim.Start()
	id := c.sim.AddBlob(simulator.Blob{Type: simulator.AuditGeneral, Created: noon.Add(-time.Hour), Generate: 100})
	plain := c.get("audit/" + id)
	assert.Empty(t, plain.Header.Get("Content-Encoding"))
	assert.Equal(t, plain.body, c.get("audit/"+id).body)

	c.header.Set("Accept-Encoding", "deflate, gzip;q=0.9")
	packed := c.get("audit/" + id)
	assert.Equal(t, "gzip", packed.Header.Get("Content-Encoding"))
	assert.Equal(t, plain.body, gunzip(t, packed.body))
	assert.Less(t, len(packed.body), len(plain.body)/2)

	c.sim.Prepare()
	prepared := c.get("audit/" + id)
	assert.Equal(t, plain.body, gunzip(t, prepared.body))
	assert.Equal(t, int64(len(prepared.body)), prepared.ContentLength)
	c.sim.Inject(simulator.MustFault("bom"))
	assert.Equal(t, "\ufeff"+plain.body, gunzip(t, c.get("audit/"+id).body))
}

func TestALongContentIsStreamed(t *testing.T) {
	t.Parallel()
	c := newClient(t, simulator.Options{})
	c.sim.Start()
	id := c.sim.AddBlob(simulator.Blob{Type: simulator.AuditSharePoint, Created: noon.Add(-time.Hour), Generate: 5000})
	a := c.get("audit/" + id)
	assert.Equal(t, int64(-1), a.ContentLength)
	assert.Greater(t, len(a.body), 5_000_000)
	assert.Len(t, a.recordIDs(t), 5000)
}

func TestGivenRecordsAndBodiesGoOutAsTheyAre(t *testing.T) {
	t.Parallel()
	c := newClient(t, simulator.Options{})
	c.sim.Start()
	records := c.sim.AddBlob(simulator.Blob{Type: simulator.DLPAll, Created: noon.Add(-time.Hour), Records: []json.RawMessage{
		[]byte(`{"Id":"a"}`), []byte(`{"Id":"A"}`), []byte(`{"Id":7}`), []byte(`{"Id":""}`), []byte(`{`),
	}})
	body := c.sim.AddBlob(simulator.Blob{Type: simulator.DLPAll, Created: noon.Add(-time.Hour), ID: "own-id", Body: []byte(`nothing like it`)})
	const want = `[{"Id":"a"},{"Id":"A"},{"Id":7},{"Id":""},{]`
	assert.Len(t, c.get("audit/"+records).body, len(want))
	assert.Contains(t, c.get("audit/"+records).body, want)
	assert.Equal(t, "own-id", body)
	assert.Equal(t, "nothing like it", c.get("audit/own-id").body)
	assert.Equal(t, []string{"a", "A"}, c.sim.Offered())
}

func TestRepublishedContentHasTheSameRecords(t *testing.T) {
	t.Parallel()
	c := newClient(t, simulator.Options{})
	c.sim.Start()
	old := c.sim.AddBlob(simulator.Blob{Type: simulator.AuditExchange, Created: noon.Add(-5 * 24 * time.Hour), Generate: 20})
	again := c.sim.Republish(old, noon.Add(-time.Hour))
	assert.NotEqual(t, old, again)
	assert.Equal(t, c.get("audit/"+old).body, c.get("audit/"+again).body)
	assert.Len(t, c.sim.Offered(), 40)
	assert.Empty(t, c.sim.Republish("no such", noon))
}

func TestWithoutTheDLPRoleDetectionsAreMissing(t *testing.T) {
	t.Parallel()
	for name, roles := range map[string][]string{"with": nil, "without": {"ActivityFeed.Read"}} {
		c := newClient(t, simulator.Options{Roles: roles})
		c.sim.Start()
		id := c.sim.AddBlob(simulator.Blob{Type: simulator.DLPAll, Created: noon.Add(-time.Hour), Generate: 6})
		a := c.get("audit/" + id)
		assert.Equal(t, name == "with", strings.Contains(a.body, "DetectedValues"))
		assert.Equal(t, name == "with", strings.Contains(a.body, `"SensitiveInfoDetectionIsIncluded":true`))
		assert.ElementsMatch(t, c.sim.Offered(), a.recordIDs(t))
	}
}

func TestLedgerCountsListingsAndCompleteAnswers(t *testing.T) {
	t.Parallel()
	c := newClient(t, simulator.Options{})
	c.sim.Start()
	id := c.sim.AddBlob(simulator.Blob{Type: simulator.AuditExchange, Created: noon.Add(-time.Hour), Generate: 2})
	c.list(simulator.AuditExchange, noon.Add(-2*time.Hour), noon)
	c.list(simulator.AuditExchange, noon.Add(-2*time.Hour), noon)
	c.sim.Inject(simulator.MustFault("truncated-once"))
	assert.False(t, json.Valid([]byte(c.get("audit/"+id).body)))
	assert.Empty(t, c.sim.Served())
	c.get("audit/" + id)

	content := c.sim.Contents()[0]
	assert.Equal(t, simulator.Content{Type: simulator.AuditExchange, ID: id, Created: noon.Add(-time.Hour), Records: 2, Listed: 2, Requested: 2, Served: 1}, content)
	count := 0
	for d := range c.sim.Ledger() {
		assert.Equal(t, simulator.Delivery{ID: c.sim.Offered()[count], ContentType: simulator.AuditExchange, ContentID: id, Position: count, Listed: 2, Served: 1}, d)
		count++
	}
	assert.Equal(t, 2, count)
	assert.Equal(t, c.sim.Offered(), c.sim.Served())
}

func TestRequestLogHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	c := newClient(t, simulator.Options{})
	c.header.Set("User-Agent", "collector/1")
	require.NotEmpty(t, c.newToken())
	c.sim.Start()
	c.get("subscriptions/content?contentType=Audit.General&PublisherIdentifier=" + c.tenant)
	c.token = ""
	c.get("subscriptions/list")

	log := c.sim.Requests()
	require.Len(t, log, 3)
	for i := range log {
		log[i].Bytes = 0 // set after the answer has gone out
	}
	assert.Equal(t, "secret", log[0].Credential)
	assert.Equal(t, 2, log[0].Token)
	assert.Equal(t, simulator.Request{
		Number: log[1].Number, At: noon, Tenant: c.tenant, Method: "GET", Path: "/api/v1.0/" + c.tenant + "/activity/feed/subscriptions/content",
		Query: "contentType=Audit.General&PublisherIdentifier=" + c.tenant, Route: simulator.RouteContentList, ContentType: simulator.AuditGeneral,
		Publisher: c.tenant, Token: 1, Bearer: true, UserAgent: "collector/1", Proto: log[1].Proto, Status: 200,
	}, log[1])
	assert.Equal(t, 401, log[2].Status)
	assert.False(t, log[2].Bearer)
	assert.Len(t, c.sim.Requests(simulator.RouteList), 1)
	assert.Len(t, c.sim.Failed(), 1)

	text, err := json.Marshal(log)
	require.NoError(t, err)
	assert.NotContains(t, string(text), simulator.DefaultClientSecret)
	assert.NotContains(t, string(text), "eyJ")
}

func TestRequestLogIsBounded(t *testing.T) {
	t.Parallel()
	c := newClient(t, simulator.Options{LogLimit: 5})
	for range 20 {
		c.get("subscriptions/list")
	}
	log := c.sim.Requests()
	assert.LessOrEqual(t, len(log), 10)
	assert.Equal(t, 21, log[len(log)-1].Number, "numbers go on, the token request included")
}
