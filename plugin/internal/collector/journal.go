package collector

import (
	"sync"

	"office365/normalize"
	"office365/plugin/internal/ledger"
	"office365/plugin/internal/state"
)

// journal holds the positions and the state file behind them. A change is
// decided, stored and then applied under one lock, so memory and file never
// differ. Nothing on Fluent Bit's thread takes that lock while it runs.
type journal struct {
	mu        sync.Mutex
	file      *state.File // nil = the position lives in memory
	failed    error       // of the last write, nil when it went well
	positions map[normalize.ContentType]*ledger.Position
}

func newJournal(file *state.File, saved map[normalize.ContentType]*ledger.Position, types []normalize.ContentType) *journal {
	j := &journal{file: file, positions: map[normalize.ContentType]*ledger.Position{}}
	for _, ct := range types {
		if p, ok := saved[ct]; ok {
			j.positions[ct] = p
			continue
		}
		j.positions[ct] = ledger.NewPosition()
	}
	return j
}

// change stores and applies what decide returns, and returns it. After an
// error nothing has changed.
func (j *journal) change(ct normalize.ContentType, decide func(*ledger.Position) ledger.Change) (ledger.Change, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	p := j.positions[ct]
	c := decide(p)
	if err := j.store(state.Tx{Changes: map[normalize.ContentType]ledger.Change{ct: c}}); err != nil {
		return ledger.Change{}, err
	}
	p.Apply(c)
	return c, nil
}

// commit stores in one transaction that contents are done, and what tx holds
// beside that.
func (j *journal) commit(done []contentKey, tx state.Tx) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	ids := map[normalize.ContentType][]string{}
	for _, key := range done {
		ids[key.ct] = append(ids[key.ct], key.id)
	}
	tx.Changes = map[normalize.ContentType]ledger.Change{}
	for ct, ids := range ids {
		tx.Changes[ct] = j.positions[ct].Finished(ids...)
	}
	if err := j.store(tx); err != nil {
		return err
	}
	for ct, c := range tx.Changes {
		j.positions[ct].Apply(c)
	}
	return nil
}

func (j *journal) store(tx state.Tx) error {
	if j.file == nil {
		return nil
	}
	if tx.Empty() {
		return nil
	}
	j.failed = j.file.Apply(tx)
	return j.failed
}

// health is the error of the last write. After one it writes a little, to find
// out whether it works again.
func (j *journal) health() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failed != nil {
		j.failed = j.file.Probe()
	}
	return j.failed
}

// read calls f with the position, which it must not keep.
func (j *journal) read(ct normalize.ContentType, f func(*ledger.Position)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	f(j.positions[ct])
}

// undone reports whether a content is known and not done yet.
func (j *journal) undone(ct normalize.ContentType, id string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	p, ok := j.positions[ct]
	if !ok {
		// A content type that was taken out of the configuration: its
		// identities are of no use until it comes back.
		return false
	}
	_, known := p.Content(id)
	return known
}

func (j *journal) close() error {
	if j.file == nil {
		return nil
	}
	return j.file.Close()
}
