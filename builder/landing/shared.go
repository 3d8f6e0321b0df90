package landing

import (
	"context"
	"os"
	"path"
	"path/filepath"

	"goldserve/builder"
	"goldserve/gold"
)

// sharedFiles are the landed files that lie where an engine elsewhere reads them.
type sharedFiles map[string]builder.Entry

// shared lists the landed files of a source that are shared.
func (l *Lander) shared(ctx context.Context, s *gold.RawSource) (sharedFiles, error) {
	if l.config.Shared == nil {
		return nil, nil
	}
	return l.config.Shared.List(ctx, s.Name)
}

// intact returns what is remembered of a landed file that is as it was written.
type intact func(ctx context.Context, name string) (content, bool)

// intact returns what is remembered of a shared file that is as it was put there.
func (f sharedFiles) intact(known *contents) intact {
	return func(_ context.Context, name string) (content, bool) {
		found, ok := known.get(path.Base(name))
		entry, there := f[name]
		return found, ok && there && entry.Token != "" && entry.Token == found.Landed.Token
	}
}

// share puts a landed file where the engine reads it, and leaves none on this machine.
func (l *Lander) share(ctx context.Context, name string, made content, known *contents) error {
	if l.config.Shared == nil {
		return nil
	}
	from := filepath.Join(l.config.Folder, name)
	entry, err := l.config.Shared.Put(ctx, name, from)
	if err != nil {
		return err
	}
	made.Landed.Token = entry.Token
	known.put(path.Base(name), made)
	return l.failedIf(os.RemoveAll(from))
}

// tidyShared removes landed files that aren't used.
func (l *Lander) tidyShared(ctx context.Context, used map[string]bool) error {
	if l.config.Shared == nil {
		return nil
	}
	names, err := l.config.Shared.List(ctx, ".")
	if err != nil {
		return err
	}
	for name := range names {
		if ours.MatchString(path.Base(name)) && !used[name] {
			if err := l.config.Shared.Remove(ctx, name); err != nil {
				return err
			}
		}
	}
	return nil
}
