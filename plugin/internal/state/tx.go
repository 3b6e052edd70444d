package state

import (
	"bytes"
	"encoding/binary"
	"errors"
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
	Alerts  []normalize.AlertChange
}

// Empty reports whether there is nothing to store.
func (t Tx) Empty() bool {
	for _, c := range t.Changes {
		if !c.Empty() {
			return false
		}
	}
	return t.Pack == nil && len(t.Evict) == 0 && len(t.Alerts) == 0
}

// Apply stores the transaction, synced to disk. After an error the file is as
// it was before.
func (f *File) Apply(t Tx) error {
	if t.Empty() {
		return nil
	}
	err := f.update(func(tx *bolt.Tx) error {
		sum := readSum(tx)
		for ct, change := range t.Changes {
			if err := putChange(tx, &sum, ct, change); err != nil {
				return fmt.Errorf("%s: %w", ct, err)
			}
		}
		if err := putAlerts(tx, t.Alerts, &sum); err != nil {
			return fmt.Errorf("alerts: %w", err)
		}
		packs := table{tx.Bucket(packsBucket), "packs", &sum}
		if t.Pack != nil {
			if err := packs.put(packKey(t.Pack.Seq), appendPack(nil, *t.Pack)); err != nil {
				return err
			}
		}
		for _, seq := range t.Evict {
			if err := packs.remove(packKey(seq)); err != nil {
				return err
			}
		}
		return writeSum(tx, sum)
	})
	if err != nil {
		return fmt.Errorf("write state file: %w", err)
	}
	f.letGo()
	return nil
}

func packKey(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

func putChange(tx *bolt.Tx, sum *checksum, ct normalize.ContentType, c ledger.Change) error {
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
	own := table{bucket, string(ct), sum}
	if !c.Origin.IsZero() {
		if err := own.put(originKey, appendTime(nil, c.Origin)); err != nil {
			return err
		}
	}
	if c.Covered != nil {
		if err := own.put(coveredKey, appendSpans(nil, c.Covered)); err != nil {
			return err
		}
	}
	return putContents(table{known, string(ct) + "/known", sum}, table{done, string(ct) + "/done", sum}, c)
}

func putContents(known, done table, c ledger.Change) error {
	for _, content := range c.Known {
		if err := known.put(contentKey(content.Created, content.ID), appendContent(nil, content)); err != nil {
			return err
		}
	}
	for _, m := range c.Drop {
		if err := known.remove(contentKey(m.Created, m.ID)); err != nil {
			return err
		}
	}
	for _, m := range c.Done {
		key := contentKey(m.Created, m.ID)
		if err := known.remove(key); err != nil {
			return err
		}
		if err := done.put(key, nil); err != nil {
			return err
		}
	}
	for _, m := range c.Forget {
		if err := done.remove(contentKey(m.Created, m.ID)); err != nil {
			return err
		}
	}
	return nil
}

// load reads the whole file, and holds it against its checksum.
func (f *File) load() (saved Saved, err error) {
	defer recoverDamage(&err)()
	saved.Positions = map[normalize.ContentType]*ledger.Position{}
	err = f.db.View(func(tx *bolt.Tx) (err error) {
		var sum checksum
		meta := table{tx.Bucket(metaBucket), "meta", &sum}
		saved.FromEarliest = bytes.Equal(meta.get(beginKey), fromEarliest)
		meta.get(tenantKey)
		for _, ct := range normalize.ContentTypes() {
			bucket := tx.Bucket([]byte(ct))
			if bucket == nil {
				continue
			}
			change, err := readChange(bucket, &sum, ct)
			if err != nil {
				return &damageError{fmt.Errorf("%s: %w", ct, err)}
			}
			position := ledger.NewPosition()
			position.Apply(change)
			saved.Positions[ct] = position
		}
		if saved.Alerts, err = readAlerts(tx, &sum); err != nil {
			return &damageError{err}
		}
		err = table{tx.Bucket(packsBucket), "packs", &sum}.each(func(k, v []byte) error {
			pack, err := readPack(k, v)
			saved.Packs = append(saved.Packs, pack)
			return err
		})
		if err != nil {
			return &damageError{err}
		}
		if sum != readSum(tx) {
			return &damageError{errors.New("what it holds is not what was written")}
		}
		return nil
	})
	return saved, err
}

// readChange reads a position as the one change that leads to it.
func readChange(bucket *bolt.Bucket, sum *checksum, ct normalize.ContentType) (ledger.Change, error) {
	var c ledger.Change
	own := table{bucket, string(ct), sum}
	r := reader{rest: own.get(originKey)}
	if r.rest != nil {
		c.Origin = r.time()
	}
	if v := own.get(coveredKey); v != nil && r.err == nil {
		r = reader{rest: v}
		c.Covered = r.spans()
	}
	if r.err != nil {
		return c, r.err
	}
	err := table{bucket.Bucket(knownBucket), string(ct) + "/known", sum}.each(func(k, v []byte) error {
		created, id, err := readContentKey(k)
		r := reader{rest: v, err: err}
		c.Known = append(c.Known, r.content(id, created))
		return r.err
	})
	if err != nil {
		return c, err
	}
	err = table{bucket.Bucket(doneBucket), string(ct) + "/done", sum}.each(func(k, _ []byte) error {
		created, id, err := readContentKey(k)
		c.Done = append(c.Done, ledger.Mark{ID: id, Created: created})
		return err
	})
	return c, err
}
