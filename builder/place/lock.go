package place

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"goldserve/gold"
	"goldserve/gold/filelock"
)

// LockFile is what a build of a folder locks. It stays, and names who holds it.
const LockFile = "_build.lock"

// Lock locks the folder for one build: a lock of the kernel's, which ends with the process, however that ends.
func (f *Folder) Lock(context.Context) (unlock func() error, err error) {
	if err := os.MkdirAll(f.path, 0o777); err != nil { //nolint:gosec // what the umask allows, as for all files of the lake
		return nil, failed(err, "%s can't be made", f.path)
	}
	name := filepath.Join(f.path, LockFile)
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644) //nolint:gosec // everybody may read the holder's name
	if err != nil {
		return nil, failed(err, "%s can't be written", name)
	}
	switch err := filelock.Try(file, false); {
	case errors.Is(err, filelock.ErrLocked):
		holder, _ := os.ReadFile(name)
		_ = file.Close()
		who := strings.TrimSpace(string(holder))
		if who == "" {
			who = "another process"
		}
		return nil, gold.Errorf(gold.Conflict, gold.CodeBuildConflict, "%s is being built by %s: wait until it is done", f.path, gold.Visible(who))
	case err != nil:
		_ = file.Close()
		return nil, failed(err, "%s can't be locked", name)
	}
	host, _ := os.Hostname()
	if file.Truncate(0) == nil { // the text is for people: a full disk must not prevent a build that makes room
		_, _ = fmt.Fprintf(file, "process %d on %s since %s\n", os.Getpid(), host, time.Now().UTC().Format(time.RFC3339))
	}
	return func() error { return errors.Join(release(file), file.Close()) }, nil
}
