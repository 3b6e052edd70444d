// Package collector is one instance of the input: it watches one tenant and
// hands batches of records to Fluent Bit.
//
// A content goes through it like this: a stream lists it and the journal makes
// it known; the queue gives it to a worker; the worker fetches, splits,
// normalizes and encodes it, chunk by chunk; pack drops the records that were
// seen before, merges alerts, and appends the rest to the open batch of the
// outbox; Next hands a batch over; when it has arrived, commit stores what it held and which
// contents it completes. What is not committed is collected again.
//
// Goroutines, all started in this file and waited for by Stop:
//
//	run       started by Start    ends with the context; opens a state file that
//	                              was locked, then starts the others and waits for them
//	stream    one a content type  ends with the context
//	worker    fetch_workers       ends with the context
//	pack      one                 ends with the context
//	commit    one                 ends with the context; Stop makes the last commit itself
//	watch     one                 ends with the context
//	(Stop)    one                 waits for the others and closes the file; Stop waits for it
//
// Next, Done, Pause, Resume, Samples and Stop are called by Fluent Bit on the thread of
// the instance, one at a time; they take one short lock and never wait for the
// network or the disk, but for Stop.
package collector

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"office365/normalize"
	"office365/plugin/internal/activity"
	"office365/plugin/internal/auth"
	"office365/plugin/internal/config"
	"office365/plugin/internal/ledger"
	"office365/plugin/internal/network"
	"office365/plugin/internal/state"
)

// Options are what an instance is made of.
type Options struct {
	Settings config.Settings
	Instance string // names the [INPUT] section in messages
	Log      *slog.Logger

	// Arrived reads Fluent Bit's counter of the records it has taken from this
	// instance; ok is false where it cannot be had. It is called from several
	// goroutines. Nil means that it cannot be had.
	Arrived func() (records uint64, ok bool)

	// Transport replaces the one that the settings lead to. For tests.
	Transport http.RoundTripper

	// FreeSpace replaces the question to the file system that holds a folder.
	// For tests.
	FreeSpace func(folder string) (Space, error)
}

// Collector is one instance. Make it with New.
type Collector struct {
	settings config.Settings
	log      *slog.Logger
	arrived  func() ledger.Arrivals

	http    *http.Client
	tokens  *auth.Source
	client  *activity.Client
	gate    *gate
	queue   *queue
	outbox  *outbox
	journal *journal
	seen    *seen
	alerts  *alerts
	general sequence // of the contents of Audit.General, where alerts come from
	chunks  chan chunk
	budget  *budget
	streams []*stream
	stats   *stats
	trouble *trouble
	silence *silence

	evictedSaid uint64    // alerts, in the last warning
	evictedAt   time.Time // of that

	unstored  due           // what commit has taken off the outbox and not stored yet
	stateFile state.Options // Path "" = no file
	owned     string        // what the registry knows the file by
	opened    atomic.Bool   // the state has been opened, or there is none

	freeSpace   func(folder string) (Space, error)
	diskUnknown bool      // freeSpace has failed, and that was said
	diskShort   time.Time // when there was no room for a batch last

	started time.Time
	cancel  context.CancelFunc
	ended   sync.WaitGroup
	stop    sync.Once
}

// chunkQueue is how many chunks wait for pack: one for each of a few workers.
// What they hold counts against buffer_size.
const chunkQueue = 4

// New checks what can be checked at once, and opens the state file. An error
// means that the configuration is wrong; what may mend itself (network, token,
// a state file that another process holds) is no error.
func New(o Options) (*Collector, error) {
	s := o.Settings
	c := &Collector{
		settings: s,
		log:      o.Log,
		arrived:  arrivals(o.Arrived),
		chunks:   make(chan chunk, chunkQueue),
		budget:   newBudget(s.BufferBytes),
	}
	if c.freeSpace = o.FreeSpace; c.freeSpace == nil {
		c.freeSpace = freeSpace
	}
	c.started = c.now()
	c.stats = newStats(s.ContentTypes, c.started)
	c.trouble = newTrouble(o.Log, c.now)
	c.silence = newSilence()
	if err := c.connect(o.Transport); err != nil {
		return nil, err
	}
	c.queue = newQueue(s.ContentTypes, s.FetchWorkers)
	c.log.Info("collects", "content_types", join(s.ContentTypes), "not", join(others(s.ContentTypes)))
	c.outbox = newOutbox(int(s.BatchBytes), ledger.NewHandover(s.CommitDelay, c.started), c.budget)
	if err := c.openState(o.Instance); err != nil {
		return nil, err
	}
	return c, nil
}

// others are the content types that are not among types: of a YAML list Fluent
// Bit passes on the first item only, and nobody would notice.
func others(types []normalize.ContentType) []normalize.ContentType {
	return slices.DeleteFunc(normalize.ContentTypes(), func(ct normalize.ContentType) bool { return slices.Contains(types, ct) })
}

func join(types []normalize.ContentType) string {
	names := make([]string, len(types))
	for i, ct := range types {
		names[i] = string(ct)
	}
	return strings.Join(names, ", ")
}

func arrivals(read func() (uint64, bool)) func() ledger.Arrivals {
	if read == nil {
		return func() ledger.Arrivals { return ledger.Arrivals{} }
	}
	return func() ledger.Arrivals {
		records, ok := read()
		return ledger.Arrivals{Records: records, OK: ok}
	}
}

