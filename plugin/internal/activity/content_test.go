package activity

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"office365/normalize"
)

func zipped(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

// fetch reads a whole content.
func fetch(ctx context.Context, c *Client, id string) ([]byte, error) {
	body, err := c.Content(ctx, normalize.AuditGeneral, id)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(body)
	return text, first(err, body.Close())
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestContentIDGoesOverTheWireAsItIs(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"20260302101507123004821$20260302101612456009733$audit_general$Audit_General$na0030$na0030": "20260302101507123004821$20260302101612456009733$audit_general$Audit_General$na0030$na0030",
		"a?b#c%d e":  "a%3Fb%23c%25d%20e",
		"a/b":        "a%2Fb",
		`a\b`:        "a%5Cb",
		"a%2Fb":      "a%252Fb",
		"é$;,:@&=+~": "%C3%A9$%3B%2C:@&=+~",
		"..a":        "..a",
		"\xff":       "%FF",
	} {
		s := newService(t, answering(200, "[]"))
		client, _ := newClient(t, s.URL)
		_, err := fetch(t.Context(), client, id)
		require.NoError(t, err, id)
		assert.Equal(t, testFeed+"/audit/"+want+"?PublisherIdentifier="+testPublisher, s.requests()[0].uri)
	}
}

func TestContentIDThatWouldLeadElsewhereIsRefused(t *testing.T) {
	t.Parallel()
	s := newService(t, answering(200, "[]"))
	client, source := newClient(t, s.URL)
	for _, id := range []string{"", ".", "..", "../subscriptions/stop", "a/../b", `a\..\b`, "a/%2e%2E/b", "%2e%2e", "/", "a\nb", "a\x00", "a\x7f"} {
		_, err := fetch(t.Context(), client, id)
		e := refusedWith(t, err, Quarantine)
		assert.NotContains(t, e.Error(), "\x00")
	}
	assert.Empty(t, s.requests())
	assert.Zero(t, source.calls)
}

func TestNoContentIDLeavesItsPlace(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a.%2eEfF/\\?#$ ]{0,12}`)).Draw(t, "id")
		segment, err := escapeID(id)
		if err != nil {
			return
		}
		assert.NotEmpty(t, segment)
		assert.NotContains(t, []string{".", ".."}, segment)
		assert.False(t, strings.ContainsAny(segment, "/\\?# \r\n"), segment)
		assert.Equal(t, strings.Count(id, "$"), strings.Count(segment, "$"))
	})
}

func TestRefusedContentKeepsItsReason(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		want   Class
	}{
		"gone":               {404, `{"error":{"code":"AF20050","message":"The specified content does not exist."}}`, Gone},
		"expired":            {400, `{"error":{"code":"AF20051","message":"Content requested with the key x has already expired."}}`, Gone},
		"malformed":          {400, `{"error":{"code":"AF20052","message":"Content ID in the URL is invalid."}}`, Quarantine},
		"a plain 404":        {404, "", Quarantine},
		"a plain 410":        {410, "", Gone},
		"an unknown refusal": {400, `{"error":{"code":"AF29999"}}`, Quarantine},
		"throttled":          {403, `{"error":{"code":"AF429","message":"Too many requests. Method=GetBlob"}}`, Throttle},
		"disabled":           {400, `{"error":{"code":"AF20023","message":"The subscription was disabled."}}`, Resubscribe},
		"down":               {503, "<html>", Retry},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, answering(c.status, c.body))
			client, _ := newClient(t, s.URL)
			_, err := fetch(t.Context(), client, "id$1")
			e := refusedWith(t, err, c.want)
			assert.Equal(t, "content Audit.General id$1", e.Op)
		})
	}
}

func TestRefusalIsReadThroughGzip(t *testing.T) {
	t.Parallel()
	s := newService(t, answering(400, string(zipped(t, []byte(`{"error":{"code":"AF20051"}}`))), "Content-Encoding", "gzip"))
	client, _ := newClient(t, s.URL)
	_, err := fetch(t.Context(), client, "id")
	assertRefused(t, err, Gone)
}

