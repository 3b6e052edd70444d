package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheProgramServesUntilItIsTold(t *testing.T) {
	t.Parallel()
	ca := filepath.Join(t.TempDir(), "proxy.pem")
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"--user", "joe", "--password", "hunter2", "--tls-ca-out", ca}, in) }()
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(line, "ready https://127.0.0.1:"), line)
	text, err := os.ReadFile(ca)
	require.NoError(t, err)
	assert.Contains(t, string(text), "BEGIN CERTIFICATE")
	stop()
	assert.NoError(t, <-ended)
}

func TestWrongCommandLines(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--nonsense"}, {"--listen", "127.0.0.1:-1"}, {"--tls-ca-out", "/nowhere/ca.pem"}} {
		assert.Error(t, run(t.Context(), args, io.Discard), args)
	}
}
