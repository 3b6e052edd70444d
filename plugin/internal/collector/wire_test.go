package collector_test

import (
	"context"
	"crypto/tls"
	"maps"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/plugin/internal/config"
	"office365/plugin/internal/network"
)

// newWiredRig is newRig with the client of net/http, as the settings make it, and
// the server of net/http between collector and tenant, over pipes in memory: a
// body may trickle, stall or break off here, and the clock is still the fake one.
func newWiredRig(t *testing.T, settings map[string]string) *rig {
	t.Helper()
	r := newRig(t, nil)
	maps.Copy(r.settings, settings)
	parsed, _, err := config.Parse(func(key string) string { return r.settings[key] })
	require.NoError(t, err)
	client, err := network.NewClient(parsed)
	require.NoError(t, err)
	transport, ok := client.Transport.(*http.Transport)
	require.True(t, ok)

	pipes := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	transport.Proxy = nil
	// net/http takes what this returns for a connection on which TLS is done.
	transport.DialTLSContext = pipes.dial
	server := &http.Server{Handler: secure(r.sim)}
	done := make(chan error)
	go func() { done <- server.Serve(pipes) }() // ends with Close
	t.Cleanup(func() {
		assert.NoError(t, server.Close())
		assert.ErrorIs(t, <-done, http.ErrServerClosed)
	})
	r.transport = transport
	return r
}

// secure lets the tenant believe that it speaks TLS, so that its links do.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.TLS = &tls.ConnectionState{}
		next.ServeHTTP(w, r)
	})
}

// pipes is a listener whose connections are pipes in memory.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (*pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8365} }
