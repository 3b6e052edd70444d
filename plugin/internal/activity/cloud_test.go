package activity_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/normalize"
	"office365/plugin/internal/activity"
	"office365/plugin/internal/auth"
	"office365/plugin/internal/config"
)

const cloudTenant = "0aa0aaaa-1111-2222-3333-444455556666"

// clouds is every host of Microsoft at once: it gives a token to whoever asks,
// has nothing to list, and keeps what it was asked.
type clouds struct {
	mu    sync.Mutex
	asked []string // method, URL, and the scope of a token request
}

func (c *clouds) RoundTrip(r *http.Request) (*http.Response, error) {
	line, body := r.Method+" "+r.URL.String(), "[]"
	if r.Method == http.MethodPost {
		form, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		values, err := url.ParseQuery(string(form))
		if err != nil {
			return nil, err
		}
		line += " " + strings.Fields(values.Get("scope"))[0] // MSAL adds openid and its like
		body = `{"access_token":"eyJ0eXAi","expires_in":3599}`
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, line)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func TestEveryPlanAndAuthorityAsksExactlyWhereItShould(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		section          map[string]string
		authority, scope string
		api              string
	}{
		"enterprise": {map[string]string{}, "https://login.microsoftonline.com", "https://manage.office.com/.default", "https://manage.office.com"},
		"gcc":        {map[string]string{"plan": "gcc"}, "https://login.microsoftonline.com", "https://manage-gcc.office.com/.default", "https://manage-gcc.office.com"},
		"gcc_high":   {map[string]string{"plan": "gcc_high"}, "https://login.microsoftonline.us", "https://manage.office365.us/.default", "https://manage.office365.us"},
		"dod":        {map[string]string{"plan": "dod"}, "https://login.microsoftonline.us", "https://manage.protection.apps.mil/.default", "https://manage.protection.apps.mil"},
		"china":      {map[string]string{"plan": "china"}, "https://login.partner.microsoftonline.cn", "https://manage.office365.cn/.default", "https://manage.office365.cn"},
		"authority .com": {
			map[string]string{"plan": "gcc_high", "authority": "https://login.microsoftonline.com"},
			"https://login.microsoftonline.com", "https://manage.office365.us/.default", "https://manage.office365.us",
		},
		"authority .us": {
			map[string]string{"authority": "https://login.microsoftonline.us"},
			"https://login.microsoftonline.us", "https://manage.office.com/.default", "https://manage.office.com",
		},
		"authority .de": {
			map[string]string{"authority": "https://login.microsoftonline.de"},
			"https://login.microsoftonline.de", "https://manage.office.com/.default", "https://manage.office.com",
		},
		"authority .cn": {
			map[string]string{"authority": "https://login.partner.microsoftonline.cn/"},
			"https://login.partner.microsoftonline.cn", "https://manage.office.com/.default", "https://manage.office.com",
		},
		"custom hosts and ports": {
			map[string]string{"authority": "https://127.0.0.1:8443", "api_url": "https://[::1]:9443"},
			"https://127.0.0.1:8443", "https://[::1]:9443/.default", "https://[::1]:9443",
		},
		"a gateway with a path": {
			map[string]string{"authority": "https://Gateway.example:8443/Entra/public/"},
			"https://gateway.example:8443/Entra/public", "https://manage.office.com/.default", "https://manage.office.com",
		},
		"a path that the library knows as ADFS": {
			map[string]string{"authority": "https://gateway.example/adfs"},
			"https://gateway.example/adfs", "https://manage.office.com/.default", "https://manage.office.com",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _, err := config.Parse(func(key string) string {
				required := map[string]string{"tenant_id": cloudTenant, "client_id": "11111111-2222-3333-4444-555555555555", "client_secret": "kept~to.ourselves"}
				return required[key] + tt.section[key]
			})
			require.NoError(t, err)
			all := &clouds{}
			hc := &http.Client{Transport: all}
			tokens, err := auth.New(s, hc, time.Now)
			require.NoError(t, err)
			client := activity.New(activity.Options{
				BaseURL: s.APIURL, TenantID: s.TenantID, PublisherID: s.PublisherID, HTTP: hc, Tokens: tokens, Now: time.Now,
			})
			from := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
			_, err = client.List(t.Context(), normalize.AuditGeneral, from, from.Add(time.Hour))
			require.NoError(t, err)
			assert.Equal(t, []string{
				"POST " + tt.authority + "/" + cloudTenant + "/oauth2/v2.0/token " + tt.scope,
				"GET " + tt.api + "/api/v1.0/" + cloudTenant + "/activity/feed/subscriptions/content?contentType=Audit.General&startTime=2026-03-02T10:00:00&endTime=2026-03-02T11:00:00&PublisherIdentifier=" + cloudTenant,
			}, all.asked)
		})
	}
}
