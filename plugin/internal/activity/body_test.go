package activity

import (
	"context"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/normalize"
)

// pipe is a transport whose answers have the test's pipe as their body, closed
// when the request ends, as net/http does.
type pipe struct{ r *io.PipeReader }

func (p pipe) RoundTrip(req *http.Request) (*http.Response, error) {
	context.AfterFunc(req.Context(), func() { _ = p.r.CloseWithError(context.Cause(req.Context())) })
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: p.r, Request: req}, nil
}

// trickling opens a content whose bytes write sends, each after a pause. It runs
// inside of a synctest bubble.
func trickling(ctx context.Context, t *testing.T, write func(w io.Writer)) io.ReadCloser {
	t.Helper()
	r, w := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		write(w)
		_ = w.Close()
	}()
	t.Cleanup(func() { <-done }) // the bubble's clock takes it there
	client, _ := newClient(t, "http://localhost", func(o *Options) {
		o.HTTP = &http.Client{Transport: pipe{r}}
		o.Now = time.Now
	})
	body, err := client.Content(ctx, normalize.AuditGeneral, "id")
	require.NoError(t, err)
	return body
}

func wait(d time.Duration) { <-time.After(d) }

func TestSilentBodyIsGivenUpAfterAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		body := trickling(t.Context(), t, func(w io.Writer) {
			_, _ = w.Write(make([]byte, 100<<10))
			wait(time.Hour)
		})
		n, err := io.Copy(io.Discard, body)
		require.ErrorIs(t, err, ErrTrickle)
		e := refusedWith(t, err, Retry)
		assert.Equal(t, "content Audit.General id: the body comes too slowly", e.Error())
		assert.EqualValues(t, 100<<10, n)
		assert.Equal(t, time.Minute, time.Since(start))
		_, err = body.Read(make([]byte, 1))
		require.ErrorIs(t, err, ErrTrickle, "it stays so")
		require.NoError(t, body.Close())
	})
}

func TestTricklingBodyIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		body := trickling(t.Context(), t, func(w io.Writer) {
			for {
				if _, err := w.Write(make([]byte, 1000)); err != nil { // just under 1 KB/s
					return
				}
				wait(time.Second)
			}
		})
		_, err := io.Copy(io.Discard, body)
		require.ErrorIs(t, err, ErrTrickle)
		assert.InDelta(t, time.Minute, time.Since(start), float64(time.Second))
		require.NoError(t, body.Close())
	})
}

func TestSlowBodyIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const size = 10_000 << 10
		body := trickling(t.Context(), t, func(w io.Writer) {
			for range size / 1100 {
				if _, err := w.Write(make([]byte, 1100)); err != nil {
					return
				}
				wait(time.Second)
			}
		})
		n, err := io.Copy(io.Discard, body)
		require.NoError(t, err)
		assert.EqualValues(t, size/1100*1100, n, "hours are no limit")
		require.NoError(t, body.Close())
	})
}

func TestSmallBodyMayTakeItsMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		body := trickling(t.Context(), t, func(w io.Writer) {
			_, _ = w.Write([]byte("["))
			wait(59 * time.Second)
			_, _ = w.Write([]byte("]"))
		})
		text, err := io.ReadAll(body)
		require.NoError(t, err)
		assert.Equal(t, "[]", string(text))
		require.NoError(t, body.Close())
	})
}

func TestSlowReaderIsNotTheServersFault(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		body := trickling(t.Context(), t, func(w io.Writer) {
			for range 10 {
				_, _ = w.Write([]byte("x"))
			}
		})
		total := 0
		for {
			n, err := body.Read(make([]byte, 1))
			total += n
			if err != nil {
				require.ErrorIs(t, err, io.EOF)
				break
			}
			wait(10 * time.Minute) // a full buffer behind it
		}
		assert.Equal(t, 10, total)
		require.NoError(t, body.Close())
	})
}

func TestContextEndsASilentBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		body := trickling(ctx, t, func(io.Writer) { wait(time.Hour) })
		_, err := body.Read(make([]byte, 1))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotErrorIs(t, err, ErrTrickle)
		assert.Equal(t, time.Second, time.Since(start))
		require.NoError(t, body.Close())
		assert.Equal(t, time.Second, time.Since(start), "closing does not wait")
	})
}

func TestCloseWaitsASecondAtMostForTheRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		body := trickling(t.Context(), t, func(w io.Writer) {
			_, _ = w.Write([]byte("[]"))
			wait(time.Hour)
		})
		_, err := io.ReadFull(body, make([]byte, 2))
		require.NoError(t, err)
		start := time.Now()
		require.NoError(t, body.Close())
		assert.Equal(t, time.Second, time.Since(start))
	})
}

func TestSilentListingIsGivenUp(t *testing.T) {
	t.Parallel()
	s := newService(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "["+entryOf("a"))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	client, _ := newClient(t, s.URL, func(o *Options) {
		o.Now = time.Now
		o.Idle = 20 * time.Millisecond
	})
	_, err := client.List(t.Context(), normalize.AuditGeneral, testNow, testNow)
	require.ErrorIs(t, err, ErrTrickle)
	assertRefused(t, err, Retry)
}

func TestSilentRefusalKeepsItsStatus(t *testing.T) {
	t.Parallel()
	s := newService(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	client, _ := newClient(t, s.URL, func(o *Options) {
		o.Now = time.Now
		o.Idle = 20 * time.Millisecond
	})
	_, err := client.List(t.Context(), normalize.AuditGeneral, testNow, testNow)
	e := refusedWith(t, err, Retry)
	assert.Equal(t, http.StatusServiceUnavailable, e.Status)
	assert.ErrorIs(t, err, ErrTrickle)
}
