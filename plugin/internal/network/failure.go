package network

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
)

// Failure says why a request got no answer.
type Failure struct {
	Message       string // what happened; names no query and no proxy
	Advice        string // one sentence: what to do
	Configuration bool   // it does not pass by itself: a person has to change something
}

const (
	adviceNetwork  = "check the network, the proxy and DNS"
	adviceFirewall = "look for a firewall that drops connections to port 443 of authority and api_url, and set proxy when there is one to go through"
	adviceSilence  = "look for a proxy or firewall on the way that takes connections and does not pass them on"
	adviceSlow     = "look for a proxy on the way that holds answers back, or raise timeout"
	adviceRefused  = "check authority, api_url and proxy: nothing listens at that address"
	adviceRoute    = "check the network of this machine: it has no way to that address, or none over IPv6"
	adviceOldTLS   = "have what answers there, the server or a proxy that opens TLS on the way, speak TLS 1.2 or newer"
	adviceNoTLS    = "check authority and api_url, and look for a proxy on the way that answers in their place: what answers there does not speak TLS"
	adviceClock    = "check the clock of this machine, then who has put this certificate on the way"
	adviceName     = "check authority and api_url, and look for a proxy that opens TLS on the way: the certificate is for another name"
	adviceRoots    = "install the CA certificates of the system (the package ca-certificates), or name a file with them in ca_file"
	adviceCA       = "when a proxy opens TLS on the way, put its CA certificate into ca_file"
	adviceDNS      = "check the name servers of this machine, authority and api_url, and proxy when only a proxy can look names up"
)

// Explain says what the error of a request without an answer means.
func Explain(err error) Failure {
	if address, ok := errors.AsType[*url.Error](err); ok {
		err = address.Err // its text holds the address with its query
	}
	f := Failure{Message: err.Error(), Advice: adviceNetwork}
	if proxy, ok := errors.AsType[proxyError](err); ok {
		return proxy.explain()
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		f.Advice, f.Configuration = certificateAdvice(err), true
		return f
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		f.Advice = adviceDNS
		return f
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || strings.Contains(f.Message, "server gave HTTP response to HTTPS client") {
		f.Advice, f.Configuration = adviceNoTLS, true
		return f
	}
	// crypto/tls has no type for either: what the server says, and what we say of
	// a server that goes on regardless.
	if strings.Contains(f.Message, "protocol version") {
		return Failure{"the server speaks only TLS 1.1 or older, and nothing below TLS 1.2 is used", adviceOldTLS, true}
	}
	if advice := stepAdvice(err); advice != "" {
		f.Advice = advice
	}
	return f
}

// stepAdvice tells by the step that has failed.
func stepAdvice(err error) string {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return adviceRefused
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.EADDRNOTAVAIL):
		return adviceRoute
	}
	if late, ok := errors.AsType[net.Error](err); !ok || !late.Timeout() {
		return ""
	}
	if step, ok := errors.AsType[*net.OpError](err); ok && (step.Op == "dial" || step.Op == "proxyconnect") {
		return adviceFirewall
	}
	// net/http has no types for these.
	switch text := err.Error(); {
	case strings.Contains(text, "TLS handshake timeout"):
		return adviceSilence
	case strings.Contains(text, "awaiting response headers"):
		return adviceSlow
	}
	return ""
}

// certificateAdvice explains a certificate that was not accepted.
func certificateAdvice(err error) string {
	var (
		invalid x509.CertificateInvalidError
		name    x509.HostnameError
		roots   x509.SystemRootsError
	)
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return adviceClock
	case errors.As(err, &name):
		return adviceName
	case errors.As(err, &roots):
		return adviceRoots
	default:
		return adviceCA
	}
}

// proxyError is the status with which a proxy refuses to connect.
type proxyError int

func (e proxyError) Error() string {
	return "the proxy answers " + strconv.Itoa(int(e)) + " " + http.StatusText(int(e))
}

func (e proxyError) explain() Failure {
	f := Failure{Message: e.Error(), Configuration: int(e)/100 == 4}
	switch e {
	case http.StatusProxyAuthRequired:
		f.Advice = "put the user and password that the proxy wants into proxy (or HTTPS_PROXY): http://user:password@host:port, with signs such as @ : / written %40 %3A %2F"
	case http.StatusForbidden:
		f.Advice = "have the proxy let this machine connect to the hosts of authority and api_url, port 443"
	case http.StatusMethodNotAllowed, http.StatusNotImplemented:
		f.Advice = "name a proxy that tunnels (CONNECT) to port 443"
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		f.Advice = "see why the proxy cannot reach the hosts of authority and api_url"
	default:
		f.Advice = "check proxy, and ask who runs it what the answer means"
	}
	return f
}
