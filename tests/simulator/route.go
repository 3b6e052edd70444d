package simulator

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Route names an operation that a client can call.
type Route string

// The routes, as faults and the request log name them.
const (
	RouteToken         Route = "token"    // v1 and v2.0
	RouteIdentity      Route = "identity" // of the machine, see ManagedIdentity
	RouteMetadata      Route = "metadata" // OpenID configuration
	RouteKeys          Route = "keys"
	RouteStart         Route = "start"
	RouteStop          Route = "stop"
	RouteList          Route = "list" // subscriptions/list
	RouteContentList   Route = "content-list"
	RouteNotifications Route = "notifications"
	RouteBlob          Route = "blob"
	RouteDLPTypes      Route = "dlp-types"
	RouteUnknown       Route = "unknown"
)

// call is one request, taken apart.
type call struct {
	r         *http.Request
	route     Route
	base      string // scheme and host as the client wrote them
	tenant    string // of the path
	version   string // of the API or of the token endpoint
	contentID string // as it stands in the path, escapes untouched
	query     map[string]string
	now       time.Time
	opts      Options
	action    Action // of the fault that applies
	entry     Request
	claims    claims
	detail    string // of the error that the answer is
}

var guidPattern = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func newCall(r *http.Request) *call {
	c := &call{r: r, route: RouteUnknown, base: baseOf(r), query: map[string]string{}}
	for name, values := range r.URL.Query() {
		c.query[strings.ToLower(name)] = values[0]
	}
	segments := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	if strings.EqualFold(segments[0], "api") {
		c.splitAPI(segments[1:])
	} else {
		c.splitAuthority(segments)
	}
	return c
}

// baseOf is the root of the server as the client addressed it: every URI that
// the simulator hands out starts with it.
func baseOf(r *http.Request) string {
	if r.TLS == nil {
		return "http://" + r.Host
	}
	return "https://" + r.Host
}

// splitAPI reads {version}/{tenant}/activity/feed/{group}/{rest…}.
func (c *call) splitAPI(segments []string) {
	if len(segments) < 6 || !strings.EqualFold(segments[2], "activity") || !strings.EqualFold(segments[3], "feed") {
		return
	}
	c.version, c.tenant = strings.ToLower(segments[0]), segments[1]
	if c.version != "v1" && c.version != "v1.0" {
		return
	}
	operation := strings.Join(segments[5:], "/")
	switch strings.ToLower(segments[4]) {
	case "audit":
		c.route, c.contentID = RouteBlob, operation
	case "resources":
		if strings.EqualFold(operation, "dlpSensitiveTypes") {
			c.route = RouteDLPTypes
		}
	case "subscriptions":
		c.route = map[string]Route{
			"start": RouteStart, "stop": RouteStop, "list": RouteList,
			"content": RouteContentList, "notifications": RouteNotifications,
		}[strings.ToLower(operation)]
		if c.route == "" {
			c.route = RouteUnknown
		}
	}
}

// splitAuthority reads {tenant}/{rest…}, the paths of the token authority.
func (c *call) splitAuthority(segments []string) {
	c.tenant = segments[0]
	switch strings.ToLower(strings.Join(segments[1:], "/")) {
	case "token":
		if c.tenant == "msi" {
			c.route = RouteIdentity
		}
	case "oauth2/token":
		c.route, c.version = RouteToken, "v1"
	case "oauth2/v2.0/token":
		c.route, c.version = RouteToken, "v2.0"
	case "v2.0/.well-known/openid-configuration", ".well-known/openid-configuration":
		c.route = RouteMetadata
	case "discovery/v2.0/keys", "discovery/keys":
		c.route = RouteKeys
	}
}

// isAPI reports whether the request goes to the Management Activity API.
func (c *call) isAPI() bool {
	switch c.route {
	case RouteToken, RouteIdentity, RouteMetadata, RouteKeys, RouteUnknown:
		return false
	default:
		return true
	}
}

func (c *call) contentType() ContentType { return ContentType(c.query["contenttype"]) }

// publisher is who the request is accounted to: without a PublisherIdentifier
// the pool that everybody shares.
func (c *call) publisher() string {
	if id := c.query["publisheridentifier"]; id != "" {
		return strings.ToLower(id)
	}
	return zeroGUID
}

// rawQuery returns a parameter as the client wrote it, still escaped.
func rawQuery(u *url.URL, name string) string {
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		key, value, _ := strings.Cut(part, "=")
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}
