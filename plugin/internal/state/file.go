package state

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"office365/normalize"
	"office365/plugin/internal/dedup"
	"office365/plugin/internal/ledger"
)

// schema is the version of the layout. A change of the layout raises it and
// adds a migration.
const schema = 1

// fileMode keeps the file to its owner: it tells what a tenant does.
const fileMode = 0o600

// ErrLocked means that another process has the file open.
var ErrLocked = errors.New("another process has the state file open")

// VersionError means that the file was written by a newer version.
type VersionError struct {
	Path          string
	Found, Newest uint64
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("state file %s has version %d, this plugin reads up to %d: "+
		"run the plugin that wrote it, or move the file away to begin anew", e.Path, e.Found, e.Newest)
}

// TenantError means that the file belongs to another tenant.
type TenantError struct {
	Path, Found, Wanted string
}

func (e *TenantError) Error() string {
	return fmt.Sprintf("state file %s belongs to tenant %s, not to %s: give every tenant a file of its own",
		e.Path, e.Found, e.Wanted)
}

// Saved is what a file held when it was opened.
type Saved struct {
	Positions map[normalize.ContentType]*ledger.Position // those that have begun
	Packs     []dedup.Pack                               // oldest first
	Alerts    []normalize.AlertChange                    // see normalize.NewMerger
	Damaged   string                                     // where a file that could not be read was moved to; "" = none
	// FromEarliest means that the file takes the place of a damaged one: what has
	// no position in it is to be collected from as far back as the API allows.
	FromEarliest bool
}

// ForeignError means that the file belongs to another program.
type ForeignError struct {
	Of string // what it is
}

func (e *ForeignError) Error() string {
	return "is " + e.Of + " and no state file of this plugin; it was not touched: name another file"
}

// sqlite is how a file of SQLite begins, in which Fluent Bit's own inputs keep
// their positions: the likeliest file to be named by mistake.
const sqlite = "SQLite format 3\x00"

// foreign tells another program's file from a damaged one of ours.
func foreign(path string) error {
	f, err := os.Open(path) //nolint:gosec // the setting db
	if err != nil {
		return nil // opening it for good will tell
	}
	defer func() { _ = f.Close() }() // only read
	head := make([]byte, len(sqlite))
	if _, err := io.ReadFull(f, head); err == nil && string(head) == sqlite {
		return &ForeignError{Of: "a database of SQLite"}
	}
	return nil
}

// File is an open state file.
type File struct {
	db     *bolt.DB
	broken error // see update
}

// Options say which file to open.
type Options struct {
	Path   string
	Tenant string        // tenant_id; a new file is bound to it
	Wait   time.Duration // for the lock
	Now    time.Time     // names a damaged file that is moved aside

	fromEarliest bool
}

// Open opens or makes the file and reads what it holds. It returns ErrLocked,
// *VersionError, *TenantError, *ForeignError, or what the system said of the path.
func Open(o Options) (*File, Saved, error) {
	if err := foreign(o.Path); err != nil {
		return nil, Saved{}, err
	}
	f, saved, err := open(o)
	if err == nil || !damaged(err) {
		return f, saved, err
	}
	aside := o.Path + ".damaged-" + o.Now.UTC().Format("20060102T150405Z")
	if renameErr := os.Rename(o.Path, aside); renameErr != nil {
		return nil, Saved{}, errors.Join(err, renameErr)
	}
	o.fromEarliest = true
	f, saved, err = open(o)
	if err != nil {
		// Left aside, the next start would take its absence for a first one.
		return nil, Saved{}, errors.Join(err, os.Rename(aside, o.Path))
	}
	saved.Damaged = aside
	return f, saved, nil
}

// damageError wraps whatever reading a broken file led to.
type damageError struct{ err error }

func (e *damageError) Error() string { return "damaged: " + e.err.Error() }
func (e *damageError) Unwrap() error { return e.err }

func damaged(err error) bool {
	var d *damageError
	return errors.As(err, &d)
}

func open(o Options) (f *File, saved Saved, err error) {
	_, err = os.Lstat(o.Path)
	isNew := errors.Is(err, os.ErrNotExist)
	db, err := openDB(o)
	defer func() {
		// What a full disk has cut short would be taken for a damaged file. One
		// that is locked has been made by somebody else meanwhile.
		if err != nil && isNew && !errors.Is(err, ErrLocked) {
			_ = os.Remove(o.Path) // err says more
		}
	}()
	if err != nil {
		return nil, Saved{}, err
	}
	defer func() {
		if err != nil {
			_ = db.Close() // err says more
		}
	}()
	f = &File{db: db}
	if err := f.prepare(o); err != nil {
		return nil, Saved{}, err
	}
	saved, err = f.load()
	if err != nil {
		return nil, Saved{}, err
	}
	f.letGo()
	return f, saved, nil
}

func openDB(o Options) (*bolt.DB, error) {
	if err := check(o); err != nil {
		return nil, err
	}
	return boltOpen(o, &bolt.Options{
		// A map, not an array: commits stay quick when many pages are free.
		FreelistType: bolt.FreelistMapType,
	})
}

