package landing

import (
	"context"
	"errors"
	"os"
	"path"
	"sync"

	"goldserve/gold/lake/dir"
	"goldserve/gold/lake/object"
)

// contents are what is remembered of files, shared by those who land them.
type contents struct {
	folder *dir.Dir // of the landed files

	mu    sync.Mutex
	known map[string]content
	grown bool
}

func openContents(folder string) (*contents, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // a lake's folders are read by others
		return nil, err
	}
	open, err := dir.Open(folder)
	if err != nil {
		return nil, err
	}
	return &contents{folder: open, known: remembered[content](folder, contentsFile)}, nil
}

// close remembers what is new.
func (c *contents) close() error {
	err := c.folder.Close()
	if c.grown {
		err = errors.Join(err, remember(c.folder.String(), contentsFile, c.known))
	}
	return err
}

func (c *contents) get(key string) (content, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.known[key]
	return found, ok
}

func (c *contents) put(key string, found content) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[key], c.grown = found, true
}

// intact returns what is remembered of a landed file that is as it was written. Where its token is another one, its bytes tell.
func (c *contents) intact(ctx context.Context, name string) (content, bool) {
	key := path.Base(name)
	found, ok := c.get(key)
	if !ok || found.Landed.SHA256 == "" {
		return found, false
	}
	info, err := c.folder.Stat(ctx, name)
	switch {
	case err != nil:
		return found, false
	case info.Token == found.Landed.Token && info.Token != "":
		return found, true
	}
	in, err := object.OpenInput(ctx, c.folder, info)
	if err != nil {
		return found, false
	}
	defer in.Close()
	if is, err := sum(ctx, in, nil); err != nil || is != found.Landed.SHA256 {
		return found, false
	}
	found.Landed.Token = info.Token
	c.put(key, found)
	return found, true
}

// written remembers of a landed file what it holds, and how it is.
func (c *contents) written(ctx context.Context, at *landing, made content) (content, error) {
	info, err := c.folder.Stat(ctx, at.name)
	if err != nil {
		return made, at.lander.failed(err)
	}
	made.Landed = hashed{info.Token, at.sha256}
	c.put(path.Base(at.name), made)
	return made, nil
}
