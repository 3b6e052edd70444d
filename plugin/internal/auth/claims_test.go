package auth

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/normalize"
)

func jwt(claims string) string {
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"typ":"JWT"}`)) + "." + part([]byte(claims)) + ".signature"
}

func TestClaimsAreReadFromTheToken(t *testing.T) {
	t.Parallel()
	c, err := Inspect(jwt(`{"aud":"https://manage.office.com","iss":"x","tid":"` + testTenant + `","appid":"` + testClient + `","roles":["ActivityFeed.Read","ActivityFeed.ReadDlp"],"exp":1790000000,"ver":"1.0"}`))
	require.NoError(t, err)
	assert.Equal(t, Claims{
		TenantID: testTenant, AppID: testClient, Audience: testAPI,
		Roles:   []string{RoleRead, RoleReadDLP},
		Expires: time.Unix(1790000000, 0).UTC(),
	}, c)
}

func TestTokenThatIsNoJWTIsNoReasonToWorry(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"", "opaque", "a.b", "a.!.c", jwt("[]"), jwt(`{"roles":"x"}`)} {
		_, err := Inspect(token)
		require.ErrorIs(t, err, errNotJWT, token)
	}
}

func TestHintsSayWhatTheTokenLacks(t *testing.T) {
	t.Parallel()
	all := normalize.ContentTypes()
	for name, c := range map[string]struct {
		claims string
		types  []normalize.ContentType
		want   []string // a part of each hint
	}{
		"good":              {`{"tid":"` + testTenant + `","aud":"https://manage.office.com/","roles":["ActivityFeed.Read","ActivityFeed.ReadDlp"]}`, all, nil},
		"good, by its app":  {`{"aud":["c5393580-f805-4401-95e8-94b7a6ef2fc2"],"roles":["ActivityFeed.Read","ActivityFeed.ReadDlp"]}`, all, nil},
		"no roles":          {`{"scp":"ActivityFeed.Read"}`, all, []string{"application permission", "ActivityFeed.ReadDlp"}},
		"no DLP permission": {`{"roles":["ActivityFeed.Read"]}`, all, []string{"DLP.All may be refused"}},
		"no DLP wanted":     {`{"roles":["ActivityFeed.Read"]}`, all[:4], nil},
		"another tenant":    {`{"tid":"x","roles":["ActivityFeed.Read"]}`, nil, []string{"tenant x and not for tenant_id " + testTenant}},
		"another audience":  {`{"aud":"https://graph.microsoft.com","roles":["ActivityFeed.Read"]}`, nil, []string{"https://graph.microsoft.com and not for https://manage.office.com"}},
		"an odd audience":   {`{"aud":7,"roles":["ActivityFeed.Read"]}`, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			claims, err := Inspect(jwt(c.claims))
			require.NoError(t, err)
			hints := claims.Hints(Wanted{TenantID: testTenant, APIURL: testAPI, ContentTypes: c.types})
			require.Len(t, hints, len(c.want))
			for i, part := range c.want {
				assert.Contains(t, hints[i], part)
			}
		})
	}
}
