package state

import (
	"errors"
	"fmt"
	"os"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"office365/normalize"
	"office365/plugin/internal/dedup"
)

// Forget takes a content type out of the file, its position and the identities
// of its records: the next start treats it as one that was never collected. It
// reports false when the file did not know it. Forgetting what a running process
// collects is refused with ErrLocked.
func Forget(o Options, ct normalize.ContentType) (known bool, err error) {
	if _, err := os.Stat(o.Path); err != nil {
		return false, err
	}
	f, _, err := open(o)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	defer recoverDamage(&err)()
	err = f.db.Update(func(tx *bolt.Tx) error {
		err := tx.DeleteBucket([]byte(ct))
		if known = err == nil; !known && !errors.Is(err, bolterrors.ErrBucketNotFound) {
			return err
		}
		return forgetIdentities(tx.Bucket(packsBucket), ct)
	})
	if err != nil {
		return false, fmt.Errorf("write state file: %w", err)
	}
	return known, nil
}

// forgetIdentities takes the parts of a content type out of the packs. A bucket
// must not be altered while ForEach runs.
func forgetIdentities(packs *bolt.Bucket, ct normalize.ContentType) error {
	var altered []dedup.Pack
	err := packs.ForEach(func(k, v []byte) error {
		p, err := readPack(k, v)
		if err != nil {
			return err
		}
		kept := p.Parts[:0]
		for _, part := range p.Parts {
			if part.Type != ct {
				kept = append(kept, part)
			}
		}
		if len(kept) < len(p.Parts) {
			p.Parts = kept
			altered = append(altered, p)
		}
		return nil
	})
	for _, p := range altered {
		if err != nil {
			break
		}
		if len(p.Parts) == 0 {
			err = packs.Delete(packKey(p.Seq))
			continue
		}
		err = packs.Put(packKey(p.Seq), appendPack(nil, p))
	}
	return err
}
