package network

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"time"
)

// Stage is how far a request got.
type Stage int

// The stages, in their order. StageAnswer means that there was an answer.
const (
	StageName    Stage = iota // looking up the host, or the proxy
	StageConnect              // connecting to it
	StageProxy                // asking the proxy for the host
	StageTLS                  // the handshake
	StageRequest              // waiting for the answer
	StageAnswer
)

// Contact is what one request without a token found out on its way to a host.
type Contact struct {
	Root      string // what was asked
	Host      string
	Proxy     string // host and port; "" without one
	Addresses []string
	Stage     Stage
	TLS       string    // "TLS 1.3"
	Issuer    string    // of the host's certificate, accepted or not
	Server    time.Time // its Date, zero when it does not tell
	Local     time.Time // ours at that moment
	Failure   *Failure  // nil at StageAnswer

	NameTime    time.Duration
	ConnectTime time.Duration
	TLSTime     time.Duration
}

// Reach asks for the root of a service, as any request of hc would, and notes
// each step. Any answer will do: what is asked for is nothing. hc is one that
// NewClient made and nobody has used yet.
func Reach(ctx context.Context, hc *http.Client, root string, now func() time.Time) Contact {
	c := &contact{now: now, found: Contact{Root: root}}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, c.trace()), http.MethodHead, root+"/", http.NoBody)
	if err != nil {
		c.found.Failure = &Failure{Message: "the address is not a URL", Advice: "check authority and api_url", Configuration: true}
		return c.found
	}
	c.found.Host = req.URL.Host
	c.found.Proxy = proxyOf(hc, req)
	resp, err := hc.Do(req)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.failed(err)
		return c.found
	}
	_ = resp.Body.Close() // of a HEAD: there is none
	c.found.Stage = StageAnswer
	c.found.Server, c.found.Local = dateOf(resp), now()
	if resp.TLS != nil {
		c.found.handshake(*resp.TLS)
	}
	return c.found
}

// proxyOf names the proxy that a request would take.
func proxyOf(hc *http.Client, req *http.Request) string {
	t, ok := hc.Transport.(*http.Transport)
	if !ok || t.Proxy == nil {
		return ""
	}
	u, err := t.Proxy(req)
	if err != nil || u == nil {
		return ""
	}
	return u.Host
}

// contact collects what the hooks of one request tell.
type contact struct {
	now func() time.Time

	mu    sync.Mutex // the hooks come from several goroutines
	found Contact
	begun [StageAnswer]time.Time
}

func (c *contact) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		DNSStart: func(httptrace.DNSStartInfo) { c.begin(StageName) },
		DNSDone: func(info httptrace.DNSDoneInfo) {
			c.end(StageName, &c.found.NameTime, func() {
				for _, a := range info.Addrs {
					c.found.Addresses = append(c.found.Addresses, a.String())
				}
			})
		},
		ConnectStart: func(string, string) { c.begin(StageConnect) },
		ConnectDone: func(_, _ string, err error) {
			c.end(StageConnect, &c.found.ConnectTime, func() {
				if err == nil && c.found.Proxy != "" {
					c.found.Stage = StageProxy
				}
			})
		},
		TLSHandshakeStart: func() { c.begin(StageTLS) },
		TLSHandshakeDone: func(state tls.ConnectionState, err error) {
			c.end(StageTLS, &c.found.TLSTime, func() {
				if err == nil {
					c.found.handshake(state)
				}
			})
		},
		WroteHeaders: func() { c.begin(StageRequest) },
	}
}

func (c *contact) begin(s Stage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.begun[s].IsZero() { // connects to several addresses go on side by side
		c.begun[s] = c.now()
	}
	c.found.Stage = max(c.found.Stage, s)
}

func (c *contact) end(s Stage, took *time.Duration, note func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*took = c.now().Sub(c.begun[s])
	note()
}

func (c *Contact) handshake(state tls.ConnectionState) {
	c.TLS = tls.VersionName(state.Version)
	if len(state.PeerCertificates) > 0 {
		c.Issuer = issuer(state.PeerCertificates[0])
	}
}

// failed notes the error, and who has issued a certificate that was refused.
func (c *contact) failed(err error) {
	if refused, ok := errors.AsType[*tls.CertificateVerificationError](err); ok && len(refused.UnverifiedCertificates) > 0 {
		c.found.Issuer = issuer(refused.UnverifiedCertificates[0])
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		c.found.Stage = StageName
	}
	if _, ok := errors.AsType[proxyError](err); ok {
		c.found.Stage = StageProxy
	}
	failure := Explain(err)
	c.found.Failure = &failure
}

// issuer names who has issued a certificate. The text is the other side's.
func issuer(cert *x509.Certificate) string {
	name := cmp.Or(cert.Issuer.CommonName, strings.Join(cert.Issuer.Organization, " "))
	if runes := []rune(name); len(runes) > issuerRunes {
		name = string(runes[:issuerRunes]) + "…"
	}
	return name
}

// issuerRunes is more than any name of a CA has that is one.
const issuerRunes = 100

// dateOf reads the server's time.
func dateOf(resp *http.Response) time.Time {
	t, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return t
}
