package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"office365/tests/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// readyWriter hands the output over once its last line is there.
type readyWriter struct {
	text  bytes.Buffer
	ready chan string
}

func (w *readyWriter) Write(p []byte) (int, error) {
	w.text.Write(p)
	if strings.Contains(w.text.String(), "\nready ") {
		w.ready <- w.text.String()
	}
	return len(p), nil
}

func TestTheProgramServesUntilItIsTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	w := &readyWriter{ready: make(chan string, 1)}
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{
			"--listen", "127.0.0.1:0", "--tenants", "2", "--blobs", "2", "--records", "3", "--rate", "60000",
			"--dir", dir, "--ca-out", filepath.Join(dir, "other.pem"), "--ready-file", filepath.Join(dir, "ready"),
			"--fault", "503:route=list",
		}, w)
	}()
	var text string
	select {
	case text = <-w.ready:
	case err := <-ended:
		require.NoError(t, err)
	}
	assert.Contains(t, text, "    tenant_id            "+simulator.DefaultTenantID+"\n")
	assert.Contains(t, text, "    tenant_id            0aa0aaaa-1111-2222-3333-444455556667\n")
	assert.Contains(t, text, "    ca_file              "+filepath.Join(dir, "ca.pem")+"\n")

	url := strings.TrimSpace(read(t, filepath.Join(dir, "url")))
	assert.Equal(t, url, strings.TrimSpace(read(t, filepath.Join(dir, "ready"))))
	assert.Equal(t, read(t, filepath.Join(dir, "ca.pem")), read(t, filepath.Join(dir, "other.pem")))
	conf := read(t, filepath.Join(dir, "fluent-bit.conf"))
	assert.Equal(t, 2, strings.Count(conf, "[INPUT]"))
	assert.Contains(t, conf, "    api_url              "+url+"\n")

	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM([]byte(read(t, filepath.Join(dir, "ca.pem")))))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	get := func(path string) string {
		resp, err := (&http.Client{Transport: transport}).Get(url + path)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return string(body)
	}
	assert.Contains(t, get("/_sim/faults"), `"name":"503"`)
	require.Eventually(t, func() bool { return strings.Count(get("/_sim/contents"), "\n") > 10 }, time.Minute, time.Millisecond, "10 at the start, more by the rate")

	stop()
	assert.NoError(t, <-ended)
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func TestWrongCommandLines(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"--nonsense"},
		{"more"},
		{"--tenants", "0"},
		{"--records", "0"},
		{"--span", "200h"},
		{"--order", "odd"},
		{"--fault", "no-such"},
	} {
		err := run(t.Context(), args, io.Discard)
		require.ErrorIs(t, err, errUsage, args)
		assert.Equal(t, 2, exitCode(err, io.Discard))
	}
	assert.Equal(t, 0, exitCode(run(t.Context(), []string{"--help"}, io.Discard), io.Discard))
	assert.Equal(t, 1, exitCode(run(t.Context(), []string{"--listen", "127.0.0.1:-1"}, io.Discard), io.Discard))
	assert.Equal(t, 1, exitCode(errors.New("x"), io.Discard))
}

func TestWithoutAFileForTheAuthorityTheSettingsSaySo(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	ctx, stop := context.WithCancel(t.Context())
	stop()
	require.NoError(t, run(ctx, []string{"--listen", "127.0.0.1:0", "--blobs", "0"}, &out))
	assert.Contains(t, out.String(), "tls_verify           off")
}

func TestTenantsCountUp(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "0aa0aaaa-1111-2222-3333-444455550000", nextGUID("0aa0aaaa-1111-2222-3333-44445555ffff", 1))
	assert.Equal(t, "x", nextGUID("x", 1))
	assert.Equal(t, "wxyz!", nextGUID("wxyz!", 1))
}
