package collector

import (
	"maps"
	"slices"
	"sync"
	"time"

	"office365/normalize"
	"office365/plugin/internal/dedup"
	"office365/plugin/internal/ledger"
)

// contentKey names a content across content types.
type contentKey struct {
	ct normalize.ContentType
	id string
}

// batch is what one hand-over takes to Fluent Bit, and what is committed when
// it has arrived.
type batch struct {
	seq     uint64
	data    []byte // msgpack events; nil once it has arrived
	records int
	parts   []dedup.Part
	index   map[contentKey]int // of parts
	done    []contentKey       // contents that are complete with this batch
	alerts  alertChanges
	counted int // of the budget: merged alerts do not count
	own     int // bytes of merged alerts

	handedOver time.Time
	cleaned    bool // Fluent Bit has copied the bytes
}

func newBatch() *batch { return &batch{index: map[contentKey]int{}} }

// alertChanges are what a batch changes in the saved state of the alerts: of two
// changes with one key the later one counts.
type alertChanges struct {
	list []normalize.AlertChange
	at   map[string]int
}

func (a *alertChanges) add(changes []normalize.AlertChange) {
	for _, change := range changes {
		if at, ok := a.at[change.Key]; ok {
			a.list[at] = change
			continue
		}
		if a.at == nil {
			a.at = map[string]int{}
		}
		a.at[change.Key] = len(a.list)
		a.list = append(a.list, change)
	}
}

// add appends one record of a content.
func (b *batch) add(of job, id dedup.Identity, event []byte) {
	key := contentKey{of.ct, of.content.ID}
	i, ok := b.index[key]
	if !ok {
		i = len(b.parts)
		b.index[key] = i
		b.parts = append(b.parts, dedup.Part{Type: of.ct, ContentID: of.content.ID, Created: of.content.Created})
	}
	b.parts[i].IDs = append(b.parts[i].IDs, id)
	b.data = append(b.data, event...)
	b.records++
}

// outbox is where pack leaves records and Fluent Bit's thread takes batches.
// It owns a batch from its first record until commit has taken it.
//
//	open → sealed → given (under way, arrived) → commit
type outbox struct {
	mu         sync.Mutex
	batchBytes int
	budget     *budget // of which a batch gives its part back on arrival

	own    int          // bytes of merged alerts in all batches
	open   *batch       // being filled; never nil
	sealed []*batch     // full, oldest first
	given  []*batch     // handed over and not committed, oldest first
	loose  []contentKey // complete, and no batch to wait for
	spare  [][]byte     // buffers of batches that have arrived

	handover *ledger.Handover
	seq      uint64 // of the batch handed over last, over restarts too
	stalled  bool   // the state cannot be written: nothing is handed over

	space     Space // on the disk of the state, at the last look
	instances int   // that share it

	total given // since the start

	wake chan struct{} // capacity 1: commit has something to look at
}

// given is what was handed over.
type given struct {
	batches, records, bytes int
	// lag is the time from contentCreated to the hand-over, of the oldest content
	// in the batch handed over last that had any of the type.
	lag map[normalize.ContentType]time.Duration
}

func (g *given) add(b *batch, now time.Time) {
	g.batches++
	g.records += b.records
	g.bytes += len(b.data)
	inBatch := map[normalize.ContentType]time.Duration{}
	for _, part := range b.parts {
		inBatch[part.Type] = max(inBatch[part.Type], now.Sub(part.Created))
	}
	maps.Copy(g.lag, inBatch)
}

// maxSpare is how many buffers are kept: stop-and-wait needs one under way and
// one being filled.
const maxSpare = 2

func newOutbox(batchBytes int, h *ledger.Handover, budget *budget) *outbox {
	return &outbox{
		batchBytes: batchBytes,
		budget:     budget,
		open:       newBatch(),
		handover:   h,
		total:      given{lag: map[normalize.ContentType]time.Duration{}},
		wake:       make(chan struct{}, 1),
	}
}