// check looks through a file that is there, before bbolt does: opened only to be
// read it is locked, and bbolt believes none of it but the metas.
func check(o Options) (err error) {
	info, err := os.Stat(o.Path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil // a first start
	case err != nil:
		return fmt.Errorf("open state file: %w", err)
	case !info.Mode().IsRegular():
		return nil // opening it for good will tell
	case info.Size() == 0:
		return &damageError{errors.New("it is empty")}
	}
	db, err := boltOpen(o, &bolt.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = checkPages(o.Path)
	if _, system := errors.AsType[*os.PathError](err); err != nil && !system {
		return &damageError{err}
	}
	return err
}

func boltOpen(o Options, how *bolt.Options) (db *bolt.DB, err error) {
	defer recoverDamage(&err)()
	how.Timeout = o.Wait
	db, err = bolt.Open(o.Path, fileMode, how)
	switch {
	case err == nil:
		return db, nil
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, ErrLocked
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum),
		errors.Is(err, bolterrors.ErrVersionMismatch):
		return nil, &damageError{err}
	}
	// What the system says of path, lock, memory or disk is no damage.
	_, path := errors.AsType[*os.PathError](err)
	_, call := errors.AsType[*os.SyscallError](err)
	_, bare := errors.AsType[syscall.Errno](err)
	if path || call || bare {
		return nil, fmt.Errorf("open state file: %w", err)
	}
	// What is left is what bbolt says of a file of the wrong size or shape.
	return nil, &damageError{err}
}

// guarded calls do, whose panics and faults become a damageError.
func guarded(do func() error) (err error) {
	defer recoverDamage(&err)()
	return do()
}

// update runs do in a transaction. A page that goes bad, or away with the disk,
// while the file is open must not end Fluent Bit; and where it has left bbolt
// with a lock that nobody holds any more, bbolt is not asked again: it would
// wait for ever.
func (f *File) update(do func(*bolt.Tx) error) error {
	if f.broken != nil {
		return f.broken
	}
	var tx *bolt.Tx
	err := guarded(func() (err error) {
		if tx, err = f.db.Begin(true); err != nil {
			return err
		}
		if err = do(tx); err != nil {
			return err
		}
		return tx.Commit()
	})
	switch {
	case err == nil:
		return nil
	case tx == nil && damaged(err):
		f.broken = err
	case tx != nil:
		// A commit that has failed has ended it already, which is no matter.
		if ended := guarded(tx.Rollback); damaged(ended) {
			f.broken = ended
		}
	}
	return err
}

// recoverDamage turns the panics and faults with which bbolt meets a broken
// page into a damageError. Use: defer recoverDamage(&err)().
func recoverDamage(err *error) func() {
	before := debug.SetPanicOnFault(true)
	return func() {
		debug.SetPanicOnFault(before)
		if r := recover(); r != nil {
			*err = &damageError{fmt.Errorf("%v", r)}
		}
	}
}

// letGo is letGo with a transaction of its own.
func (f *File) letGo() {
	err := guarded(func() error {
		// While a transaction is open the mapping stays where it is.
		return f.db.View(func(tx *bolt.Tx) error {
			letGo(tx)
			return nil
		})
	})
	if damaged(err) {
		f.broken = err
	}
}

// letGo takes the pages of the file out of this process's memory, where bbolt
// has mapped them; they stay in the system's cache. A file of 32 MB had 17 MB
// there, which count against the limit of a container. Best effort.
func letGo(tx *bolt.Tx) {
	_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, tx.DB().Info().Data, uintptr(tx.Size()), syscall.MADV_DONTNEED) //nolint:gosec // a size is not negative
}

// Probe writes a little, to find out whether the file can be written again.
func (f *File) Probe() error {
	err := f.update(func(tx *bolt.Tx) error {
		meta := tx.Bucket(metaBucket)
		return meta.Put(schemaKey, bytes.Clone(meta.Get(schemaKey)))
	})
	if err != nil {
		return fmt.Errorf("write state file: %w", err)
	}
	return nil
}

// Close releases the lock. What was applied is on disk. Of a file that broke
// while it was open the lock ends with the process.
func (f *File) Close() error {
	if f.broken != nil {
		return f.broken
	}
	return f.db.Close()
}

var (
	metaBucket  = []byte("meta")
	packsBucket = []byte("packs")
	knownBucket = []byte("known")
	doneBucket  = []byte("done")

	schemaKey  = []byte("schema")
	tenantKey  = []byte("tenant")
	beginKey   = []byte("begin")
	sumKey     = []byte("sum")
	originKey  = []byte("origin")
	coveredKey = []byte("covered")
)

// prepare checks version and tenant, and makes the buckets of a new file.
func (f *File) prepare(o Options) (err error) {
	defer recoverDamage(&err)()
	return f.db.Update(func(tx *bolt.Tx) error {
		meta := tx.Bucket(metaBucket)
		if meta == nil {
			return create(tx, o)
		}
		version := meta.Get(schemaKey)
		if len(version) != 8 {
			return &damageError{errors.New("no schema version")}
		}
		if found := binary.BigEndian.Uint64(version); found > schema {
			return &VersionError{Path: o.Path, Found: found, Newest: schema}
		}
		if found := string(meta.Get(tenantKey)); found != o.Tenant {
			return &TenantError{Path: o.Path, Found: found, Wanted: o.Tenant}
		}
		return nil
	})
}

// fromEarliest is the value of beginKey in a file that takes the place of a
// damaged one.
var fromEarliest = []byte("earliest")

func create(tx *bolt.Tx, o Options) error {
	meta, err := tx.CreateBucket(metaBucket)
	if err != nil {
		return err
	}
	for _, name := range [][]byte{packsBucket, alertsBucket} {
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	if err := meta.Put(schemaKey, binary.BigEndian.AppendUint64(nil, schema)); err != nil {
		return err
	}
	var sum checksum
	t := table{meta, "meta", &sum}
	if o.fromEarliest {
		if err := t.put(beginKey, fromEarliest); err != nil {
			return err
		}
	}
	if err := t.put(tenantKey, []byte(o.Tenant)); err != nil {
		return err
	}
	return writeSum(tx, sum)
}
