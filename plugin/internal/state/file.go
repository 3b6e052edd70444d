package state

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
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
	Damaged   string                                     // where a file that could not be read was moved to; "" = none
}

// File is an open state file.
type File struct {
	db *bolt.DB
}

// Options say which file to open.
type Options struct {
	Path   string
	Tenant string        // tenant_id; a new file is bound to it
	Wait   time.Duration // for the lock
	Now    time.Time     // names a damaged file that is moved aside
}

// Open opens or makes the file and reads what it holds. It returns ErrLocked,
// *VersionError, *TenantError, or what the system said of the path.
func Open(o Options) (*File, Saved, error) {
	f, saved, err := open(o)
	if err == nil || !damaged(err) {
		return f, saved, err
	}
	aside := o.Path + ".damaged-" + o.Now.UTC().Format("20060102T150405Z")
	if renameErr := os.Rename(o.Path, aside); renameErr != nil {
		return nil, Saved{}, errors.Join(err, renameErr)
	}
	f, saved, err = open(o)
	saved.Damaged = aside
	return f, saved, err
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
	db, err := openDB(o)
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
	return f, saved, nil
}

func openDB(o Options) (db *bolt.DB, err error) {
	defer recoverDamage(&err)()
	db, err = bolt.Open(o.Path, fileMode, &bolt.Options{
		Timeout: o.Wait,
		// A map, not an array: commits stay quick when many pages are free.
		FreelistType: bolt.FreelistMapType,
	})
	switch {
	case err == nil:
		return db, nil
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, ErrLocked
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum),
		errors.Is(err, bolterrors.ErrVersionMismatch):
		return nil, &damageError{err}
	}
	if _, ok := errors.AsType[*os.PathError](err); ok {
		return nil, fmt.Errorf("open state file: %w", err)
	}
	// What is left is what bbolt says of a file of the wrong size or shape.
	return nil, &damageError{err}
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

// Close releases the lock. What was applied is on disk.
func (f *File) Close() error { return f.db.Close() }

var (
	metaBucket  = []byte("meta")
	packsBucket = []byte("packs")
	knownBucket = []byte("known")
	doneBucket  = []byte("done")

	schemaKey  = []byte("schema")
	tenantKey  = []byte("tenant")
	originKey  = []byte("origin")
	coveredKey = []byte("covered")
)

// prepare checks version and tenant, and makes the buckets of a new file.
func (f *File) prepare(o Options) (err error) {
	defer recoverDamage(&err)()
	return f.db.Update(func(tx *bolt.Tx) error {
		meta := tx.Bucket(metaBucket)
		if meta == nil {
			return create(tx, o.Tenant)
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

func create(tx *bolt.Tx, tenant string) error {
	meta, err := tx.CreateBucket(metaBucket)
	if err != nil {
		return err
	}
	if _, err := tx.CreateBucket(packsBucket); err != nil {
		return err
	}
	if err := meta.Put(schemaKey, binary.BigEndian.AppendUint64(nil, schema)); err != nil {
		return err
	}
	return meta.Put(tenantKey, []byte(tenant))
}