func TestContentIsTheSameHoweverItComes(t *testing.T) {
	t.Parallel()
	text := []byte(`[{"Id":"` + strings.Repeat("x", 300_000) + `"}]`)
	random := make([]byte, 200_000)
	_, _ = rand.Read(random)
	for name, c := range map[string]struct{ body, want []byte }{
		"plain":            {text, text},
		"gzip":             {zipped(t, text), text},
		"two gzip members": {append(zipped(t, text), zipped(t, text)...), append(bytes.Clone(text), text...)},
		"one byte":         {[]byte("["), []byte("[")},
		"empty":            {nil, []byte{}},
		"gzip of nothing":  {zipped(t, nil), []byte{}},
		"gzip of no JSON":  {zipped(t, random), random},
	} {
		for _, header := range []string{"gzip", "identity", ""} {
			t.Run(name+" "+header, func(t *testing.T) {
				t.Parallel()
				s := newService(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
					if header != "" {
						w.Header().Set("Content-Encoding", header)
					}
					w.Header().Set("Content-Type", "text/html")
					_, _ = w.Write(c.body)
				})
				client, _ := newClient(t, s.URL)
				for range 2 { // the second one takes a used reader from the pool
					got, err := fetch(t.Context(), client, "id")
					require.NoError(t, err)
					assert.True(t, bytes.Equal(c.want, got), "%d bytes for %d", len(got), len(c.want))
				}
			})
		}
	}
}

func TestCutContentIsAnError(t *testing.T) {
	t.Parallel()
	text := []byte("[" + strings.Repeat(`{"Id":"x"},`, 1000))
	whole := zipped(t, text)
	for name, body := range map[string][]byte{
		"plain":              text,
		"gzip":               whole[:len(whole)-12],
		"gzip in its header": whole[:5],
		"gzip's first byte":  whole[:1],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "1000000")
				_, _ = w.Write(body)
			})
			client, _ := newClient(t, s.URL)
			_, err := fetch(t.Context(), client, "id$1")
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			e := refusedWith(t, err, Retry)
			assert.Equal(t, "content Audit.General id$1: unexpected EOF", e.Error())
		})
	}
}

func TestGzipCutWithoutATraceOnTheWireIsAnError(t *testing.T) {
	t.Parallel()
	whole := zipped(t, []byte(strings.Repeat("records", 1000)))
	for _, cut := range []int{1, 8, 20, len(whole) - 5} {
		s := newService(t, func(_ int, w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(whole[:len(whole)-cut]) })
		client, _ := newClient(t, s.URL)
		_, err := fetch(t.Context(), client, "id")
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, "%d bytes less", cut)
	}
}

func TestDamagedGzipIsAnError(t *testing.T) {
	t.Parallel()
	damaged := zipped(t, []byte(strings.Repeat("records", 1000)))
	damaged[len(damaged)-6] ^= 1
	s := newService(t, func(_ int, w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(damaged) })
	client, _ := newClient(t, s.URL)
	_, err := fetch(t.Context(), client, "id")
	require.ErrorIs(t, err, gzip.ErrChecksum)
	assertRefused(t, err, Retry)
}

func TestContentCanBeClosedAtAnyTime(t *testing.T) {
	t.Parallel()
	s := newService(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(bytes.Repeat([]byte("x"), 1<<20))
	})
	client, _ := newClient(t, s.URL)
	body, err := client.Content(t.Context(), normalize.AuditGeneral, "id")
	require.NoError(t, err)
	_, err = io.ReadFull(body, make([]byte, 10))
	require.NoError(t, err)
	require.NoError(t, body.Close())
	require.NoError(t, body.Close(), "a second time is harmless")
	_, err = body.Read(make([]byte, 10))
	require.ErrorIs(t, err, http.ErrBodyReadAfterClose)
}

func TestConnectionIsUsedAgain(t *testing.T) {
	t.Parallel()
	connections := map[string]bool{}
	s := newService(t, func(n int, w http.ResponseWriter, r *http.Request) {
		connections[r.RemoteAddr] = true
		if n%3 == 0 {
			w.WriteHeader(http.StatusBadGateway)
		}
		_, _ = io.WriteString(w, "[1")
		http.NewResponseController(w).Flush() //nolint:errcheck // chunked from here on
		_, _ = io.WriteString(w, "]")
	})
	client, _ := newClient(t, s.URL)
	for range 9 {
		body, err := client.Content(t.Context(), normalize.AuditGeneral, "id")
		if err != nil {
			continue
		}
		_, err = io.ReadFull(body, make([]byte, 3)) // not to the end: as one who has seen the last bracket
		require.NoError(t, err)
		require.NoError(t, body.Close())
	}
	assert.Len(t, connections, 1)
}

func TestCanceledReadSaysSo(t *testing.T) {
	t.Parallel()
	s := newService(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "[")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	client, _ := newClient(t, s.URL)
	ctx, cancel := context.WithCancel(t.Context())
	body, err := client.Content(ctx, normalize.AuditGeneral, "id")
	require.NoError(t, err)
	_, err = io.ReadFull(body, make([]byte, 1))
	require.NoError(t, err)
	cancel()
	_, err = body.Read(make([]byte, 1))
	require.ErrorIs(t, err, context.Canceled)
	assertRefused(t, err, Retry)
	require.NoError(t, first(body.Close()))
}
