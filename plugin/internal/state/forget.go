package state

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"

	bolt "go.etcd.io/bbolt"

	"office365/normalize"
	"office365/plugin/internal/dedup"
)

// Forget takes a content type out of the file, its position and the identities
// of its records, and of Audit.General the alerts as well: the next start treats
// it as one that was never collected. It
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
		sum := readSum(tx)
		if known, err = forgetPosition(tx, &sum, ct); err != nil {
			return err
		}
		if err := forgetIdentities(table{tx.Bucket(packsBucket), "packs", &sum}, ct); err != nil {
			return err
		}
		if ct == normalize.AuditGeneral {
			if err := forgetAlerts(table{tx.Bucket(alertsBucket), "alerts", &sum}); err != nil {
				return err
			}
		}
		return writeSum(tx, sum)
	})
	if err != nil {
		return false, fmt.Errorf("write state file: %w", err)
	}
	return known, nil
}

func forgetPosition(tx *bolt.Tx, sum *checksum, ct normalize.ContentType) (known bool, err error) {
	bucket := tx.Bucket([]byte(ct))
	if bucket == nil {
		return false, nil
	}
	var gone checksum
	if _, err := readChange(bucket, &gone, ct); err != nil {
		return false, err
	}
	*sum -= gone
	return true, tx.DeleteBucket([]byte(ct))
}

// forgetAlerts takes all alerts out: an alert that is known to be out would not
// come again with its originals.
func forgetAlerts(alerts table) error {
	var keys [][]byte
	err := alerts.bucket.ForEach(func(k, _ []byte) error {
		keys = append(keys, bytes.Clone(k))
		return nil
	})
	for _, key := range keys {
		err = errors.Join(err, alerts.remove(key))
	}
	return err
}

// forgetIdentities takes the parts of a content type out of the packs. A bucket
// must not be altered while ForEach runs.
func forgetIdentities(packs table, ct normalize.ContentType) error {
	var altered []dedup.Pack
	err := packs.bucket.ForEach(func(k, v []byte) error {
		p, err := readPack(k, v)
		if err != nil {
			return err
		}
		kept := slices.DeleteFunc(slices.Clone(p.Parts), func(part dedup.Part) bool { return part.Type == ct })
		if len(kept) < len(p.Parts) {
			p.Parts = kept
			altered = append(altered, p)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, p := range altered {
		if len(p.Parts) == 0 {
			err = packs.remove(packKey(p.Seq))
		} else {
			err = packs.put(packKey(p.Seq), appendPack(nil, p))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
