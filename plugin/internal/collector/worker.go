package collector

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"office365/normalize"
	"office365/plugin/internal/dedup"
	"office365/plugin/internal/ledger"
	"office365/plugin/internal/msgpack"
)

// A chunk goes to pack when it has this many bytes or items: enough to make
// the hand-over between goroutines cheap, little beside buffer_size.
const (
	chunkBytes = 128 << 10
	chunkItems = 512
)

// worker fetches one content after the other and turns it into chunks.
type worker struct {
	c          *Collector
	normalizer *normalize.Normalizer
	splitter   *normalize.Splitter
}

func newWorker(c *Collector) *worker {
	return &worker{
		c:          c,
		normalizer: normalize.New(c.settings.RecordOptions()),
		splitter:   normalize.NewSplitter(nil, int(c.settings.MaxRecordBytes)),
	}
}

func (w *worker) run(ctx context.Context) {
	for ctx.Err() == nil {
		j, wait, ok := w.c.queue.take(w.c.now())
		if !ok {
			t := time.NewTimer(wait)
			select {
			case <-w.c.queue.wake:
			case <-t.C:
			case <-ctx.Done():
			}
			t.Stop()
			continue
		}
		w.work(ctx, j)
	}
}

// work fetches one content and settles what came of it. A panic is a bug of
// ours that this content has met; it costs an attempt, like a bad body.
func (w *worker) work(ctx context.Context, j job) {
	defer w.c.queue.release()
	defer func() {
		if r := recover(); r != nil {
			w.c.bug(r, "content_type", j.ct, "content_id", j.content.ID)
			w.c.again(j, ledger.FaultOwn)
		}
	}()
	if expires := j.content.Expires; !expires.IsZero() && w.c.serverNow().After(expires) {
		w.c.gone(j, errExpired)
		return
	}
	if err := w.fetch(ctx, j); err != nil {
		w.c.failed(ctx, j, err)
		return
	}
	w.c.stats.of(j.ct).fetched.Add(1)
	w.c.queue.succeeded()
	w.c.answered()
	w.c.trouble.clear(fetchTrouble(j.ct))
	if j.content.Fault == ledger.FaultOwn && j.content.Attempts > 0 {
		w.c.trouble.clear(contentTrouble(j.ct))
	}
}

var errExpired = errors.New("its contentExpiration has passed")

// undecodableError says that a content holds text that is no record.
type undecodableError struct {
	texts int
	first error
}

func (e *undecodableError) Error() string {
	return fmt.Sprintf("%d texts in it are no records; the first: %v", e.texts, e.first)
}

func (e *undecodableError) Unwrap() error { return e.first }

func (w *worker) fetch(ctx context.Context, j job) error {
	body, err := w.c.client.Content(ctx, j.ct, j.content.ID)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }() // what was read is good, and the rest is not wanted
	return w.read(ctx, j, body)
}

// read turns a body into chunks. What is whole goes to pack even when the rest
// fails: the repeats of the next attempt are dropped there.
//
// Broken JSON may be whole at the next attempt, so its text is handed over with
// the attempt before quarantine only; the records around it go at once.
func (w *worker) read(ctx context.Context, j job, body io.Reader) error {
	w.splitter.Reset(body)
	out := sender{c: w.c, ch: getChunk(j)}
	poison := &undecodableError{}
	for {
		raw, err := w.splitter.Next()
		if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return errors.Join(err, out.send(ctx))
		}
		if broken(raw) {
			if poison.texts++; poison.first == nil {
				poison.first = raw.Err
			}
			out.shifted = true
			if !j.content.LastAttempt() {
				continue
			}
		}
		if err := out.add(ctx, w, raw); err != nil {
			return err
		}
	}
	if poison.texts > 0 {
		return errors.Join(poison, out.send(ctx))
	}
	out.ch.complete = true
	out.tellAges()
	return out.send(ctx)
}

// broken reports whether the text is broken JSON, rather than an element that
// is whole and no record.
func broken(raw normalize.Raw) bool {
	var e *normalize.RecordError
	return errors.As(raw.Err, &e) && e.Kind == normalize.KindSyntax
}

// sender gathers the records of one content into chunks.
type sender struct {
	c       *Collector
	ch      chunk
	shifted bool // broken text has come: how many records it took with it is not known

	youngest, oldest time.Time // of the records that could be read
}

