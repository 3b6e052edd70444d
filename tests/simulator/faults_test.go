package simulator_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/simulator"
)

// oneBlob is a tenant with a content of ten records, of 14 KB.
func oneBlob(t *testing.T) (c *client, id string) {
	t.Helper()
	c = newClient(t, simulator.Options{})
	c.sim.Start()
	id = c.sim.AddBlob(simulator.Blob{Type: simulator.AuditExchange, Created: noon.Add(-time.Hour), Generate: 10})
	return c, id
}

func TestStatusFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		fault  string
		status int
		code   string
		body   string
		header [2]string
	}{
		{fault: "401-once", status: 401, body: "Authorization has been denied", header: [2]string{"WWW-Authenticate", "Bearer"}},
		{fault: "401-empty", status: 401},
		{fault: "no-permission", status: 401, code: "AF10001"},
		{fault: "af429", status: 403, code: "AF429", body: "Method=GetBlob, PublisherId=00000000-0000-0000-0000-000000000000", header: [2]string{"Retry-After", ""}},
		{fault: "af429-seconds", status: 403, code: "AF429", header: [2]string{"Retry-After", "2"}},
		{fault: "af429-date", status: 403, code: "AF429", header: [2]string{"Retry-After", "Mon, 02 Mar 2026 12:00:02 GMT"}},
		{fault: "429", status: 429, code: "AF429"},
		{fault: "429-seconds", status: 429, code: "AF429", header: [2]string{"Retry-After", "2"}},
		{fault: "429-date", status: 429, code: "AF429", header: [2]string{"Retry-After", "Mon, 02 Mar 2026 12:00:02 GMT"}},
		{fault: "af50000", status: 500, code: "AF50000"},
		{fault: "af50005", status: 500, code: "AF50005"},
		{fault: "key-not-found", status: 500, body: "KeyNotFoundException"},
		{fault: "single-quotes", status: 500, body: "'code':'AF50000'"},
		{fault: "408", status: 408},
		{fault: "502", status: 502, body: "<html>", header: [2]string{"Content-Type", "text/html; charset=utf-8"}},
		{fault: "503", status: 503, body: "<html>"},
		{fault: "504", status: 504, body: "<html>"},
		{fault: "redirect", status: 302, header: [2]string{"Location", "https://manage.attacker.invalid"}},
		{fault: "gone", status: 404, code: "AF20050"},
		{fault: "gone-400", status: 400, code: "AF20050"},
		{fault: "expired", status: 400, code: "AF20051"},
		{fault: "expired-410", status: 410, code: "AF20051"},
		{fault: "bad-id", status: 400, code: "AF20052"},
	}
	for _, test := range tests {
		t.Run(test.fault, func(t *testing.T) {
			t.Parallel()
			c, id := oneBlob(t)
			remove := c.sim.Inject(simulator.MustFault(test.fault))
			a := c.get("audit/" + id)
			assert.Equal(t, test.status, a.StatusCode)
			assert.Contains(t, a.body, test.body)
			if test.code != "" {
				assert.Equal(t, test.code, a.code(t))
				assert.Equal(t, test.code, c.sim.Requests(simulator.RouteBlob)[0].Code)
			}
			if name := test.header[0]; name != "" {
				assert.True(t, strings.HasPrefix(a.Header.Get(name), test.header[1]), a.Header.Get(name))
				assert.Equal(t, test.header[1] == "", a.Header.Get(name) == "")
			}
			assert.Equal(t, test.fault, c.sim.Requests(simulator.RouteBlob)[0].Fault)
			remove()
			assert.Len(t, c.get("audit/"+id).recordIDs(t), 10)
		})
	}
}

