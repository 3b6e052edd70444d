package collector

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"office365/plugin/internal/state"
)

// files is the registry of the state files that instances of this process own:
// a lock on a file does not keep a second section of one process out.
var files = registry{owners: map[string]string{}}

type registry struct {
	mu     sync.Mutex
	owners map[string]string // resolved path → instance
}

// own takes the file for the instance, or names the instance that has it.
func (r *registry) own(path, instance string) (resolved string, err error) {
	resolved, err = resolve(path)
	if err != nil {
		return "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if owner, taken := r.owners[resolved]; taken {
		return "", &takenError{first: owner, second: instance}
	}
	r.owners[resolved] = instance
	return resolved, nil
}

func (r *registry) release(resolved string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.owners, resolved)
}

// count is the number of files that are owned.
func (r *registry) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.owners)
}

// resolve makes two ways to write one path the same.
func resolve(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, filepath.Base(path))
	// The file itself may be a link, or not be there yet.
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target, nil
	}
	return path, nil
}

// takenError names the two sections that want one file.
type takenError struct{ first, second string }

func (e *takenError) Error() string {
	return fmt.Sprintf("is used by both %s and %s: give every [INPUT] section a file of its own", e.first, e.second)
}

// explain words an error about the state file at path as one of the setting db,
// with what would be right.
func explain(path string, err error) error {
	say := func(what string) error { return fmt.Errorf("db %s %s (%w)", path, what, err) }
	var taken *takenError
	var version *state.VersionError
	var tenant *state.TenantError
	var foreign *state.ForeignError
	switch {
	case errors.As(err, &taken), errors.As(err, &foreign):
		return fmt.Errorf("db %s %w", path, err)
	case errors.As(err, &version), errors.As(err, &tenant):
		return fmt.Errorf("db: %w", err)
	case errors.Is(err, os.ErrNotExist):
		return say("cannot be made: the folder " + filepath.Dir(path) + " does not exist; create it, writable for the user of Fluent Bit")
	case errors.Is(err, os.ErrPermission):
		return say(fmt.Sprintf("cannot be written by the user of Fluent Bit, uid %d; change its owner or name another file", os.Getuid()))
	case errors.Is(err, syscall.EISDIR):
		return say("is a folder; name a file in it")
	default:
		return say("cannot be opened")
	}
}

// fileBytes is the size of a file, 0 when there is none.
func fileBytes(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