func (c *Collector) connect(transport http.RoundTripper) error {
	hc, err := network.NewClient(c.settings)
	if err != nil {
		return err
	}
	c.http = hc
	if transport != nil {
		hc.Transport = transport
	}
	tokens, err := auth.New(c.settings, hc, c.now)
	if err != nil {
		return err
	}
	c.tokens = tokens
	c.gate = newGate(c.settings.RequestsPerMinute, c.now)
	c.client = activity.New(activity.Options{
		BaseURL:     c.settings.APIURL,
		TenantID:    c.settings.TenantID,
		PublisherID: c.settings.PublisherID,
		HTTP:        hc,
		Tokens:      tokens,
		Quota:       c.gate,
		Now:         c.now,
	})
	return nil
}

// Start starts the goroutines and returns at once.
func (c *Collector) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	c.cancel = cancel
	c.spawn(ctx, "run", c.run)
}

// run opens the state file if New could not, and then runs everything else.
func (c *Collector) run(ctx context.Context) {
	if !c.waitForState(ctx) {
		return
	}
	c.lookAtDisk() // before the first batch
	for _, s := range c.streams {
		c.spawn(ctx, "stream "+string(s.ct), s.run)
	}
	for range c.settings.FetchWorkers {
		c.spawn(ctx, "worker", newWorker(c).run)
	}
	c.spawn(ctx, "pack", c.pack)
	c.spawn(ctx, "commit", c.commit)
	c.spawn(ctx, "watch", c.watch)
}

// restartDelay is how long a goroutine that panicked stays down.
const restartDelay = 10 * time.Second

// spawn runs f in a goroutine of its own until it returns. A panic is a bug of
// ours; it is logged and f begins again, for it must not end Fluent Bit.
func (c *Collector) spawn(ctx context.Context, name string, f func(context.Context)) {
	c.ended.Go(func() {
		for c.attempt(ctx, name, f) && sleep(ctx, restartDelay) {
		}
	})
}

func (c *Collector) attempt(ctx context.Context, name string, f func(context.Context)) (panicked bool) {
	defer func() {
		if r := recover(); r != nil {
			c.bug(r, "goroutine", name)
			panicked = true
		}
	}()
	f(ctx)
	return false
}

// bug logs a panic, from the function that has recovered it.
func (c *Collector) bug(recovered any, attrs ...any) {
	attrs = append(attrs, "to_do", "report it, with this line; collection goes on", "panic", fmt.Sprint(recovered), "stack", string(debug.Stack()))
	c.log.Error("a bug: please report it", attrs...)
}

// Next returns the batch to hand to Fluent Bit now, as msgpack, or nil. The
// bytes must not be altered, and may be read until Done.
func (c *Collector) Next() []byte {
	return c.outbox.next(c.arrived(), c.now())
}

// Done tells that Fluent Bit is done with the bytes of the last Next.
func (c *Collector) Done() { c.outbox.cleaned() }

// Pause stops the hand-over until Resume. Collection goes on until buffer_size
// is used up.
func (c *Collector) Pause() { c.outbox.setPaused(true, c.now()) }

// Resume ends a Pause.
func (c *Collector) Resume() { c.outbox.setPaused(false, c.now()) }

// stopWait bounds Stop: a disk that hangs must not keep Fluent Bit from ending.
const stopWait = 10 * time.Second

// Stop ends all goroutines, commits what has arrived and lets go of the state
// file. Requests end with the context, so it takes as long as the disk; after
// 10 seconds it leaves the rest to itself. The collector is of no use
// afterwards, and a second Stop does nothing.
func (c *Collector) Stop() { c.stop.Do(c.end) }

func (c *Collector) end() {
	done := make(chan struct{})
	go func() { // ends when the disk does what it is told
		defer close(done)
		c.attempt(context.Background(), "stop", func(context.Context) {
			if c.cancel != nil {
				c.cancel()
				c.ended.Wait()
			}
			c.close()
		})
	}()
	t := time.NewTimer(stopWait)
	defer t.Stop()
	select {
	case <-done:
	case <-t.C:
		c.log.Error("the disk is slow: the position is not saved yet; what came last may come again", "to_do", "see why the disk does not answer", "db", c.settings.DB)
	}
	c.http.CloseIdleConnections()
	files.release(c.owned)
}

func (c *Collector) close() {
	c.trouble.flushAll()
	if !c.opened.Load() {
		return
	}
	c.lastCommit()
	if err := c.journal.close(); err != nil {
		c.log.Error("state file could not be closed", "to_do", adviceDisk, "db", c.settings.DB, "error", err)
	}
}

// sleep waits for d; it reports false when the context ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// isLive reports whether a content is news: its stretch lies in the current
// window. News goes before the backlog.
func (c *Collector) isLive(created, now time.Time) bool {
	return now.Sub(created) <= c.settings.Overlap+2*c.settings.Interval
}

// now is the only clock of the package.
func (c *Collector) now() time.Time { return time.Now() }

// answered takes note that the API answers, which ends two troubles.
func (c *Collector) answered() {
	c.trouble.clear("token")
	if c.gate.passed() {
		c.trouble.clear("throttle")
	}
}

// serverNow is the earlier of our clock and the server's.
func (c *Collector) serverNow() time.Time { return c.client.ServerTime(c.now()) }

// job is one content to be fetched.
type job struct {
	ct      normalize.ContentType
	content ledger.Content
	live    bool   // news, see isLive
	inVain  int    // fetches of this run that failed, but for what concerned every content; see behindOthers
	number  uint64 // in the sequence of its type, see settle; 0 where there is none
}

// newJob is the job of a content that has become known.
func (c *Collector) newJob(ct normalize.ContentType, content ledger.Content, now time.Time) job {
	j := job{ct: ct, content: content, live: c.isLive(content.Created, now)}
	if ct == normalize.AuditGeneral {
		j.number = c.general.next()
	}
	return j
}