func TestBodyFaults(t *testing.T) {
	t.Parallel()
	tests := map[string]func(t *testing.T, whole string, a answer){
		"truncated": func(t *testing.T, whole string, a answer) {
			t.Helper()
			require.NoError(t, a.err)
			assert.Equal(t, whole[:len(whole)-37], a.body)
		},
		"empty":        func(t *testing.T, _ string, a answer) { t.Helper(); assert.Empty(t, a.body) },
		"error-object": func(t *testing.T, _ string, a answer) { t.Helper(); assert.Equal(t, "AF50000", a.code(t)) },
		"empty-object": func(t *testing.T, _ string, a answer) { t.Helper(); assert.Equal(t, "{}", a.body) },
		"html":         func(t *testing.T, _ string, a answer) { t.Helper(); assert.Contains(t, a.body, "<html>") },
		"single-object": func(t *testing.T, whole string, a answer) {
			t.Helper()
			assert.True(t, strings.HasPrefix(whole[1:], a.body))
		},
		"bom": func(t *testing.T, whole string, a answer) { t.Helper(); assert.Equal(t, "\ufeff"+whole, a.body) },
		"wrong-content-type": func(t *testing.T, whole string, a answer) {
			t.Helper()
			assert.Equal(t, whole, a.body)
			assert.Equal(t, "application/octet-stream", a.Header.Get("Content-Type"))
		},
		"reset": func(t *testing.T, whole string, a answer) {
			t.Helper()
			require.Error(t, a.err)
			assert.Less(t, len(a.body), len(whole))
		},
		"invalid-utf8": func(t *testing.T, _ string, a answer) {
			t.Helper()
			assert.False(t, utf8.ValidString(a.body))
			assert.Len(t, a.recordIDs(t), 11, "encoding/json is not strict")
		},
		"malformed-record": func(t *testing.T, whole string, a answer) {
			t.Helper()
			assert.False(t, json.Valid([]byte(a.body)))
			before, after, found := strings.Cut(a.body, `,{"CreationTime":"2026-03-02T10:16:31","Id":"broken","Operation":tru,"x":01}`)
			assert.True(t, found)
			assert.Equal(t, whole, before+after)
		},
		"no-object": func(t *testing.T, _ string, a answer) { t.Helper(); assert.Contains(t, a.body, `},"a string in place`) },
		"no-id":     func(t *testing.T, _ string, a answer) { t.Helper(); assert.Len(t, a.recordIDs(t), 11) },
	}
	for fault, check := range tests {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			c, id := oneBlob(t)
			whole := c.get("audit/" + id).body
			c.sim.Inject(simulator.MustFault(fault))
			a := c.get("audit/" + id)
			assert.Equal(t, http.StatusOK, a.StatusCode)
			check(t, whole, a)
		})
	}
}

func TestAResetBreaksTheConnectionOfHTTP1(t *testing.T) {
	t.Parallel()
	sim := simulator.New(simulator.Options{Now: at(noon)})
	c := connect(t, sim, simulator.NewHTTP1Server(t, sim))
	c.sim.Start()
	id := c.sim.AddBlob(simulator.Blob{Type: simulator.AuditExchange, Created: noon.Add(-time.Hour), Generate: 10})
	c.sim.Inject(simulator.MustFault("reset-once"))
	require.Error(t, c.get("audit/"+id).err)
	assert.Empty(t, c.sim.Served())
	a := c.get("audit/" + id)
	require.NoError(t, a.err)
	assert.Equal(t, c.sim.Offered(), a.recordIDs(t))
}

func TestATrickleArrivesWhole(t *testing.T) {
	t.Parallel()
	c, id := oneBlob(t)
	whole := c.get("audit/" + id).body
	fault := simulator.MustFault("trickle")
	fault.Action.Trickle = simulator.Trickle{Bytes: 700, Every: simulator.Duration(time.Microsecond)}
	c.sim.Inject(fault)
	a := c.get("audit/" + id)
	assert.Equal(t, int64(-1), a.ContentLength)
	assert.Equal(t, whole, a.body)
}

