package state

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
	"golang.org/x/sys/unix"
)

// Info is what Inspect finds.
type Info struct {
	Saved
	Tenant  string
	Version uint64
	Bytes   int64
	Mode    os.FileMode
	Locked  bool // a process has the file open, as a running Fluent Bit has
}

// Inspect reads a file and alters nothing. A file that another process has open
// is read from a copy in memory, as of its last commit. The error is the
// system's, a *ForeignError, a *VersionError, or one that Damaged knows.
func Inspect(path string) (info Info, err error) {
	stat, err := os.Stat(path)
	if err != nil {
		return Info{}, err
	}
	if err := foreign(path); err != nil {
		return Info{}, err
	}
	info = Info{Bytes: stat.Size(), Mode: stat.Mode()}
	db, err := openToRead(path, nil)
	if errors.Is(err, ErrLocked) {
		info.Locked = true
		db, err = openCopy(path)
	}
	if err != nil {
		return info, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	f := &File{db: db}
	if err := f.describe(path, &info); err != nil {
		return info, err
	}
	info.Saved, err = f.load()
	return info, err
}

// Damaged reports whether an error means that the content of a file is broken.
func Damaged(err error) bool { return damaged(err) }

// describe reads the meta bucket.
func (f *File) describe(path string, info *Info) (err error) {
	defer recoverDamage(&err)()
	return f.db.View(func(tx *bolt.Tx) error {
		meta := tx.Bucket(metaBucket)
		if meta == nil || len(meta.Get(schemaKey)) != 8 {
			return &damageError{errors.New("no schema version")}
		}
		info.Tenant = string(meta.Get(tenantKey))
		info.Version = binary.BigEndian.Uint64(meta.Get(schemaKey))
		if info.Version > schema {
			return &VersionError{Path: path, Found: info.Version, Newest: schema}
		}
		return nil
	})
}

// openToRead opens a database without writing to it; from, when set, stands in
// for the file at path.
func openToRead(path string, from *os.File) (db *bolt.DB, err error) {
	defer recoverDamage(&err)()
	o := &bolt.Options{ReadOnly: true, Timeout: time.Nanosecond}
	if from != nil {
		o.OpenFile = func(string, int, os.FileMode) (*os.File, error) { return from, nil }
	}
	db, err = bolt.Open(path, fileMode, o)
	switch _, system := errors.AsType[*os.PathError](err); {
	case err == nil:
		return db, nil
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, ErrLocked
	case system:
		return nil, fmt.Errorf("open state file: %w", err)
	}
	return nil, &damageError{err}
}

// copyTries is how often a copy is begun anew because the file was written
// meanwhile. A copy takes some 10 ms for 16 MB; commits are a second apart.
const copyTries = 5

// errBusy means that a file was written all the while.
var errBusy = errors.New("the state file is being written; try again")

// openCopy opens a copy, in memory, of a file that another process has locked
// and may write.
//
// The copy is whole when no transaction was committed while it was made: bbolt
// never writes to a page of its last commit. The one under way may write to
// pages that were free then, and those that it sets free are used again by the
// next one only (freelist.release in db.beginRWTx). So the copy holds all of the
// last commit, whatever else it caught.
func openCopy(path string) (*bolt.DB, error) {
	source, err := os.Open(path) //nolint:gosec // the setting db
	if err != nil {
		return nil, err
	}
	defer func() { _ = source.Close() }() // only read
	for range copyTries {
		db, err := tryCopy(source, path)
		if !errors.Is(err, errBusy) {
			return db, err
		}
	}
	return nil, errBusy
}

func tryCopy(source *os.File, path string) (*bolt.DB, error) {
	before, err := lastCommit(source)
	if err != nil {
		return nil, err
	}
	fd, err := unix.MemfdCreate("office365-state", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("copy state file: %w", err)
	}
	memory := os.NewFile(uintptr(fd), "office365-state")
	db, err := fill(memory, source, path, before)
	if err != nil {
		_ = memory.Close() // err says more
		return nil, err
	}
	return db, nil
}

// fill copies source and opens the copy, if it shows the commit of that number.
func fill(memory, source *os.File, path string, commit uint64) (*bolt.DB, error) {
	if _, err := io.Copy(memory, io.NewSectionReader(source, 0, 1<<62)); err != nil {
		return nil, fmt.Errorf("copy state file: %w", err)
	}
	after, err := lastCommit(source)
	switch {
	case err != nil:
		return nil, err
	case after != commit:
		return nil, errBusy
	}
	db, err := openToRead(path, memory)
	if err != nil {
		return nil, err
	}
	shows := 0
	err = db.View(func(tx *bolt.Tx) error { shows = tx.ID(); return nil })
	if err == nil && uint64(shows) != commit {
		err = errBusy
	}
	if err != nil {
		_ = db.Close() // closes memory too; err says more
		return nil, err
	}
	return db, nil
}

// Places in a bbolt file (v1.5, internal/common/page.go and meta.go): the first
// two pages hold a meta each, behind a header of 16 bytes.
const (
	pageHeader   = 16
	pageSizeAt   = pageHeader + 8
	commitAt     = pageHeader + 48
	metaEnd      = commitAt + 8
	largestPage  = 1 << 16
	smallestPage = 1 << 10
)

// lastCommit reads the number of the newest transaction from the two metas,
// which are written in turn.
func lastCommit(f io.ReaderAt) (uint64, error) {
	first := make([]byte, metaEnd)
	if _, err := f.ReadAt(first, 0); err != nil {
		return 0, &damageError{err}
	}
	size := binary.NativeEndian.Uint32(first[pageSizeAt:])
	if size < smallestPage || size > largestPage {
		return 0, &damageError{errors.New("no page size")}
	}
	second := make([]byte, metaEnd)
	if _, err := f.ReadAt(second, int64(size)); err != nil {
		return 0, &damageError{err}
	}
	return max(binary.NativeEndian.Uint64(first[commitAt:]), binary.NativeEndian.Uint64(second[commitAt:])), nil
}