// add takes one record of a content in, with what it changes in the alerts.
func (o *outbox) add(of job, id dedup.Identity, event []byte, changes []normalize.AlertChange) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.makeRoom(len(event))
	o.open.add(of, id, event)
	o.open.counted += o.budget.counts(len(event))
	o.open.alerts.add(changes)
}

// addOwn takes in a record that we have made: a merged alert. It comes beside
// the budget, for pack must never wait for it; see crowded.
func (o *outbox) addOwn(event []byte, changes []normalize.AlertChange) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.makeRoom(len(event))
	o.open.data = append(o.open.data, event...)
	o.open.own += len(event)
	o.own += len(event)
	o.open.records++
	o.open.alerts.add(changes)
}

// crowded reports whether merged alerts for a whole batch have not arrived yet:
// time to keep the others, which grow by what comes meanwhile, where they are.
func (o *outbox) crowded() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.own >= o.batchBytes
}

// makeRoom makes the open batch one that takes so many bytes more.
func (o *outbox) makeRoom(bytes int) {
	if o.open.records > 0 && len(o.open.data)+bytes > o.batchBytes {
		o.seal()
	}
	o.open.data = o.room(o.open.data, bytes)
}

// room returns the buffer of a batch with room for n bytes more. One that has
// got an eighth of a full batch gets its whole memory in one step: grown bit by
// bit it would cost five times that in garbage, and end larger than need be.
func (o *outbox) room(data []byte, n int) []byte {
	if last := len(o.spare) - 1; data == nil && last >= 0 {
		data, o.spare = o.spare[last][:0], o.spare[:last]
	}
	if need := len(data) + n; need > cap(data) && need > o.batchBytes/8 {
		return append(make([]byte, 0, max(need, o.batchBytes)), data...)
	}
	return data
}

func (o *outbox) seal() {
	o.sealed = append(o.sealed, o.open)
	o.open = newBatch()
}

// complete notes that all records of a content are in. It is committed with the
// last of its records, or at once when nothing is under way.
func (o *outbox) complete(key contentKey) {
	o.mu.Lock()
	defer o.mu.Unlock()
	last := o.lastBatch()
	if last == nil {
		o.loose = append(o.loose, key)
		o.signal()
		return
	}
	last.done = append(last.done, key)
}

// lastBatch is the newest one that holds records and is not committed.
func (o *outbox) lastBatch() *batch {
	switch {
	case o.open.records > 0:
		return o.open
	case len(o.sealed) > 0:
		return o.sealed[len(o.sealed)-1]
	case len(o.given) > 0:
		return o.given[len(o.given)-1]
	}
	return nil
}

// next hands over the next batch, if its turn has come.
func (o *outbox) next(counter ledger.Arrivals, now time.Time) []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tick(counter, now)
	if o.stalled || !o.handover.Free() {
		return nil
	}
	b := o.first()
	if b == nil || o.space.short(len(b.data), o.instances) {
		return nil
	}
	if b == o.open {
		o.seal()
	}
	o.sealed = slices.Delete(o.sealed, 0, 1)
	if b.seq == 0 {
		o.seq++
		b.seq = o.seq
	}
	b.handedOver, b.cleaned = now, false
	o.given = append(o.given, b)
	o.total.add(b, now)
	o.handover.Give(b.seq, b.records, counter, now)
	return b.data
}

// first is the batch whose turn is next, or nil.
func (o *outbox) first() *batch {
	switch {
	case len(o.sealed) > 0:
		return o.sealed[0]
	case o.open.records > 0:
		return o.open
	}
	return nil
}

// tick takes a reading of the counter in and gives the memory of what has
// arrived free.
func (o *outbox) tick(counter ledger.Arrivals, now time.Time) {
	o.handover.Tick(counter, now)
	for _, b := range o.given {
		// Where arrival cannot be seen the bytes will not be needed again.
		if b.data != nil && b.cleaned && (o.handover.Arrived(b.seq) || !o.handover.Counted()) {
			o.free(b)
			o.signal()
		}
	}
}

