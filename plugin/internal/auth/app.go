package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"

	"office365/plugin/internal/config"
)

// proof is what an app registration proves its identity with.
type proof interface {
	// read returns the proof as it is now; files are read for every token, so that
	// a new one needs no restart. The error is an *Error.
	read() (*evidence, error)
	// mends reports whether a proof that cannot be read at the start may come by
	// itself.
	mends() bool
}

// evidence is a proof as it was when it was read.
type evidence struct {
	text       string // of all of it: another text is another proof
	credential confidential.Credential
	secret     string         // what no error may show; "" when nothing could
	about      About          // Text goes on after "app … with"
	judge      func(e *Error) // see method; may be nil
}

// app signs in as an app registration.
type app struct {
	settings config.Settings
	wire     *wire
	proof    proof

	mu   sync.Mutex // guards last
	last *signedApp
}

// signedApp is the library's client for one evidence.
type signedApp struct {
	*evidence

	client confidential.Client
}

func newApp(s config.Settings, hc *http.Client, p proof) (*app, error) {
	a := &app{settings: s, wire: newWire(hc, s.Authority+"/"+s.TenantID), proof: p}
	_, err := a.read()
	e, isOurs := errors.AsType[*Error](err)
	switch {
	case err == nil, isOurs && p.mends():
		return a, nil
	case isOurs:
		return nil, fmt.Errorf("%s; %s", e.Message, e.advice)
	default:
		return nil, err
	}
}

// read returns the client for the proof as it is now, the last one when nothing
// has changed.
func (a *app) read() (*signedApp, error) {
	now, err := a.proof.read()
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.last != nil && a.last.text == now.text {
		return a.last, nil
	}
	client, err := a.newClient(now.credential)
	if err != nil {
		return nil, err
	}
	a.last = &signedApp{now, client}
	return a.last, nil
}

// newClient gives the library an authority of host and tenant alone: it takes
// what follows the host for the tenant. The wire knows the whole.
func (a *app) newClient(c confidential.Credential) (confidential.Client, error) {
	u, err := url.Parse(a.settings.Authority)
	if err != nil {
		return confidential.Client{}, errors.New("authority is not a URL") // config has checked it
	}
	client, err := confidential.New(u.Scheme+"://"+u.Host+"/"+a.settings.TenantID, a.settings.ClientID, c,
		confidential.WithHTTPClient(a.wire),
		confidential.WithInstanceDiscovery(false),
		confidential.WithAzureRegion("DisableMsalForceRegion"), // else MSAL_FORCE_REGION leads elsewhere
		confidential.WithCache(emptyCache{}),
	)
	if err != nil {
		return confidential.Client{}, fmt.Errorf("authority %s: %w", a.settings.Authority, err)
	}
	return client, nil
}

// acquire asks once more when the proof was refused and another one lies ready:
// it was put in place while the first request was under way.
func (a *app) acquire(ctx context.Context) (string, error) {
	used, err := a.read()
	if err != nil {
		return "", err
	}
	token, err := a.ask(ctx, used)
	if err == nil || !refused(ctx) {
		return token, err
	}
	if next, readErr := a.read(); readErr == nil && next != used {
		return a.ask(ctx, next)
	}
	return "", err
}

func (a *app) ask(ctx context.Context, with *signedApp) (string, error) {
	result, err := with.client.AcquireTokenByCredential(ctx, []string{a.settings.APIURL + "/.default"})
	return result.AccessToken, err
}

// refused reports whether the endpoint has answered, and did not like the proof.
func refused(ctx context.Context) bool {
	x := exchangeOf(ctx)
	return x != nil && (x.status == http.StatusBadRequest || x.status == http.StatusUnauthorized)
}

// known is the evidence of the last request, nil before the first.
func (a *app) known() *evidence {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.last == nil {
		return nil
	}
	return a.last.evidence
}

func (a *app) judge(e *Error) {
	if k := a.known(); k != nil && k.judge != nil {
		k.judge(e)
	}
}

func (a *app) secrets() []string {
	if k := a.known(); k != nil && k.secret != "" {
		return []string{k.secret}
	}
	return nil
}

func (a *app) about() (About, error) {
	now, err := a.read()
	if err != nil {
		return About{}, err
	}
	about := now.about
	about.Text = "app " + a.settings.ClientID + " with " + about.Text
	return about, nil
}
