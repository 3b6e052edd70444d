package collector

import (
	"fmt"
	"path/filepath"
	"sync"
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
		return "", fmt.Errorf("db %s: %w", path, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if owner, taken := r.owners[resolved]; taken {
		return "", fmt.Errorf("db %s is used by both %s and %s: give every [INPUT] section a file of its own",
			path, owner, instance)
	}
	r.owners[resolved] = instance
	return resolved, nil
}

func (r *registry) release(resolved string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.owners, resolved)
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
