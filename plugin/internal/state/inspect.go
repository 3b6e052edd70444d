package state

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	bolt "go.etcd.io/bbolt"
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

// Inspect reads a file and alters nothing. It reads a copy in memory, as of the
// last commit: another process may have the file open, and one that starts
// meanwhile must not find it locked. The error is the system's, a *ForeignError,
// a *VersionError, or one that Damaged knows.
func Inspect(path string) (info Info, err error) {
	stat, err := os.Stat(path)
	if err != nil {
		return Info{}, err
	}
	if err := foreign(path); err != nil {
		return Info{}, err
	}
	info = Info{Bytes: stat.Size(), Mode: stat.Mode()}
	if info.Locked, err = Locked(path); err != nil {
		return info, err
	}
	db, err := openCopy(path)
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

// Locked reports whether a process has the file open. It is quick.
func Locked(path string) (bool, error) {
	f, err := os.Open(path) //nolint:gosec // the setting db
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }() // only looked at; this gives the lock back
	err = unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
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

// openToRead opens a copy of the file at path.
func openToRead(path string, memory *os.File) (db *bolt.DB, err error) {
	defer recoverDamage(&err)()
	db, err = bolt.Open(path, fileMode, &bolt.Options{
		ReadOnly: true,
		OpenFile: func(string, int, os.FileMode) (*os.File, error) { return memory, nil },
	})
	if err != nil {
		return nil, &damageError{err}
	}
	return db, nil
}

// copyTries is how often a copy is begun anew because the file was written
// meanwhile. A copy takes some 10 ms for 16 MB; commits are a second apart.
const copyTries = 5

// errBusy means that a file was written all the while.
var errBusy = errors.New("the state file is being written; try again")

// openCopy opens a copy, in memory, of a file that another process may write.
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
	before, err := readMeta(source)
	if err != nil {
		return nil, &damageError{err}
	}
	fd, err := unix.MemfdCreate("office365-state", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("copy state file: %w", err)
	}
	memory := os.NewFile(uintptr(fd), "office365-state")
	db, err := fillCopy(memory, source, path, before.tx)
	if err != nil {
		_ = memory.Close() // err says more
		return nil, err
	}
	return db, nil
}

// fillCopy copies source and opens the copy, if it shows the commit of that number.
func fillCopy(memory, source *os.File, path string, commit uint64) (*bolt.DB, error) {
	if _, err := io.Copy(memory, io.NewSectionReader(source, 0, 1<<62)); err != nil {
		return nil, fmt.Errorf("copy state file: %w", err)
	}
	after, err := readMeta(source)
	switch {
	case err != nil:
		return nil, &damageError{err}
	case after.tx != commit:
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