func (o *outbox) free(b *batch) {
	o.giveBack(b)
	// A buffer that one long record has blown up is not kept.
	if len(o.spare) < maxSpare && cap(b.data) <= 2*o.batchBytes {
		o.spare = append(o.spare, b.data)
	}
	b.data = nil
}

// giveBack makes room for as much as the batch has taken.
func (o *outbox) giveBack(b *batch) {
	o.budget.giveBack(b.counted)
	o.own -= b.own
}

// cleaned tells that Fluent Bit has copied the bytes handed over last.
func (o *outbox) cleaned() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.given) > 0 {
		o.given[len(o.given)-1].cleaned = true
	}
}

func (o *outbox) setPaused(paused bool, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.handover.SetPaused(paused, now)
}

// due is what commit is to store now.
type due struct {
	batches []*batch
	loose   []contentKey // to be committed after the batches
	lost    *lost        // goes again: Fluent Bit has dropped it
}

// lost tells of a batch that is back in the outbox.
type lost struct {
	records    int
	handedOver time.Time
}

// collect takes what may be committed off the outbox.
func (o *outbox) collect(counter ledger.Arrivals, now time.Time) due {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tick(counter, now)
	var d due
	d.batches = o.takeGiven(o.handover.Commits(now))
	for _, b := range d.batches {
		// Fluent Bit may be copying it still: the buffer is not used again.
		if b.data != nil {
			o.giveBack(b)
			b.data = nil
		}
	}
	if seq, dropped := o.handover.Lost(); dropped {
		b := o.takeGiven([]uint64{seq})[0]
		o.sealed = slices.Insert(o.sealed, 0, b)
		d.lost = &lost{records: b.records, handedOver: b.handedOver}
	}
	d.loose, o.loose = o.loose, nil
	return d
}

// collectAtExit is collect for the last time.
func (o *outbox) collectAtExit(counter ledger.Arrivals, now time.Time) due {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tick(counter, now)
	return due{batches: o.takeGiven(o.handover.ExitCommits()), loose: o.loose}
}

func (o *outbox) takeGiven(seqs []uint64) []*batch {
	taken := make([]*batch, 0, len(seqs))
	for _, seq := range seqs {
		i := slices.IndexFunc(o.given, func(b *batch) bool { return b.seq == seq })
		taken = append(taken, o.given[i])
		o.given = slices.Delete(o.given, i, i+1)
	}
	return taken
}

// setStalled stops the hand-over while the state cannot be written.
func (o *outbox) setStalled(stalled bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stalled = stalled
}

// setSpace notes how much room there is on the disk that so many instances
// share, and returns what the next batch lacks, if it does.
func (o *outbox) setSpace(space Space, instances int) *shortage {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.space, o.instances = space, instances
	b := o.first()
	if b == nil || !space.short(len(b.data), instances) {
		return nil
	}
	return &shortage{space: space, needed: space.needs(len(b.data), instances)}
}

// contents is what the outbox holds and has done.
type contents struct {
	batches, records, bytes int // not committed
	paused, short, stalled  bool
	space                   Space
	total                   given
}

// look tells what is in the outbox.
func (o *outbox) look() contents {
	o.mu.Lock()
	defer o.mu.Unlock()
	l := contents{paused: o.handover.Paused(), stalled: o.stalled, space: o.space, total: o.total}
	l.total.lag = maps.Clone(o.total.lag)
	for _, b := range slices.Concat([]*batch{o.open}, o.sealed, o.given) {
		if b.records == 0 {
			continue
		}
		l.batches++
		l.records += b.records
		l.bytes += len(b.data)
	}
	b := o.first()
	l.short = b != nil && o.space.short(len(b.data), o.instances)
	return l
}

func (o *outbox) signal() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}
