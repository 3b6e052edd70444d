package simulator

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// reply is an answer before it is sent: a value, so that faults can change it.
type reply struct {
	status int
	header [][2]string // written as spelled, not in canonical form
	body   []byte
	stream func(w io.Writer) error // the body when it is too long to hold
	packed []byte                  // the body in gzip, where it is known
	code   string                  // of the error, for the log
	blob   *blob                   // whose content this is
}

func (rep reply) ptr() *reply { return &rep }

// bytes returns the whole body, streamed or not.
func (rep reply) bytes() []byte {
	if rep.stream == nil {
		return rep.body
	}
	var buf bytes.Buffer
	if err := rep.stream(&buf); err != nil {
		panic(fmt.Sprintf("simulator: a buffer cannot fail: %v", err))
	}
	return buf.Bytes()
}

// jsonReply encodes v; the simulator's own values always encode.
func jsonReply(status int, v any) reply {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("simulator: encode %T: %v", v, err))
	}
	return reply{status: status, body: bytes.TrimSuffix(buf.Bytes(), []byte("\n"))}
}

// bufferBytes is how much of a body is held back to give it a Content-Length;
// longer ones are sent in chunks.
const bufferBytes = 1 << 20

// send writes the answer with the headers of the service and reports the bytes
// of the body that went out, as they are on the wire.
func (s *Simulator) send(w http.ResponseWriter, c *call, rep reply) (int64, error) {
	header := w.Header()
	header.Set("Content-Type", "application/json; charset=utf-8")
	if c.isAPI() {
		header.Set("Cache-Control", "no-cache")
		header.Set("Pragma", "no-cache")
		header.Set("Expires", "-1")
		header.Set("Server", "Microsoft-IIS/10.0")
		header["X-AspNet-Version"] = []string{"4.0.30319"}
		header.Set("X-Powered-By", "ASP.NET")
	} else {
		header.Set("Cache-Control", "no-store, no-cache")
	}
	header.Set("Date", c.now.Add(c.action.DateSkew.Duration()).Format(http.TimeFormat))
	for _, h := range rep.header {
		delete(header, http.CanonicalHeaderKey(h[0]))
		if h[1] != "" {
			header[h[0]] = []string{h[1]}
		}
	}
	out := &outbox{w: w, status: rep.status, action: c.action, ctx: c.r.Context()}
	var err error
	switch {
	case !wantsGzip(c.r) || (rep.stream == nil && len(rep.body) == 0):
		err = rep.write(out)
	default:
		header.Set("Content-Encoding", "gzip")
		header.Set("Vary", "Accept-Encoding")
		if rep.packed != nil {
			_, err = out.Write(rep.packed)
			break
		}
		err = s.writeGzip(out, rep)
	}
	if err == nil {
		err = out.close()
	}
	return out.sent, err
}

func (rep reply) write(w io.Writer) error {
	if rep.stream != nil {
		return rep.stream(w)
	}
	_, err := w.Write(rep.body)
	return err
}

// writeGzip compresses at the cheapest level: how hard the service tries is
// unknown, and the simulator must not be what a benchmark measures.
func (s *Simulator) writeGzip(w io.Writer, rep reply) error {
	zw, ok := s.gzips.Get().(*gzip.Writer)
	if !ok {
		var err error
		if zw, err = gzip.NewWriterLevel(nil, gzip.BestSpeed); err != nil {
			return fmt.Errorf("gzip: %w", err)
		}
	}
	defer s.gzips.Put(zw)
	zw.Reset(w)
	if err := rep.write(zw); err != nil {
		return err
	}
	return zw.Close()
}

func wantsGzip(r *http.Request) bool {
	for encoding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, _, _ := strings.Cut(strings.TrimSpace(encoding), ";")
		if strings.EqualFold(name, "gzip") {
			return true
		}
	}
	return false
}

// outbox holds back the first megabyte so that most bodies get a
// Content-Length, and lets a fault slow down or cut what leaves.
type outbox struct {
	w       http.ResponseWriter
	ctx     context.Context //nolint:containedctx // lives as long as the request whose context it is
	status  int
	action  Action
	held    []byte
	started bool
	sent    int64
}

func (o *outbox) Write(p []byte) (int, error) {
	if o.started {
		return len(p), o.emit(p)
	}
	o.held = append(o.held, p...)
	if len(o.held) > bufferBytes && !o.action.holds() {
		return len(p), o.start()
	}
	return len(p), nil
}

// close sends what is held back; the length of the body is known now.
func (o *outbox) close() error {
	if o.started {
		return nil
	}
	o.w.Header().Set("Content-Length", strconv.Itoa(len(o.held)))
	if o.action.Trickle.Bytes > 0 {
		o.w.Header().Del("Content-Length") // chunked: nobody knows how much is to come
	}
	if o.action.Reset > 0 {
		o.held = o.held[:min(o.action.Reset, len(o.held)/2)]
	}
	if err := o.start(); err != nil {
		return err
	}
	if o.action.Reset > 0 {
		return o.reset()
	}
	return nil
}

func (o *outbox) start() error {
	o.started = true
	o.w.WriteHeader(o.status)
	if o.status == http.StatusNoContent || o.status == http.StatusNotModified {
		return nil
	}
	return o.emit(o.held)
}

func (o *outbox) emit(p []byte) error {
	step := len(p)
	if t := o.action.Trickle; t.Bytes > 0 {
		step = t.Bytes
	}
	for len(p) > 0 {
		n, err := o.w.Write(p[:min(step, len(p))])
		o.sent += int64(n)
		if err != nil {
			return fmt.Errorf("write answer: %w", err)
		}
		p = p[n:]
		if o.action.Trickle.Bytes > 0 && !o.pause() {
			return o.ctx.Err()
		}
	}
	return nil
}

func (o *outbox) pause() bool {
	if err := http.NewResponseController(o.w).Flush(); err != nil {
		return false
	}
	return wait(o.ctx, o.action.Trickle.Every.Duration())
}

// errReset ends an answer whose connection a fault has broken; errAbort asks
// ServeHTTP to do it, by the panic that net/http has for the purpose.
var (
	errReset = errors.New("connection reset by a fault")
	errAbort = errors.New("stream to be reset by a fault")
)

// reset ends the connection without ending the message: a TCP reset under
// HTTP/1.1, the end of the stream under HTTP/2.
func (o *outbox) reset() error {
	rc := http.NewResponseController(o.w)
	if err := rc.Flush(); err != nil {
		return fmt.Errorf("flush before the reset: %w", err)
	}
	conn, _, err := rc.Hijack()
	if err != nil {
		return errAbort // HTTP/2 cannot be hijacked: its stream is reset instead
	}
	lower := conn
	if wrapped, ok := conn.(interface{ NetConn() net.Conn }); ok {
		lower = wrapped.NetConn()
	}
	if tcp, ok := lower.(*net.TCPConn); ok {
		if err := tcp.SetLinger(0); err != nil {
			return fmt.Errorf("linger: %w", err)
		}
	}
	return errors.Join(lower.Close(), errReset)
}

// wait waits for d and reports whether the request still stands.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