func TestPagingFaults(t *testing.T) {
	t.Parallel()
	from, to := noon.Add(-time.Hour), noon
	prepare := func(t *testing.T, fault string) (*client, []string) {
		t.Helper()
		c := newClient(t, simulator.Options{PageSize: 2})
		c.sim.Start()
		ids := c.sim.AddContent(simulator.AuditExchange, 5, 1, from, to)
		c.sim.Inject(simulator.MustFault(fault))
		return c, ids
	}
	t.Run("empty page with a next one", func(t *testing.T) {
		t.Parallel()
		c, ids := prepare(t, "empty-page")
		pages := c.pages(simulator.AuditExchange, from, to)
		require.Len(t, pages, 4)
		assert.Empty(t, pages[0])
		assert.Equal(t, ids, contentIDs(pages...))
	})
	t.Run("foreign host", func(t *testing.T) {
		t.Parallel()
		c, _ := prepare(t, "foreign-next")
		next := c.list(simulator.AuditExchange, from, to).Header.Get("NextPageUri")
		assert.True(t, strings.HasPrefix(next, "https://manage.attacker.invalid/api/v1/"), next)
	})
	t.Run("endless loop", func(t *testing.T) {
		t.Parallel()
		c, _ := prepare(t, "loop")
		a := c.list(simulator.AuditExchange, from, to)
		next := a.Header.Get("NextPageUri")
		assert.Equal(t, a.Request.URL.String(), next)
		assert.Equal(t, next, c.get(next).Header.Get("NextPageUri"))
	})
	t.Run("names in small letters", func(t *testing.T) {
		t.Parallel()
		c, ids := prepare(t, "lower-next")
		next := c.list(simulator.AuditExchange, from, to).Header.Get("NextPageUri")
		assert.Contains(t, next, "&starttime=")
		assert.Contains(t, next, "&endtime=")
		assert.Contains(t, next, "&nextpage=")
		assert.Equal(t, ids, contentIDs(c.pages(simulator.AuditExchange, from, to)...))
	})
	t.Run("a content on two pages", func(t *testing.T) {
		t.Parallel()
		c, ids := prepare(t, "on-two-pages")
		want := []string{ids[0], ids[1], ids[1], ids[2], ids[3], ids[3], ids[4]}
		assert.Equal(t, want, contentIDs(c.pages(simulator.AuditExchange, from, to)...))
	})
	t.Run("refused token", func(t *testing.T) {
		t.Parallel()
		c, _ := prepare(t, "stale-next")
		next := c.list(simulator.AuditExchange, from, to).Header.Get("NextPageUri")
		assert.Equal(t, "AF20031", c.get(next).code(t))
	})
	t.Run("refused page once", func(t *testing.T) {
		t.Parallel()
		c, _ := prepare(t, "af20031-once")
		next := c.list(simulator.AuditExchange, from, to).Header.Get("NextPageUri")
		assert.Equal(t, "AF20031", c.get(next).code(t))
		assert.Equal(t, http.StatusOK, c.get(next).StatusCode)
	})
	t.Run("other header names", func(t *testing.T) {
		t.Parallel()
		c, ids := prepare(t, "next-page-case")
		assert.Equal(t, ids, contentIDs(c.pages(simulator.AuditExchange, from, to)...))
		c.sim.RemoveFaults()
		c.sim.Inject(simulator.MustFault("next-page-url"))
		a := c.list(simulator.AuditExchange, from, to)
		assert.NotEmpty(t, a.Header.Get("NextPageUrl"))
		assert.Empty(t, a.Header.Get("NextPageUri"))
	})
	t.Run("bodies that are no array", func(t *testing.T) {
		t.Parallel()
		c, _ := prepare(t, "list-error-object")
		assert.Equal(t, "AF50000", c.list(simulator.AuditExchange, from, to).code(t))
	})
}

func TestTokenFaults(t *testing.T) {
	t.Parallel()
	ask := func(c *client) answer { return c.postForm("/"+c.tenant+"/oauth2/v2.0/token", c.form()) }
	for fault, want := range map[string]struct {
		status int
		text   string
	}{
		"token-7000215": {401, `"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret`},
		"token-7000222": {401, "AADSTS7000222"},
		"token-700016":  {400, `"error":"unauthorized_client"`},
		"token-90002":   {400, "Tenant '" + simulator.DefaultTenantID + "' not found"},
		"token-429":     {429, "temporarily_unavailable"},
		"token-503":     {503, "<html>"},
		"token-html":    {200, "<html>"},
		"token-short":   {200, `"expires_in":1,`},
		"token-strings": {200, `"expires_in":"3599"`},
	} {
		c := newClient(t, simulator.Options{})
		c.sim.Inject(simulator.MustFault(fault))
		a := ask(c)
		assert.Equal(t, want.status, a.StatusCode, fault)
		assert.Contains(t, a.body, want.text, fault)
	}
	c := newClient(t, simulator.Options{})
	c.sim.Inject(simulator.MustFault("token-no-roles"))
	c.token = c.newToken()
	a := c.get("subscriptions/list")
	assert.Equal(t, "AF10001", a.code(t))
	assert.Contains(t, a.body, "The permission set () sent")
}

