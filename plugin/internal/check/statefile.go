package check

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"office365/normalize"
	"office365/plugin/internal/state"
)

// littleSpace is where a state file and Fluent Bit's chunks beside it may stand
// still soon.
const littleSpace = 100_000_000

// reach is how long the API lists content.
const reach = 7 * 24 * time.Hour

func (t *tenant) state(context.Context) Result {
	path := t.settings.DB
	if path == "" {
		return skipped("db is not set")
	}
	var r Result
	t.checkSpace(&r, path)
	info, err := state.Inspect(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		t.checkFolder(&r, path)
		return r
	case err != nil:
		t.broken(&r, path, err)
		return r
	}
	t.describe(&r, path, info)
	return r
}

func (t *tenant) checkSpace(r *Result, path string) {
	var fs syscall.Statfs_t
	if syscall.Statfs(filepath.Dir(path), &fs) != nil {
		return // the folder is missing, which another look tells
	}
	if free := fs.Bavail * uint64(max(fs.Bsize, 0)); free < littleSpace {
		r.warn(fmt.Sprintf("the disk of db %s has %d MB left; without room nothing is handed over", path, free/1_000_000), "make room")
	}
}

func (t *tenant) checkFolder(r *Result, path string) {
	folder := filepath.Dir(path)
	r.What = path + " is not there yet: collection begins at start_from " + t.settings.StartFrom.String()
	stat, err := os.Stat(folder)
	switch {
	case err != nil:
		r.fail("db "+path+" cannot be made: the folder "+folder+" does not exist or may not be looked into", "create it, writable for the user of Fluent Bit")
	case !stat.IsDir():
		r.fail("db "+path+" cannot be made: "+folder+" is no folder", "name a file in a folder")
	}
}

// broken words what Inspect says.
func (t *tenant) broken(r *Result, path string, err error) {
	var version *state.VersionError
	var foreign *state.ForeignError
	switch {
	case errors.As(err, &version):
		r.fail(fmt.Sprintf("db %s was written by a newer version of the plugin (%d, this one reads up to %d)", path, version.Found, version.Newest),
			"run that version, or move the file away to begin anew")
	case errors.As(err, &foreign):
		r.fail("db "+path+" is "+foreign.Of+" and no state file of the plugin", "name another file")
	case state.Damaged(err):
		r.fail("db "+path+" is damaged", "nothing: the plugin moves it aside and collects again as far back as the API allows; records come again then")
	case errors.Is(err, os.ErrPermission):
		r.fail("db "+path+" may not be read by this user", "run this command as the user of Fluent Bit, and see that the file is that user's")
	default:
		r.fail("db "+path+": "+err.Error(), "look at the file and its disk")
	}
}

func (t *tenant) describe(r *Result, path string, info state.Info) {
	r.What = fmt.Sprintf("%s, version %d, %.1f MB", path, info.Version, float64(info.Bytes)/1e6)
	if info.Locked {
		r.What += ", in use by a running Fluent Bit"
	}
	if info.Tenant != t.settings.TenantID {
		r.fail(fmt.Sprintf("db %s belongs to the tenant %s and not to %s", path, info.Tenant, t.settings.TenantID), "give every tenant a file of its own")
	}
	if info.Mode.Perm()&0o077 != 0 {
		r.warn(fmt.Sprintf("db %s can be read by others (mode %04o)", path, info.Mode.Perm()), "chmod 600 it")
	}
	for _, ct := range normalize.ContentTypes() {
		p := info.Positions[ct]
		if p == nil {
			continue
		}
		now := t.now()
		if mark := p.Watermark(now); now.Sub(mark) > reach {
			r.warn(fmt.Sprintf("%s was collected up to %s, more than the 7 days ago that the API keeps: content between is lost", ct, mark.Format(time.RFC3339)),
				"nothing can bring it back; see why nothing was collected")
		}
	}
}
