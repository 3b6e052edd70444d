package check

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"office365/normalize"
	"office365/plugin/internal/activity"
	"office365/plugin/internal/auth"
	"office365/plugin/internal/config"
	"office365/plugin/internal/network"
)

// tenant is the check of one input beyond its settings. Its methods are steps;
// each notes what the later ones rest on.
type tenant struct {
	settings config.Settings
	now      func() time.Time

	contacts   []network.Contact       // with the authority and the API, or one for both
	connection *Connection             // nil until there is a token
	missing    []normalize.ContentType // without a subscription
	subscribed bool                    // subscriptions could be listed
}

func (t *tenant) steps() []Step {
	steps := []Step{
		{"names", t.names},
		{"proxy", t.proxy},
		{"tls", t.tls},
		{"clock", t.clock},
		{"token", t.token},
		{"subscriptions", t.subscriptions},
	}
	for _, ct := range t.settings.ContentTypes {
		steps = append(steps, Step{"listing " + string(ct), func(ctx context.Context) Result { return t.listing(ctx, ct) }})
	}
	return append(steps, Step{"state", t.state})
}

func (t *tenant) close() {
	if t.connection != nil {
		t.connection.Close()
	}
}

// reach asks both services for an answer, each with a client of its own: a
// connection that is there already would tell nothing.
func (t *tenant) reach(ctx context.Context) error {
	roots := []string{t.settings.Authority, t.settings.APIURL}
	if t.settings.AuthMethod == config.AuthManagedIdentity {
		roots = roots[1:] // its tokens come from this machine
	}
	for _, root := range slices.Compact(roots) {
		hc, err := network.NewClient(t.settings)
		if err != nil {
			return err
		}
		t.contacts = append(t.contacts, network.Reach(ctx, hc, root, t.now))
		hc.CloseIdleConnections()
	}
	return nil
}

// names is the first step that needs the network, and reaches out for the next
// ones too.
func (t *tenant) names(ctx context.Context) Result {
	if err := t.reach(ctx); err != nil {
		return wrongSetting(err)
	}
	return t.lookUps()
}

func (t *tenant) lookUps() Result {
	r := Result{Timed: true}
	var found []string
	for _, c := range t.contacts {
		r.Took += c.NameTime
		switch {
		case c.Stage == network.StageName && c.Failure != nil:
			t.failed(&r, c)
		case len(c.Addresses) == 0:
			found = append(found, nameless(c))
		default:
			found = append(found, fmt.Sprintf("%s has %s", lookedUp(c), addresses(c.Addresses)))
		}
	}
	r.What = strings.Join(slices.Compact(found), ", ")
	return r
}

// wrongSetting words the error of a constructor: what is wrong; what to do.
func wrongSetting(err error) Result {
	var r Result
	what, todo, found := strings.Cut(err.Error(), "; ")
	if !found {
		todo = "correct the setting"
	}
	r.fail(what, todo)
	return r
}

// lookedUp is the name that was looked up: a proxy looks the others up itself.
func lookedUp(c network.Contact) string {
	if c.Proxy != "" {
		return "the proxy " + c.Proxy
	}
	return c.Host
}

func nameless(c network.Contact) string { return lookedUp(c) + " needs no look-up" }

func addresses(list []string) string {
	if len(list) == 1 {
		return "the address " + list[0]
	}
	return fmt.Sprintf("%d addresses", len(list))
}

// failed makes a problem of a contact that came to nothing.
func (t *tenant) failed(r *Result, c network.Contact) {
	what := fmt.Sprintf("%s cannot be reached: %s", c.Host, c.Failure.Message)
	if c.Stage == network.StageConnect && c.Proxy != "" {
		what = fmt.Sprintf("the proxy %s cannot be reached: %s", c.Proxy, c.Failure.Message)
	}
	r.fail(what, c.Failure.Advice)
}

