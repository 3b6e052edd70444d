package simulator

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ServerOptions describes a server; the zero value listens on a free port of
// 127.0.0.1 and speaks HTTP/2 and HTTP/1.1 over TLS.
type ServerOptions struct {
	Handler http.Handler
	Listen  string   // host:port; 127.0.0.1:0
	HTTP1   bool     // no HTTP/2
	Plain   bool     // no TLS, as the identity endpoint of a machine
	Names   []string // further names in the certificate
}

// Server is a simulator behind TLS, with a certificate authority of its own.
type Server struct {
	URL    string // https://127.0.0.1:port
	CAPEM  []byte // certificate of the authority
	CAFile string // file with CAPEM; only by NewServer

	http *http.Server
	done chan struct{}
}

// StartServer listens and serves until Close.
func StartServer(o ServerOptions) (*Server, error) {
	listen := o.Listen
	if listen == "" {
		listen = "127.0.0.1:0"
	}
	authority, err := newAuthority()
	if err != nil {
		return nil, err
	}
	certificate, err := authority.certificate(o.Names)
	if err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", listen)
	if err != nil {
		return nil, fmt.Errorf("simulator: %w", err)
	}
	s := &Server{URL: "https://" + listener.Addr().String(), CAPEM: authority.pem(), done: make(chan struct{})}
	if o.Plain {
		s.URL = "http://" + listener.Addr().String()
	}
	s.http = &http.Server{
		Handler:           o.Handler,
		ReadHeaderTimeout: time.Minute,
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // clients that do not trust the authority are part of the tests
	}
	if o.HTTP1 {
		s.http.Protocols = new(http.Protocols)
		s.http.Protocols.SetHTTP1(true)
	}
	go func() { // ends with Close, which waits for it
		defer close(s.done)
		serve := func() error { return s.http.ServeTLS(listener, "", "") }
		if o.Plain {
			serve = func() error { return s.http.Serve(listener) }
		}
		_ = serve() // always http.ErrServerClosed after Close
	}()
	return s, nil
}

// Close breaks all connections and waits until no new one is taken.
func (s *Server) Close() error {
	err := s.http.Close()
	<-s.done
	return err
}

// TB is what NewServer needs of testing.TB; the package testing itself would
// put its flags into o365sim.
type TB interface {
	Helper()
	Cleanup(f func())
	TempDir() string
	Fatalf(format string, args ...any)
}

// NewIdentityServer is NewServer without TLS, for the identity endpoint: see
// ManagedIdentity.
func NewIdentityServer(t TB, h http.Handler) *Server {
	t.Helper()
	return NewServerWith(t, ServerOptions{Handler: h, Plain: true})
}

// NewServer starts a server for the length of a test and writes the
// certificate of its authority to CAFile.
func NewServer(t TB, h http.Handler) *Server {
	t.Helper()
	return NewServerWith(t, ServerOptions{Handler: h})
}

// NewHTTP1Server is NewServer without HTTP/2, where a broken connection is a
// TCP reset and header names keep their spelling.
func NewHTTP1Server(t TB, h http.Handler) *Server {
	t.Helper()
	return NewServerWith(t, ServerOptions{Handler: h, HTTP1: true})
}

// NewServerWith is NewServer with all options.
func NewServerWith(t TB, o ServerOptions) *Server {
	t.Helper()
	s, err := StartServer(o)
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !strings.Contains(err.Error(), "use of closed") {
			t.Fatalf("close simulator: %v", err)
		}
	})
	s.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(s.CAFile, s.CAPEM, 0o600); err != nil {
		t.Fatalf("%v", err)
	}
	return s
}
