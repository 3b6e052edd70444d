package simulator

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	roleRead    = "ActivityFeed.Read"
	roleReadDLP = "ActivityFeed.ReadDlp"
)

// publishedRoots are the audiences of the national clouds; a token for one of
// them can be had, and is refused by the API of this server.
var publishedRoots = []string{
	"https://manage.office.com", "https://manage-gcc.office.com", "https://manage.office365.us",
	"https://manage.protection.apps.mil", "https://manage.office365.cn", "https://graph.microsoft.com",
}

// token is both token endpoints: client credentials by v1 (resource) and by
// v2.0 (scope).
func (s *Simulator) token(c *call) reply {
	if c.r.Method != http.MethodPost {
		return c.aadError(900561)
	}
	form, err := readForm(c.r)
	if err != nil {
		return c.aadError(900144)
	}
	c.entry.GrantType = form.Get("grant_type")
	c.entry.Credential = credentialKind(form)
	if code := s.checkTokenRequest(c, form); code != 0 {
		return c.aadError(code)
	}
	audience, code := c.audience(form)
	if code != 0 {
		return c.aadError(code)
	}
	if code := s.checkCredential(c, form); code != 0 {
		return c.aadError(code)
	}
	return s.issue(c, audience)
}

// grant signs a token for the app and returns it with its life.
func (s *Simulator) grant(c *call, app, audience string) (signed string, life time.Duration) {
	s.mu.Lock()
	s.issued++
	number := s.issued
	s.mu.Unlock()
	life, roles := c.opts.TokenLife, c.opts.Roles
	change := c.action.Token
	if change.Life != 0 {
		life = change.Life.Duration()
	}
	if change.NoRoles {
		roles = nil
	}
	c.entry.Token = number
	return sign(claims{
		Audience: audience, Issuer: "https://sts.windows.net/" + c.opts.TenantID + "/",
		IssuedAt: c.now.Unix(), NotBefore: c.now.Unix(), Expires: c.now.Add(life).Unix(),
		App: app, Tenant: c.opts.TenantID, Roles: roles, IDType: "app",
		Object: app, Subject: app, Serial: strconv.Itoa(number), Version: "1.0",
	}), life
}

// formBytes bounds a token request; the longest, with an assertion, has 3 KB.
const formBytes = 1 << 16

func readForm(r *http.Request) (url.Values, error) {
	r.Body = http.MaxBytesReader(nil, r.Body, formBytes)
	if err := r.ParseForm(); err != nil {
		return nil, fmt.Errorf("token request: %w", err)
	}
	return r.PostForm, nil
}

var domainPattern = regexp.MustCompile(`^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$`)

// checkTokenRequest returns the AADSTS code of the first thing wrong, or 0.
func (s *Simulator) checkTokenRequest(c *call, form url.Values) int {
	switch {
	case !guidPattern.MatchString(c.tenant) && !domainPattern.MatchString(c.tenant):
		return 900023
	case !c.isTenant():
		return 90002
	case form.Get("grant_type") == "" || form.Get("client_id") == "":
		return 900144
	case form.Get("grant_type") != "client_credentials":
		return 70003
	case !strings.EqualFold(form.Get("client_id"), c.opts.ClientID):
		return 700016
	default:
		return 0
	}
}

func (c *call) isTenant() bool {
	return strings.EqualFold(c.tenant, c.opts.TenantID) || strings.EqualFold(c.tenant, c.opts.Domain)
}

// audience is what the token will be for. MSAL adds the OpenID scopes to its
// request; they mean nothing to this grant.
func (c *call) audience(form url.Values) (string, int) {
	resource := form.Get("resource")
	if c.version == "v2.0" {
		if resource != "" {
			return "", 901002
		}
		scopes := slices.DeleteFunc(strings.Fields(form.Get("scope")), func(scope string) bool {
			return slices.Contains([]string{"openid", "profile", "offline_access"}, scope)
		})
		if len(scopes) != 1 {
			return "", 70011
		}
		var ok bool
		if resource, ok = strings.CutSuffix(scopes[0], "/.default"); !ok {
			return "", 1002012
		}
	} else if resource == "" {
		return "", 900144
	}
	if !c.knowsResource(resource) {
		return "", 500011
	}
	return resource, 0
}

// knowsResource takes the server's own root, also under another name of the
// loopback interface, and the published ones.
func (c *call) knowsResource(resource string) bool {
	if c.acceptsAudience(resource) {
		return true
	}
	trimmed := strings.TrimSuffix(resource, "/")
	if slices.Contains(publishedRoots, trimmed) {
		return true
	}
	u, err := url.Parse(trimmed)
	own, ownErr := url.Parse(c.base)
	return err == nil && ownErr == nil && u.Port() == own.Port() && slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname())
}

// issue words the answer of a token endpoint: v1 has every number as a string.
func (s *Simulator) issue(c *call, audience string) reply {
	signed, life := s.grant(c, c.opts.ClientID, audience)
	seconds := int(life / time.Second)
	if c.version == "v2.0" && !c.action.Token.StringNumbers {
		return jsonReply(http.StatusOK, map[string]any{
			"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": signed,
		})
	}
	return jsonReply(http.StatusOK, map[string]string{
		"token_type": "Bearer", "expires_in": strconv.Itoa(seconds), "ext_expires_in": strconv.Itoa(seconds),
		"expires_on": strconv.FormatInt(c.now.Add(life).Unix(), 10), "not_before": strconv.FormatInt(c.now.Unix(), 10),
		"resource": audience, "access_token": signed,
	})
}

// RevokeTokens makes every token issued so far answer 401.
func (s *Simulator) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked = s.issued
}

// metadata is the OpenID configuration that MSAL asks for before its first
// token when instance discovery is off (MSAL Go 1.10.1, oauth/resolvers.go): it
// takes the token endpoint from here and wants the issuer on the same host.
func (s *Simulator) metadata(c *call) reply {
	if !c.isTenant() {
		return c.aadError(90002)
	}
	root := c.base + "/" + c.opts.TenantID
	return jsonReply(http.StatusOK, map[string]any{
		"token_endpoint":                        root + "/oauth2/v2.0/token",
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt", "client_secret_basic"},
		"jwks_uri":                              root + "/discovery/v2.0/keys",
		"response_modes_supported":              []string{"query", "fragment", "form_post"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"response_types_supported":              []string{"code", "id_token", "code id_token", "id_token token"},
		"scopes_supported":                      []string{"openid", "profile", "email", "offline_access"},
		"issuer":                                root + "/v2.0",
		"authorization_endpoint":                root + "/oauth2/v2.0/authorize",
		"tenant_region_scope":                   "EU",
		"cloud_instance_name":                   "microsoftonline.com",
	})
}
