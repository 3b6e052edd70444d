package activity

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/normalize"
)

func TestSubscriptionsAreReadInEveryShape(t *testing.T) {
	t.Parallel()
	s := newService(t, answering(200, `[
		{"contentType":"Audit.Exchange","status":"enabled","webhook":null},
		{"contentType":"audit.sharepoint","status":"Enabled","webhook":{"authId":"","address":"https://h.example.net/","expiration":null,"status":"Enabled"}},
		{"contentType":"DLP.All","status":"disabled"},
		{"contentType":"Audit.General"},
		{"contentType":"Audit.Tomorrow","status":"enabled"},
		{"status":"enabled"}, 7, null
	]`))
	client, _ := newClient(t, s.URL)
	got, err := client.Subscriptions(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []Subscription{
		{ContentType: normalize.AuditExchange, Status: "enabled"},
		{ContentType: normalize.AuditSharePoint, Status: "enabled", WebhookStatus: "enabled"},
		{ContentType: normalize.DLPAll, Status: "disabled"},
		{ContentType: normalize.AuditGeneral},
		{ContentType: "Audit.Tomorrow", Status: "enabled"},
	}, got)
	var enabled []bool
	for _, s := range got {
		enabled = append(enabled, s.Enabled())
	}
	assert.Equal(t, []bool{true, true, false, true, true}, enabled)
}

func TestNoSubscriptionsAreNoError(t *testing.T) {
	t.Parallel()
	s := newService(t, answering(200, "[]"))
	client, _ := newClient(t, s.URL)
	got, err := client.Subscriptions(t.Context())
	require.NoError(t, err)
	assert.Empty(t, got)
}

func TestStartJudgesTheAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		want   Class
		after  time.Duration
	}{
		"started":                               {status: 200, body: `{"contentType":"DLP.All","status":"enabled","webhook":null}`, want: Success},
		"started without a word":                {status: 200, want: Success},
		"nothing to change":                     {status: 400, body: `{"error":{"code":"AF20024","message":"The subscription is already enabled. No property change."}}`, want: Success},
		"nothing to change, with a good status": {status: 200, body: `{"error":{"code":"AF20024"}}`, want: Success},
		"cool-down": {
			status: 403,
			body:   `{"error":{"code":"429","message":"Too many frequent subscription start requests. Please retry again after 14m 56s."}}`,
			want:   CoolDown, after: 14*time.Minute + 56*time.Second,
		},
		"auditing is off": {
			status: 400,
			body:   `{"error":{"code":"StartSubscription [AppId","message":"8] failed. Exception: DataServiceException: Tenant x does not exist."}}`,
			want:   AuditingOff,
		},
		"no permission":                 {status: 401, body: `{"error":{"code":"AF10001","message":"The permission set () …"}}`, want: Configuration},
		"an error with a good status":   {status: 200, body: `{"error":{"code":"AF50000","message":"An internal error occurred."}}`, want: Retry},
		"a bad gateway":                 {status: 502, body: "<html>", want: Retry},
		"an address that leads nowhere": {status: 404, want: Configuration},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, answering(c.status, c.body))
			client, _ := newClient(t, s.URL)
			err := client.Start(t.Context(), normalize.DLPAll)
			if c.want == Success {
				require.NoError(t, err)
				return
			}
			e := refusedWith(t, err, c.want)
			assert.Equal(t, c.after, e.RetryAfter)
			assert.Equal(t, "start DLP.All", e.Op)
		})
	}
}

func TestStartPrefersTheHeaderForItsPause(t *testing.T) {
	t.Parallel()
	s := newService(t, answering(403, `{"error":{"code":"429","message":"Please retry again after 14m 56s."}}`, "Retry-After", "60"))
	client, _ := newClient(t, s.URL)
	e := refusedWith(t, client.Start(t.Context(), normalize.DLPAll), CoolDown)
	assert.Equal(t, time.Minute, e.RetryAfter)
}

func TestStopIsAPostToo(t *testing.T) {
	t.Parallel()
	s := newService(t, answering(200, ""))
	client, _ := newClient(t, s.URL)
	require.NoError(t, client.Stop(t.Context(), normalize.AuditGeneral))
	assert.Equal(t, "POST", s.requests()[0].method)
}
