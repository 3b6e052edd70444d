package state

import (
	"bytes"
	"encoding/binary"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"office365/normalize"
	"office365/plugin/internal/dedup"
	"office365/plugin/internal/ledger"
)

// Tx is what one transaction stores.
type Tx struct {
	Changes map[normalize.ContentType]ledger.Change
	Pack    *dedup.Pack // nil = none
	Evict   []uint64    // packs to be deleted
}

// Empty reports whether there is nothing to store.
func (t Tx) Empty() bool {
	for _, c := range t.Changes {
		if !c.Empty() {
			return false
		}
	}
	return t.Pack == nil && len(t.Evict) == 0
}

// Apply stores the transaction, synced to disk. After an error the file is as
// it was before.
func (f *File) Apply(t Tx) error {
	if t.Empty() {
		return nil
	}
	err := f.db.Update(func(tx *bolt.Tx) error {
		for ct, change := range t.Changes {
			if err := putChange(tx, ct, change); err != nil {
				return fmt.Errorf("%s: %w", ct, err)
			}
		}
		packs := tx.Bucket(packsBucket)
		if t.Pack != nil {
			// Packs come in the order of their numbers: full pages save half the file.
			packs.FillPercent = 0.9
			if err := packs.Put(packKey(t.Pack.Seq), appendPack(nil, *t.Pack)); err != nil {
				return err
			}
		}
		for _, seq := range t.Evict {
			if err := packs.Delete(packKey(seq)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write state file: %w", err)
	}
	return nil
}

func packKey(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

func putChange(tx *bolt.Tx, ct normalize.ContentType, c ledger.Change) error {
	if c.Empty() {
		return nil
	}
	bucket, err := tx.CreateBucketIfNotExists([]byte(ct))
	if err != nil {
		return err
	}
	known, err := bucket.CreateBucketIfNotExists(knownBucket)
	if err != nil {
		return err
	}
	done, err := bucket.CreateBucketIfNotExists(doneBucket)
	if err != nil {
		return err
	}
	if !c.Origin.IsZero() {
		if err := bucket.Put(originKey, appendTime(nil, c.Origin)); err != nil {
			return err
		}
	}
	if c.Covered != nil {
		if err := bucket.Put(coveredKey, appendSpans(nil, c.Covered)); err != nil {
			return err
		}
	}
	return putContents(known, done, c)
}

func putContents(known, done *bolt.Bucket, c ledger.Change) error {
	for _, content := range c.Known {
		if err := known.Put([]byte(content.ID), appendContent(nil, content)); err != nil {
			return err
		}
	}
	for _, id := range c.Drop {
		if err := known.Delete([]byte(id)); err != nil {
			return err
		}
	}
	for _, m := range c.Done {
		if err := known.Delete([]byte(m.ID)); err != nil {
			return err
		}
		if err := done.Put([]byte(m.ID), appendTime(nil, m.Created)); err != nil {
			return err
		}
	}
	for _, id := range c.Forget {
		if err := done.Delete([]byte(id)); err != nil {
			return err
		}
	}
	return nil
}

// load reads the whole file.
func (f *File) load() (saved Saved, err error) {
	defer recoverDamage(&err)()
	saved.Positions = map[normalize.ContentType]*ledger.Position{}
	err = f.db.View(func(tx *bolt.Tx) error {
		saved.FromEarliest = bytes.Equal(tx.Bucket(metaBucket).Get(beginKey), fromEarliest)
		for _, ct := range normalize.ContentTypes() {
			bucket := tx.Bucket([]byte(ct))
			if bucket == nil {
				continue
			}
			change, err := readChange(bucket)
			if err != nil {
				return &damageError{fmt.Errorf("%s: %w", ct, err)}
			}
			position := ledger.NewPosition()
			position.Apply(change)
			saved.Positions[ct] = position
		}
		return tx.Bucket(packsBucket).ForEach(func(k, v []byte) error {
			pack, err := readPack(k, v)
			if err != nil {
				return &damageError{err}
			}
			saved.Packs = append(saved.Packs, pack)
			return nil
		})
	})
	return saved, err
}

// readChange reads a position as the one change that leads to it.
func readChange(bucket *bolt.Bucket) (ledger.Change, error) {
	var c ledger.Change
	var r reader
	if v := bucket.Get(originKey); v != nil {
		r = reader{rest: v}
		c.Origin = r.time()
	}
	if v := bucket.Get(coveredKey); v != nil && r.err == nil {
		r = reader{rest: v}
		c.Covered = r.spans()
	}
	if r.err != nil {
		return c, r.err
	}
	err := bucket.Bucket(knownBucket).ForEach(func(k, v []byte) error {
		r := reader{rest: v}
		c.Known = append(c.Known, r.content(string(k)))
		return r.err
	})
	if err != nil {
		return c, err
	}
	err = bucket.Bucket(doneBucket).ForEach(func(k, v []byte) error {
		r := reader{rest: v}
		c.Done = append(c.Done, ledger.Mark{ID: string(k), Created: r.time()})
		return r.err
	})
	return c, err
}
