package activity

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzip"
)

// ErrTrickle is the cause when a body was given up because it brought no byte,
// or less than 1 KB/s, for a minute (Options.Idle). What reads the body
// meanwhile may take its time: only waiting for bytes counts.
var ErrTrickle = errors.New("the body comes too slowly")

const (
	trickleRate = 1 << 10        // bytes a second; the project's design, section 3
	drainBytes  = 4 << 10        // rest of a body worth reading for the sake of its connection
	drainTime   = time.Second    // and worth waiting for
	bufferBytes = 32 << 10       // of reads from the connection
	bom         = "\xef\xbb\xbf" // some of Microsoft's endpoints put one before JSON
	gzipMagic   = 0x1f           // first byte of gzip; no JSON text begins so
)

// body is the body of one answer, gunzipped and watched. It is read by one
// goroutine, which also closes it.
type body struct {
	client *Client
	watch  *watch
	zip    *unzipper
}

// newBody takes over resp and cancel, which ends the request.
func (c *Client) newBody(ctx context.Context, op string, resp *http.Response, cancel context.CancelCauseFunc) *body {
	w := &watch{op: op, from: resp.Body, parent: ctx, cancel: cancel, now: c.now, window: c.idle, total: &c.counts.received}
	w.timer = time.AfterFunc(c.idle, func() { cancel(ErrTrickle) })
	w.timer.Stop()
	zip, ok := c.unzippers.Get().(*unzipper)
	if !ok {
		zip = newUnzipper()
	}
	zip.reset(w)
	return &body{client: c, watch: w, zip: zip}
}

// Read returns io.EOF bare and any other error as an *Error.
func (b *body) Read(p []byte) (int, error) {
	if b.zip == nil {
		return 0, b.watch.fail(http.ErrBodyReadAfterClose)
	}
	n, err := b.zip.Read(p)
	if err == nil || err == io.EOF { //nolint:errorlint // io.Reader: EOF is returned bare
		return n, err
	}
	return n, b.watch.fail(err)
}

// Close ends the request. A rest that is short and already here is read, so
// that the connection can be used again.
func (b *body) Close() error {
	if b.zip == nil {
		return nil
	}
	if b.watch.err == nil && b.watch.parent.Err() == nil {
		b.watch.early = drainTime
		_, _ = io.CopyN(io.Discard, b.watch, drainBytes) // for the connection's sake only
	}
	b.watch.timer.Stop()
	err := b.watch.from.Close()
	b.watch.cancel(nil)
	b.zip.reset(nil)
	b.client.unzippers.Put(b.zip)
	b.zip = nil
	return err
}

// discard is Close where there is nothing to do about its error.
func (b *body) discard() {
	_ = b.Close() // the answer is complete, or has failed for a better reason
}

// watch reads from a connection and gives up when it trickles.
type watch struct {
	op     string
	from   io.ReadCloser
	parent context.Context // of the call: bounds the body's life, as it does net/http's own body
	cancel context.CancelCauseFunc
	now    func() time.Time
	window time.Duration
	early  time.Duration // shorter limit while draining; 0: none
	timer  *time.Timer   // cancels the request with ErrTrickle
	total  *atomic.Uint64

	waited time.Duration // spent in reads since the window began
	got    int64         // bytes since the window began
	err    error         // of the read that ended it; every later one gets it too
}

func (w *watch) Read(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	w.timer.Reset(w.limit())
	start := w.now()
	n, err := w.from.Read(p)
	fired := !w.timer.Stop()
	w.waited += w.now().Sub(start)
	w.got += int64(n)
	w.total.Add(uint64(max(n, 0)))
	switch {
	case err == io.EOF:
		w.err = io.EOF
	case fired, err == nil && w.tooSlow():
		w.cancel(ErrTrickle)
		w.err = w.fail(ErrTrickle)
	case err != nil:
		w.err = w.fail(err)
	}
	return n, w.err
}

// limit returns how long the next read may take: one window without a byte, and
// no longer than the rest of this window when it has brought too little so far.
func (w *watch) limit() time.Duration {
	if w.early != 0 {
		return w.early
	}
	if w.got < w.enough() {
		return max(w.window-w.waited, time.Millisecond)
	}
	return w.window
}

// tooSlow looks at a window that is over, and begins the next.
func (w *watch) tooSlow() bool {
	if w.waited < w.window {
		return false
	}
	slow := w.got < w.enough()
	w.waited, w.got = 0, 0
	return slow
}

func (w *watch) enough() int64 { return int64(w.window.Seconds() * trickleRate) }

// fail makes the error of a read. The caller's context comes first, then the
// reason for which the watch itself has ended the request.
func (w *watch) fail(err error) error {
	var known *Error
	switch {
	case w.parent.Err() != nil:
		return &Error{Op: w.op, err: w.parent.Err()}
	case errors.As(err, &known):
		return known
	}
	return &Error{Op: w.op, Message: clean(err.Error(), messageBytes), advice: adviceNothing, err: err}
}

// unzipper undoes gzip where it finds it. It goes by the first bytes and not by
// Content-Encoding: proxies unzip and leave the header, or drop it and leave
// the bytes.
type unzipper struct {
	buffer *bufio.Reader
	gzip   *gzip.Reader // kept for its 40 KB of tables
	from   io.Reader    // nil until the first read has looked
}

func newUnzipper() *unzipper {
	return &unzipper{buffer: bufio.NewReaderSize(nil, bufferBytes)}
}

func (u *unzipper) reset(r io.Reader) {
	u.buffer.Reset(r)
	u.from = nil
}

func (u *unzipper) Read(p []byte) (int, error) {
	if u.from == nil {
		from, err := u.look()
		if err != nil {
			return 0, err
		}
		u.from = from
	}
	return u.from.Read(p)
}

// look decides by the first byte, and waits for no more than that.
func (u *unzipper) look() (io.Reader, error) {
	head, err := u.buffer.Peek(1)
	if err != nil {
		return nil, err
	}
	if head[0] != gzipMagic {
		return u.buffer, nil
	}
	if u.gzip == nil {
		u.gzip, err = gzip.NewReader(u.buffer)
	} else {
		err = u.gzip.Reset(u.buffer)
	}
	if err == io.EOF { //nolint:errorlint // gzip returns it bare; a header that ends early is no end of a body
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	return u.gzip, nil
}
