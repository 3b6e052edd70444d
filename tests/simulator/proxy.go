package simulator

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// ProxyOptions describes a forward proxy; the zero value listens on a free port
// of 127.0.0.1, wants no password and connects to whatever it is told to.
type ProxyOptions struct {
	Listen         string // host:port; 127.0.0.1:0
	User, Password string // wanted in Proxy-Authorization; "" takes everybody
	To             string // host:port that every connection goes to in fact: the name asked for need not exist
	TLS            bool   // the proxy itself is spoken to over TLS
	Log            func(line string)
}

// Proxy is a forward proxy that tunnels, by CONNECT, as a company puts it in front
// of the internet. It looks names up itself.
type Proxy struct {
	URL   string // http or https
	CAPEM []byte // certificate of its authority, with TLS

	o       ProxyOptions
	http    *http.Server
	tunnels sync.WaitGroup
	ctx     context.Context // of the tunnels, which outlive their requests
	cancel  context.CancelFunc
	done    chan struct{}
}

// StartProxy listens and serves until Close.
func StartProxy(o ProxyOptions) (*Proxy, error) {
	listen := o.Listen
	if listen == "" {
		listen = "127.0.0.1:0"
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", listen)
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	p := &Proxy{URL: "http://" + listener.Addr().String(), o: o, done: make(chan struct{})}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.http = &http.Server{
		Handler:           p,
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	if o.TLS {
		if listener, err = p.secure(listener); err != nil {
			return nil, err
		}
	}
	go func() { // ends with Close, which waits for it
		defer close(p.done)
		_ = p.http.Serve(listener) // always http.ErrServerClosed after Close
	}()
	return p, nil
}

func (p *Proxy) secure(listener net.Listener) (net.Listener, error) {
	authority, err := newAuthority()
	if err != nil {
		return nil, err
	}
	certificate, err := authority.certificate(nil)
	if err != nil {
		return nil, err
	}
	p.URL, p.CAPEM = "https://"+listener.Addr().String(), authority.pem()
	return tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}), nil
}

// Close breaks all connections and waits for the tunnels to end.
func (p *Proxy) Close() error {
	p.cancel()
	err := p.http.Close()
	<-p.done
	p.tunnels.Wait()
	return err
}

// ServeHTTP opens a tunnel, or says why not.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status := p.refusal(r)
	if status == 0 {
		status = p.tunnel(w, r)
	} else {
		w.Header().Set("Proxy-Authenticate", `Basic realm="the company's proxy"`)
		http.Error(w, http.StatusText(status), status)
	}
	if p.o.Log != nil {
		p.o.Log(fmt.Sprintf("%s %s %d", r.Method, r.Host, status))
	}
}

// refusal is the status of a request that is not let through, or 0.
func (p *Proxy) refusal(r *http.Request) int {
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte(p.o.User+":"+p.o.Password))
	got := r.Header.Get("Proxy-Authorization")
	switch {
	case p.o.User != "" && subtle.ConstantTimeCompare([]byte(got), []byte(want)) != 1:
		return http.StatusProxyAuthRequired
	case r.Method != http.MethodConnect:
		return http.StatusMethodNotAllowed
	default:
		return 0
	}
}

// tunnel connects and copies in both directions until one side ends.
func (p *Proxy) tunnel(w http.ResponseWriter, r *http.Request) (status int) {
	to := p.o.To
	if to == "" {
		to = r.Host
	}
	far, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(r.Context(), "tcp", to)
	if err != nil {
		http.Error(w, "cannot connect", http.StatusBadGateway)
		return http.StatusBadGateway
	}
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		_ = far.Close() // nothing was sent
		http.Error(w, "no tunnels here", http.StatusInternalServerError)
		return http.StatusInternalServerError
	}
	near, buffered, err := hijacker.Hijack()
	if err != nil {
		_ = far.Close() // nothing was sent
		return http.StatusInternalServerError
	}
	_, err = io.WriteString(near, "HTTP/1.1 200 Connection established\r\n\r\n")
	p.tunnels.Go(func() {
		defer context.AfterFunc(p.ctx, func() { closeBoth(near, far) })()
		if err == nil {
			p.copyBoth(near, far, buffered)
		}
		closeBoth(near, far)
	})
	return http.StatusOK
}

// copyBoth returns when both directions have ended; the end of one ends the other.
func (p *Proxy) copyBoth(near, far net.Conn, buffered io.Reader) {
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(near, far) // a tunnel ends by an error as well as without
		closeBoth(near, far)
	})
	_, _ = io.Copy(far, buffered) // as above
	closeBoth(near, far)
	back.Wait()
}

func closeBoth(a, b net.Conn) {
	_, _ = a.Close(), b.Close() // they may be closed already
}
