package state

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc64"

	bolt "go.etcd.io/bbolt"
)

// checksum is the sum of a hash of every entry of the file but schema and itself.
// bbolt's pages have none: a flipped bit may leave out a page of contents, and
// nobody would know. A sum, because each transaction can bring it up to date
// from what it changes.
type checksum uint64

var polynomial = crc64.MakeTable(crc64.ECMA)

func (s *checksum) add(name string, key, value []byte)  { *s += entrySum(name, key, value) }
func (s *checksum) take(name string, key, value []byte) { *s -= entrySum(name, key, value) }

func entrySum(name string, key, value []byte) checksum {
	head := binary.AppendUvarint(make([]byte, 0, 256), uint64(len(name)))
	head = binary.AppendUvarint(append(head, name...), uint64(len(key)))
	return checksum(crc64.Update(crc64.Checksum(append(head, key...), polynomial), polynomial, value))
}

func readSum(tx *bolt.Tx) checksum {
	v := tx.Bucket(metaBucket).Get(sumKey)
	if len(v) != 8 {
		return 0 // of no file of ours
	}
	return checksum(binary.BigEndian.Uint64(v))
}

func writeSum(tx *bolt.Tx, s checksum) error {
	return tx.Bucket(metaBucket).Put(sumKey, binary.BigEndian.AppendUint64(nil, uint64(s)))
}

// table is a bucket whose entries the checksum counts.
type table struct {
	bucket *bolt.Bucket
	name   string
	sum    *checksum
}

// fill is how full bbolt makes the pages it splits. Nearly all keys come in
// their order: full pages save half the file.
const fill = 0.9

func (t table) put(key, value []byte) error {
	if old, there := t.find(key); there {
		t.sum.take(t.name, key, old)
	}
	t.sum.add(t.name, key, value)
	t.bucket.FillPercent = fill
	return t.bucket.Put(key, value)
}

func (t table) remove(key []byte) error {
	if old, there := t.find(key); there {
		t.sum.take(t.name, key, old)
	}
	return t.bucket.Delete(key)
}

// find is get for values that may be empty.
func (t table) find(key []byte) (value []byte, there bool) {
	k, v := t.bucket.Cursor().Seek(key)
	return v, bytes.Equal(k, key)
}

// get reads one entry and counts it, nil when there is none.
func (t table) get(key []byte) []byte {
	v := t.bucket.Get(key)
	if v != nil {
		t.sum.add(t.name, key, v)
	}
	return v
}

// letGoEvery is after how many bytes a walk lets go of their pages: read to its
// end at a start, a file of 80 MB had 60 MB mapped.
const letGoEvery = 1 << 20

var errUnreachable = errors.New("an entry is there and cannot be found by its key")

// each calls f with every entry, in the order of their keys, and counts it. What
// a walk from page to page meets must be found from the root as well, or it
// could never be altered.
func (t table) each(f func(key, value []byte) error) error {
	read := 0
	return t.bucket.ForEach(func(k, v []byte) error {
		if read += len(k) + len(v); read >= letGoEvery {
			read = 0
			letGo(t.bucket.Tx())
		}
		if _, there := t.find(k); !there {
			return errUnreachable
		}
		t.sum.add(t.name, k, v)
		return f(k, v)
	})
}
