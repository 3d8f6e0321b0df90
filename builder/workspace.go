package builder

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"goldserve/gold"
)

// leaveTimeout bounds how long a build's folder in a workspace is removed, also of a build that was stopped.
const leaveTimeout = 5 * time.Minute

// enter removes what builds left in the workspace, and returns what removes the folder that a build with a scratch folder has there.
func (l *Lake) enter(ctx context.Context, scratch string) (leave func() error, err error) {
	if l.Workspace == nil {
		return func() error { return nil }, nil
	}
	own := filepath.Base(scratch)
	return func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
		defer cancel()
		return l.Workspace.Clear(ctx, func(folder string) bool { return folder == own })
	}, l.Workspace.Clear(ctx, ourScratch.MatchString)
}

// written returns the folder that the engine of a build with a scratch folder writes below.
func (l *Lake) written(scratch string) string {
	if l.Workspace == nil {
		return scratch
	}
	return l.Workspace.String() + "/" + filepath.Base(scratch)
}

// inWorkspace names in the workspace what the engine wrote.
func (c *commit) inWorkspace(name string) string { return path.Join(filepath.Base(c.scratch), name) }

// inScratch names on this machine what the engine wrote.
func (c *commit) inScratch(name string) string {
	return filepath.Join(c.scratch, filepath.FromSlash(name))
}

// hash returns the size and SHA-256 of a file that the engine wrote.
func (c *commit) hash(ctx context.Context, name string) (size int64, sum string, err error) {
	if w := c.lake.Workspace; w != nil {
		name = c.inWorkspace(name)
		entry, err := w.Stat(ctx, name)
		if err == nil {
			sum, err = w.Hash(ctx, name)
		}
		if errors.Is(err, fs.ErrNotExist) {
			err = gold.Errorf(gold.Unavailable, gold.CodeBuildFailed, "%s/%s, which the engine wrote, is not there: the engine must write where this program reads", w, name)
		}
		return entry.Bytes, sum, err
	}
	if size, sum, err = hashFile(c.inScratch(name)); err != nil {
		err = gold.Errorf(gold.Unavailable, gold.CodeBuildFailed, "%s, which the engine wrote, can't be read: %w", c.inScratch(name), err)
	}
	return size, sum, err
}

// wrote reports whether the engine wrote a file.
func (c *commit) wrote(ctx context.Context, name string) (bool, error) {
	if c.lake.Workspace == nil {
		_, err := os.Stat(c.inScratch(name))
		return err == nil, nil
	}
	_, err := c.lake.Workspace.Stat(ctx, c.inWorkspace(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// put puts a file that the engine wrote where it goes.
func (c *commit) put(ctx context.Context, p put) (Entry, error) {
	if w := c.lake.Workspace; w != nil {
		return p.place.Take(ctx, p.name, w, c.inWorkspace(p.from))
	}
	return p.place.Put(ctx, p.name, c.inScratch(p.from))
}