// identity is what a repeat of the record is known by. From broken text on a
// place means nothing: at the next attempt another record may stand there.
func (s *sender) identity(raw normalize.Raw, key normalize.Key) dedup.Identity {
	j := s.ch.of
	if s.c.settings.Dedup && raw.Err == nil {
		if id, ok := dedup.OfKey(j.ct, key); ok {
			return id
		}
	}
	if s.shifted {
		return dedup.OfText(j.ct, j.content.ID, raw.Bytes)
	}
	return dedup.OfPlace(j.ct, j.content.ID, raw.Position)
}

// add encodes a record into the chunk, and sends the chunk when it is full.
func (s *sender) add(ctx context.Context, w *worker, raw normalize.Raw) error {
	j := s.ch.of
	if !s.encode(w, raw) {
		// A bug of ours costs this record its form, and no other record anything.
		raw.Err = &normalize.RecordError{Kind: normalize.KindSyntax, Message: "the record could not be read: a bug of the plugin"}
		w.normalizer = normalize.New(s.c.settings.RecordOptions())
		s.encode(w, raw)
	}
	if raw.Err != nil {
		s.c.stats.of(j.ct).undecodable.Add(1)
	}
	if len(s.ch.buf) < chunkBytes && len(s.ch.items) < chunkItems {
		return nil
	}
	err := s.send(ctx)
	s.ch = getChunk(j)
	return err
}

// encode appends one record; false when that panicked, and nothing is appended.
func (s *sender) encode(w *worker, raw normalize.Raw) (ok bool) {
	j, before := s.ch.of, len(s.ch.buf)
	defer func() {
		if r := recover(); r != nil {
			s.ch.buf = s.ch.buf[:before]
			s.c.bug(r, "content_type", j.ct, "content_id", j.content.ID, "position", raw.Position)
		}
	}()
	rec := w.normalizer.Record(raw, normalize.Source{ContentType: j.ct, ContentID: j.content.ID}, s.c.now())
	s.ch.buf = msgpack.AppendEvent(s.ch.buf, rec)
	if raw.Err == nil {
		s.meet(rec.Time())
	}
	it := item{id: s.identity(raw, rec.Key()), end: len(s.ch.buf)}
	if j.ct == normalize.AuditGeneral {
		if note, ok := rec.AlertNote(); ok {
			it.alert = &note
		}
	}
	s.ch.items = append(s.ch.items, it)
	s.ch.counted += s.c.budget.counts(len(s.ch.buf) - before)
	return true
}

// meet takes the time of a record in.
func (s *sender) meet(t time.Time) {
	if s.oldest.IsZero() || t.Before(s.oldest) {
		s.oldest = t
	}
	s.youngest = ledger.Later(s.youngest, t)
}

// tellAges tells the stats how old the records of the content were when it was
// made.
func (s *sender) tellAges() {
	if s.oldest.IsZero() {
		return
	}
	made := s.ch.of.content.Created
	s.c.stats.of(s.ch.of.ct).ages.Store(&ages{youngest: max(0, made.Sub(s.youngest)), oldest: max(0, made.Sub(s.oldest))})
}

// send gives the chunk to pack, once buffer_size has room for it.
func (s *sender) send(ctx context.Context) error {
	if len(s.ch.items) == 0 && !s.ch.complete {
		putChunk(s.ch)
		return nil
	}
	if err := s.c.budget.take(ctx, s.ch.counted); err != nil {
		return err
	}
	select {
	case s.c.chunks <- s.ch:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// chunkPool keeps the buffers of chunks between contents.
var chunkPool = sync.Pool{New: func() any { return &chunk{} }}

// maxPooled keeps one long record from holding its memory for ever.
const maxPooled = 4 * chunkBytes

func getChunk(j job) chunk {
	ch := chunkPool.Get().(*chunk) //nolint:errcheck,forcetypeassert // our own pool
	return chunk{of: j, buf: ch.buf[:0], items: ch.items[:0]}
}

func putChunk(ch chunk) {
	if cap(ch.buf) <= maxPooled {
		chunkPool.Put(&chunk{buf: ch.buf, items: ch.items})
	}
}
