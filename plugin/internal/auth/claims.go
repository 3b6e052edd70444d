package auth

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"office365/normalize"
)

// Claims are what an access token says about itself.
type Claims struct {
	TenantID string
	Audience string
	AppID    string
	Roles    []string // application permissions
	Expires  time.Time
}

var errNotJWT = errors.New("the token cannot be read; that need not mean anything")

// Inspect reads the claims of an access token without verifying it: for hints to
// a user only. It is pure.
func Inspect(token string) (Claims, error) {
	parts := strings.Split(token, ".")
	if len(parts) < 2 {
		return Claims{}, errNotJWT
	}
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return Claims{}, errNotJWT
	}
	var raw struct {
		TenantID string          `json:"tid"`
		Audience json.RawMessage `json:"aud"`
		AppID    string          `json:"appid"`
		Roles    []string        `json:"roles"`
		Expires  int64           `json:"exp"`
	}
	if json.Unmarshal(text, &raw) != nil {
		return Claims{}, errNotJWT
	}
	c := Claims{TenantID: raw.TenantID, AppID: raw.AppID, Roles: raw.Roles, Audience: firstAudience(raw.Audience)}
	if raw.Expires > 0 {
		c.Expires = time.Unix(raw.Expires, 0).UTC()
	}
	return c, nil
}

// firstAudience reads aud, which a JWT may hold as a text or as a list.
func firstAudience(raw json.RawMessage) string {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return one
	}
	var many []string
	if json.Unmarshal(raw, &many) == nil && len(many) > 0 {
		return many[0]
	}
	return ""
}

// The application permissions of the API, by the names of the claim roles.
const (
	RoleRead    = "ActivityFeed.Read"
	RoleReadDLP = "ActivityFeed.ReadDlp"
)

// apiAppID is the app of Office 365 Management APIs in every tenant; tokens of
// the newer version carry it as their audience.
const apiAppID = "c5393580-f805-4401-95e8-94b7a6ef2fc2"

// Wanted is what the claims of a good token are compared with.
type Wanted struct {
	TenantID     string
	APIURL       string
	ContentTypes []normalize.ContentType
}

// Hints compares the claims with what is wanted and returns a sentence for each
// difference that would make the API refuse the token; none when all is well.
func (c Claims) Hints(want Wanted) []string {
	var hints []string
	if c.TenantID != "" && !strings.EqualFold(c.TenantID, want.TenantID) {
		hints = append(hints, fmt.Sprintf("the token is for the tenant %s and not for tenant_id %s", c.TenantID, want.TenantID))
	}
	audience := strings.TrimRight(c.Audience, "/")
	if audience != "" && !strings.EqualFold(audience, strings.TrimRight(want.APIURL, "/")) && !strings.EqualFold(audience, apiAppID) {
		hints = append(hints, fmt.Sprintf("the token is for %s and not for %s; check plan and api_url", audience, want.APIURL))
	}
	if !slices.Contains(c.Roles, RoleRead) {
		hints = append(hints, "the token lacks "+RoleRead+"; grant it to the app as an application permission (not a delegated one) of Office 365 Management APIs and give admin consent")
	}
	if slices.Contains(want.ContentTypes, normalize.DLPAll) && !slices.Contains(c.Roles, RoleReadDLP) {
		hints = append(hints, "the token lacks "+RoleReadDLP+", so "+string(normalize.DLPAll)+" may be refused or come without its details; grant it like "+RoleRead+" or take "+string(normalize.DLPAll)+" out of content_types")
	}
	return hints
}
