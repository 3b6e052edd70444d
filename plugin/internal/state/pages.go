package state

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"slices"
)

// checkPages walks through all pages of a file of bbolt, format 2, and returns
// an error when they do not fit together. bbolt trusts what it reads: from a
// broken page it may take a length that ends the process, and from a broken
// list of free pages it would write over pages in use. What the pages hold is
// for the checksum.
func checkPages(path string) error {
	f, err := os.Open(path) //nolint:gosec // the setting db
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	m, err := readMeta(f)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if m.end < 3 || m.end > uint64(info.Size())/m.pageSize { //nolint:gosec // a size is not negative
		return fmt.Errorf("%d pages in a file of %d bytes", m.end, info.Size())
	}
	w := &walker{file: f, meta: m, inUse: make([]bool, m.end)}
	w.inUse[0], w.inUse[1] = true, true
	if err := w.tree(m.root, nil, nil, 0); err != nil {
		return err
	}
	return w.freeList()
}

// Of bbolt's internal/common, page.go and meta.go, v1.5.0; numbers are in the
// order of the machine.
const (
	headBytes    = 16 // of a page: id 8, flags 2, count 2, overflow 4
	elementBytes = 16 // of a branch: pos 4, key 4, page 8; of a leaf: flags 4, pos 4, key 4, value 4
	bucketBytes  = 16 // of a bucket: root 8, sequence 8; an inline page follows when root is 0
	branchPage   = 0x01
	leafPage     = 0x02
	freePage     = 0x10
	bucketLeaf   = 0x01
	metaMagic    = 0xED0CDAED
	metaVersion  = 2
	metaBytes    = 64 // of which the last 8 are a hash of the others
	manyFree     = 0xFFFF
	deepest      = 32 // levels; 100,000 contents need five
)

var native = binary.NativeEndian

type metaPage struct {
	pageSize, root, free, end, tx uint64
}

// readMeta returns the newer one of the two metas that are whole.
func readMeta(f io.ReaderAt) (metaPage, error) {
	var best metaPage
	for _, at := range []int64{0, int64(os.Getpagesize())} {
		b := make([]byte, headBytes+metaBytes)
		if _, err := f.ReadAt(b, at); err != nil {
			continue
		}
		b = b[headBytes:]
		sum := fnv.New64a()
		_, _ = sum.Write(b[:metaBytes-8]) // a hash takes what it gets
		if native.Uint32(b) != metaMagic || native.Uint32(b[4:]) != metaVersion || native.Uint64(b[metaBytes-8:]) != sum.Sum64() {
			continue
		}
		m := metaPage{
			pageSize: uint64(native.Uint32(b[8:])), root: native.Uint64(b[16:]),
			free: native.Uint64(b[32:]), end: native.Uint64(b[40:]), tx: native.Uint64(b[48:]),
		}
		if best.end == 0 || m.tx > best.tx {
			best = m
		}
	}
	if best.end == 0 || best.pageSize < 512 {
		return best, errors.New("no meta page is whole")
	}
	return best, nil
}

// walker goes through the pages.
type walker struct {
	file  io.ReaderAt
	meta  metaPage
	inUse []bool
}

// page reads a page with those that it overflows into, which nobody else may use.
func (w *walker) page(id uint64) ([]byte, error) {
	if id < 2 || id >= w.meta.end {
		return nil, fmt.Errorf("page %d is outside of the file", id)
	}
	head := make([]byte, headBytes)
	at := int64(id * w.meta.pageSize) //nolint:gosec // within the file
	if _, err := w.file.ReadAt(head, at); err != nil {
		return nil, err
	}
	pages := 1 + uint64(native.Uint32(head[12:]))
	if native.Uint64(head) != id || pages > w.meta.end-id {
		return nil, fmt.Errorf("page %d has the head of another", id)
	}
	for i := id; i < id+pages; i++ {
		if w.inUse[i] {
			return nil, fmt.Errorf("page %d is in use twice", i)
		}
		w.inUse[i] = true
	}
	b := make([]byte, pages*w.meta.pageSize)
	_, err := w.file.ReadAt(b, at)
	return b, err
}

