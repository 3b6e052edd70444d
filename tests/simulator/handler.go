package simulator

import (
	"errors"
	"net/http"
	"strings"
	"time"
)

// ServeHTTP answers as the tenant would, or as an injected fault says, and
// enters the request into the log.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if isControl(r) {
		s.control.ServeHTTP(w, r)
		return
	}
	c := newCall(r)
	s.mu.Lock()
	c.opts, c.now = s.opts, s.now()
	s.mu.Unlock()
	c.entry = newRequest(c)

	fault := s.faults.take(c, s.typeOf(c))
	c.action, c.entry.Fault = fault.Action, fault.Name
	if !wait(r.Context(), c.opts.Latency+c.action.Delay.Duration()) {
		return
	}
	rep, replaced := c.action.reply(c)
	if !replaced {
		rep = s.answer(c)
	}
	rep = c.action.shape(c, rep)
	c.entry.Status, c.entry.Code = rep.status, rep.code
	// The entry stands before the first byte leaves: a client that has read its
	// answer finds the request in the log.
	number := s.enter(c.entry)
	whole := rep.blob != nil && !c.action.loses()
	if whole { // for the same reason before; taken back if it does not go out
		s.served(rep.blob, 1)
	}
	sent, err := s.send(w, c, rep)
	s.left(number, sent)
	if whole && err != nil {
		s.served(rep.blob, -1)
	}
	if errors.Is(err, errAbort) {
		panic(http.ErrAbortHandler)
	}
}

// typeOf is the content type that a request is about, for faults and the log.
func (s *Simulator) typeOf(c *call) ContentType {
	if c.route != RouteBlob {
		return c.contentType()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.store.byID[c.contentID]; b != nil {
		c.entry.ContentType = b.Type
		return b.Type
	}
	return ""
}

// answer is what the tenant says when no fault stands in its way.
func (s *Simulator) answer(c *call) reply {
	switch c.route {
	case RouteToken:
		return s.token(c)
	case RouteIdentity:
		return s.identity(c)
	case RouteMetadata:
		return s.metadata(c)
	case RouteKeys:
		return keys()
	case RouteUnknown:
		return message(http.StatusNotFound, "No HTTP resource was found that matches the request URI '"+c.base+c.r.URL.EscapedPath()+"'.")
	}
	if rep, ok := methodAllowed(c); !ok {
		return rep
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, check := range []func(*call) *reply{s.checkBearer, checkRoles, checkTenant, s.checkQuota, checkContentType} {
		if rep := check(c); rep != nil {
			return *rep
		}
	}
	switch c.route {
	case RouteStart:
		return s.start(c)
	case RouteStop:
		return s.stop(c)
	case RouteList:
		return s.subscriptions()
	case RouteContentList:
		return s.listing(c)
	case RouteNotifications:
		return s.notifications(c)
	case RouteBlob:
		return s.content(c)
	default:
		return dlpTypes(c)
	}
}

func methodAllowed(c *call) (reply, bool) {
	want := http.MethodGet
	if c.route == RouteStart || c.route == RouteStop {
		want = http.MethodPost
	}
	if c.r.Method == want {
		return reply{}, true
	}
	return message(http.StatusMethodNotAllowed, "The requested resource does not support http method '"+c.r.Method+"'."), false
}

// checkBearer is check 1 of a call: a token that is known, in force and
// made for this root.
func (s *Simulator) checkBearer(c *call) *reply {
	scheme, token, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return unauthorized()
	}
	cl, ok := s.verify(token)
	if !ok || cl.serial() <= s.revoked || c.now.Before(time.Unix(cl.NotBefore, 0)) || !c.now.Before(time.Unix(cl.Expires, 0)) {
		return unauthorized()
	}
	if !c.acceptsAudience(cl.Audience) {
		return unauthorized()
	}
	c.claims, c.entry.Token = cl, cl.serial()
	return nil
}

func (c *call) acceptsAudience(audience string) bool {
	audience = strings.TrimSuffix(audience, "/")
	for _, accepted := range append([]string{c.base}, c.opts.Audiences...) {
		if strings.EqualFold(audience, strings.TrimSuffix(accepted, "/")) {
			return true
		}
	}
	return false
}

// checkRoles is check 2: the permissions in the token.
func checkRoles(c *call) *reply {
	if !c.claims.has(roleRead) {
		return c.permissionError()
	}
	if c.opts.StrictDLP && c.contentType() == DLPAll && !c.claims.has(roleReadDLP) {
		return c.permissionError()
	}
	return nil
}

func (c *call) permissionError() *reply {
	return apiError("AF10001", "The permission set ("+strings.Join(c.claims.Roles, " ")+") sent in the request does not include the expected permission.").ptr()
}

// checkTenant is check 3: the GUID in the path.
func checkTenant(c *call) *reply {
	if !guidPattern.MatchString(c.tenant) {
		return apiError("AF20013", "The tenant ID passed in the URL ("+c.tenant+") is not a valid GUID.").ptr()
	}
	if !c.opts.LenientTenant && !strings.EqualFold(c.tenant, c.claims.Tenant) {
		return apiError("AF20010", "The tenant ID passed in the URL ("+c.tenant+") does not match the tenant ID passed in the access token ("+c.claims.Tenant+").").ptr()
	}
	if !strings.EqualFold(c.claims.Tenant, c.opts.TenantID) {
		return apiError("AF20011", "Specified tenant ID ("+c.claims.Tenant+") does not exist in the system or has been deleted.").ptr()
	}
	return nil
}

// checkContentType is check 5.
func checkContentType(c *call) *reply {
	switch c.route {
	case RouteList, RouteBlob, RouteDLPTypes:
		return nil
	}
	if c.contentType() == "" {
		return apiError("AF20001", "Missing parameter: contentType.").ptr()
	}
	if c.contentType().index() < 0 {
		return apiError("AF20020", "The specified content type is not valid.").ptr()
	}
	return nil
}