func TestTheDateHeaderMayBeWrong(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]string{
		"date-ahead": "Mon, 02 Mar 2026 12:10:00 GMT", "date-behind": "Mon, 02 Mar 2026 11:50:00 GMT",
	} {
		c := newClient(t, simulator.Options{})
		c.sim.Inject(simulator.MustFault(fault))
		assert.Equal(t, want, c.get("subscriptions/list").Header.Get("Date"))
	}
}

func TestWhichCallsAFaultMeets(t *testing.T) {
	t.Parallel()
	other := simulator.AuditGeneral
	tests := []struct {
		name  string
		fault func(f simulator.Fault, id string) simulator.Fault
		met   string // of six calls for one content
	}{
		{"all", func(f simulator.Fault, _ string) simulator.Fault { return f.Forever() }, "xxxxxx"},
		{"the second", func(f simulator.Fault, _ string) simulator.Fault { return f.Nth(2) }, ".x...."},
		{"from to", func(f simulator.Fault, _ string) simulator.Fault { return f.Calls(2, 4) }, ".xxx.."},
		{"from on", func(f simulator.Fault, _ string) simulator.Fault { return f.Calls(4, 0) }, "...xxx"},
		{"so many", func(f simulator.Fault, _ string) simulator.Fault { return f.Count(2) }, "xx...."},
		{"the content", func(f simulator.Fault, id string) simulator.Fault { return f.At(id) }, "xxxxxx"},
		{"another content", func(f simulator.Fault, _ string) simulator.Fault { return f.At("1$2") }, "......"},
		{"its type", func(f simulator.Fault, _ string) simulator.Fault { return f.For(simulator.AuditExchange) }, "xxxxxx"},
		{"another type", func(f simulator.Fault, _ string) simulator.Fault { return f.For(other) }, "......"},
		{"another route", func(f simulator.Fault, _ string) simulator.Fault { return f.On(simulator.RouteList) }, "......"},
		{"any route", func(f simulator.Fault, _ string) simulator.Fault { return f.On("") }, "xxxxxx"},
		{"by the clock", func(f simulator.Fault, _ string) simulator.Fault {
			f.Since, f.Until = noon.Add(2*time.Minute), noon.Add(4*time.Minute)
			return f
		}, "..xx.."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, id := oneBlob(t)
			c.sim.Inject(test.fault(simulator.MustFault("503"), id))
			met := []byte("......")
			for i := range met {
				if c.get("audit/"+id).StatusCode == http.StatusServiceUnavailable {
					met[i] = 'x'
				}
				c.sim.Advance(time.Minute)
			}
			assert.Equal(t, test.met, string(met))
			assert.Equal(t, strings.Count(test.met, "x"), c.sim.Injected()[0].Met)
		})
	}
}

func TestTheFaultInjectedFirstActs(t *testing.T) {
	t.Parallel()
	c, id := oneBlob(t)
	c.sim.Inject(simulator.MustFault("503").Count(1))
	c.sim.Inject(simulator.MustFault("502").Calls(2, 2))
	var statuses []int
	for range 3 {
		statuses = append(statuses, c.get("audit/"+id).StatusCode)
	}
	assert.Equal(t, []int{503, 502, 200}, statuses)
}

func TestEveryNamedFaultActsAndCanBeWritten(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, f := range simulator.Faults() {
		assert.False(t, seen[f.Name], f.Name)
		seen[f.Name] = true
		text, err := json.Marshal(f)
		require.NoError(t, err)
		var back simulator.Fault
		require.NoError(t, json.Unmarshal(text, &back), f.Name)
		assert.Equal(t, f.Name, back.Name)
		assert.NotContains(t, string(text), `"action":{}`, f.Name)
	}
	assert.Greater(t, len(seen), 70)
	assert.Panics(t, func() { simulator.MustFault("no such") })
}

func TestFaultsOfTheCommandLine(t *testing.T) {
	t.Parallel()
	f, err := simulator.ParseFault("af429:route=content-list,type=DLP.All,id=x$y,page=2,from=3,to=5,times=2")
	require.NoError(t, err)
	want := simulator.MustFault("af429")
	want.Route, want.ContentType, want.ContentID, want.Page, want.From, want.To, want.Times = simulator.RouteContentList, simulator.DLPAll, "x$y", 2, 3, 5, 2
	assert.Equal(t, want, f)
	for _, wrong := range []string{"nothing", "af429:when=now", "af429:from=x"} {
		_, err := simulator.ParseFault(wrong)
		assert.Error(t, err, wrong)
	}
}