// tree walks through a page and all below it, whose keys lie in [from, to).
func (w *walker) tree(id uint64, from, to []byte, depth int) error {
	b, err := w.page(id)
	if err != nil {
		return err
	}
	return w.elements(b, from, to, depth)
}

func (w *walker) elements(b, from, to []byte, depth int) error {
	flags, count := native.Uint16(b[8:]), int(native.Uint16(b[10:]))
	if depth > deepest || flags != branchPage && flags != leafPage || headBytes+count*elementBytes > len(b) {
		return fmt.Errorf("a page of kind %#x with %d entries", flags, count)
	}
	if count == 0 && (flags == branchPage || depth == 0 && w.meta.tx > 1) {
		return errors.New("a page without an entry, where there must be some")
	}
	keys := make([][]byte, count+1)
	keys[count] = to
	for i := range count {
		key, err := w.key(b, i, flags)
		if err != nil {
			return err
		}
		if i > 0 && bytes.Compare(keys[i-1], key) >= 0 || bytes.Compare(key, from) < 0 || to != nil && bytes.Compare(key, to) >= 0 {
			return errors.New("keys are out of order")
		}
		keys[i] = key
	}
	for i := range count {
		if err := w.below(b, i, flags, keys[i], keys[i+1], depth); err != nil {
			return err
		}
	}
	return nil
}

// cut returns n bytes at pos of an element, which counts from itself.
func cut(b []byte, element int, pos, n uint64) ([]byte, error) {
	at := uint64(headBytes+element*elementBytes) + pos //nolint:gosec // not negative
	if at+n > uint64(len(b)) {
		return nil, errors.New("an entry reaches out of its page")
	}
	return b[at : at+n], nil
}

func (w *walker) key(b []byte, i int, flags uint16) ([]byte, error) {
	e := b[headBytes+i*elementBytes:]
	if flags == leafPage {
		e = e[4:]
	}
	return cut(b, i, uint64(native.Uint32(e)), uint64(native.Uint32(e[4:])))
}

// below follows an element: to the page of a branch, to the tree of a bucket.
func (w *walker) below(b []byte, i int, flags uint16, key, next []byte, depth int) error {
	e := b[headBytes+i*elementBytes:]
	if flags == branchPage {
		return w.tree(native.Uint64(e[8:]), key, next, depth+1)
	}
	pos, keyLen, valueLen := native.Uint32(e[4:]), native.Uint32(e[8:]), native.Uint32(e[12:])
	value, err := cut(b, i, uint64(pos)+uint64(keyLen), uint64(valueLen))
	if err != nil || native.Uint32(e)&bucketLeaf == 0 {
		return err
	}
	if len(value) < bucketBytes {
		return errors.New("a bucket without a root")
	}
	if root := native.Uint64(value); root != 0 {
		return w.tree(root, nil, nil, depth+1)
	}
	inline := value[bucketBytes:]
	if len(inline) < headBytes || native.Uint16(inline[8:]) != leafPage {
		return errors.New("a bucket without a page")
	}
	return w.elements(inline, nil, nil, depth+1)
}

// freeList checks that the pages in the list of free ones are free, and all
// others in use: one that is neither was cut off from the tree.
func (w *walker) freeList() error {
	b, err := w.page(w.meta.free)
	if err != nil {
		return err
	}
	if native.Uint16(b[8:]) != freePage {
		return errors.New("no list of free pages")
	}
	count, ids := uint64(native.Uint16(b[10:])), b[headBytes:]
	if count == manyFree {
		count, ids = native.Uint64(ids), ids[8:]
	}
	if count > uint64(len(ids)/8) {
		return fmt.Errorf("%d free pages in %d bytes", count, len(ids))
	}
	for ; count > 0; count, ids = count-1, ids[8:] {
		id := native.Uint64(ids)
		if id >= w.meta.end || w.inUse[id] {
			return fmt.Errorf("page %d is free and is not", id)
		}
		w.inUse[id] = true
	}
	if lost := slices.Index(w.inUse, false); lost >= 0 {
		return fmt.Errorf("page %d is neither in use nor free", lost)
	}
	return nil
}