func (t *tenant) proxy(context.Context) Result {
	var r Result
	used := false
	for _, c := range t.contacts {
		if c.Proxy == "" {
			continue
		}
		used = true
		r.What = "through " + c.Proxy
		switch {
		case c.Failure == nil:
		case c.Stage == network.StageConnect, c.Stage == network.StageProxy:
			t.failed(&r, c)
		}
	}
	switch {
	case len(t.contacts) == 0:
		return skipped("nothing was asked for")
	case !used:
		return skipped("none: neither the setting proxy nor HTTPS_PROXY names one for these hosts")
	}
	return r
}

func (t *tenant) tls(context.Context) Result {
	r := Result{Timed: true}
	var found []string
	for _, c := range t.contacts {
		r.Took += c.ConnectTime + c.TLSTime
		switch {
		case c.Failure == nil:
			found = append(found, fmt.Sprintf("%s with %s, certificate by %q", c.TLS, c.Host, c.Issuer))
		case c.Stage == network.StageConnect && c.Proxy == "", c.Stage == network.StageRequest:
			t.failed(&r, c)
		case c.Stage == network.StageTLS:
			r.fail(handshakeText(c), c.Failure.Advice)
		}
	}
	r.What = strings.Join(found, ", ")
	if r.What == "" && len(r.Problems) == 0 {
		return skipped("no connection")
	}
	return r
}

func handshakeText(c network.Contact) string {
	text := fmt.Sprintf("the TLS handshake with %s fails: %s", c.Host, c.Failure.Message)
	if c.Issuer != "" {
		text += fmt.Sprintf("; the certificate was issued by %q", c.Issuer)
	}
	return text
}

// A clock that is off by more than clockFails makes Entra refuse assertions
// (Microsoft allows 5 minutes); clockWarns is more than a network's delay.
const (
	clockWarns = 30 * time.Second
	clockFails = 5 * time.Minute
)

func (t *tenant) clock(context.Context) Result {
	var r Result
	for _, c := range t.contacts {
		if c.Server.IsZero() {
			continue
		}
		// The server cuts its time off to whole seconds.
		off := c.Local.Sub(c.Server.Add(time.Second / 2))
		what := fmt.Sprintf("the clock of this machine is %s %s that of %s", off.Abs().Round(time.Second), ahead(off), c.Host)
		const todo = "set it by NTP: tokens and certificates are judged by the time"
		switch {
		case off.Abs() > clockFails:
			r.fail(what, todo)
		case off.Abs() > clockWarns:
			r.warn(what, todo)
		default:
			r.What = "right, within " + max(off.Abs().Round(time.Second), time.Second).String()
		}
	}
	if r.What == "" && len(r.Problems) == 0 {
		return skipped("no server has told its time")
	}
	return r
}

func ahead(off time.Duration) string {
	if off < 0 {
		return "behind"
	}
	return "ahead of"
}

// unreachable says why nothing can be asked of a root; "" when it can.
func (t *tenant) unreachable(root string) string {
	for _, c := range t.contacts {
		if c.Failure != nil && c.Root == root {
			return c.Host + " cannot be reached"
		}
	}
	if len(t.contacts) == 0 {
		return "nothing can be reached"
	}
	return ""
}

const auditingOffText = "400: DataServiceException: the tenant does not exist in the audit service"

// problem words an error of package activity: what it means, what was said.
func problem(r *Result, err error) {
	var e *activity.Error
	if !errors.As(err, &e) {
		r.fail(err.Error(), "check the network")
		return
	}
	what := strings.TrimPrefix(e.Error(), e.Op+": ")
	if e.Class() == activity.AuditingOff { // its message is a stack trace
		r.fail("auditing is off in the tenant, or was turned on a short while ago ("+auditingOffText+")", e.Advice())
		return
	}
	if e.Meaning() != "" && e.Meaning() != e.Message {
		what = fmt.Sprintf("%s (%s)", e.Meaning(), what)
	}
	r.fail(what, e.Advice())
}

// Connection is what asks on behalf of an input, outside of the plugin.
type Connection struct {
	HTTP   *http.Client
	Tokens *auth.Source
	Client *activity.Client
}

// Close lets go of the connections.
func (c *Connection) Close() { c.HTTP.CloseIdleConnections() }
