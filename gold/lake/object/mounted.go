package object

import (
	"context"
	"strings"
	"sync"
)

// Lazily returns a source that takes a new listing once something is asked of it, rather than when it is told to look.
func Lazily(s Source) Source { return &lazy{Source: s, stale: true} }

type lazy struct {
	Source
	mu    sync.Mutex
	stale bool // the listing is older than the last Look
}

// Look has the next question take a new listing.
func (l *lazy) Look(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stale = true
	return ctx.Err()
}

func (l *lazy) fresh(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.stale {
		return nil
	}
	err := l.Source.Look(ctx)
	l.stale = err != nil
	return err
}

// List lists a folder.
func (l *lazy) List(ctx context.Context, folder string) ([]Info, error) {
	if err := l.fresh(ctx); err != nil {
		return nil, err
	}
	return l.Source.List(ctx, folder)
}

// Stat returns what a name stands for.
func (l *lazy) Stat(ctx context.Context, name string) (Info, error) {
	if err := l.fresh(ctx); err != nil {
		return Info{}, err
	}
	return l.Source.Stat(ctx, name)
}

// Open opens an object.
func (l *lazy) Open(ctx context.Context, info Info) (Reader, error) {
	if err := l.fresh(ctx); err != nil {
		return nil, err
	}
	return l.Source.Open(ctx, info)
}

// Mounted is a source in which one folder, that may be outside of it under its absolute path, is read from another source.
type Mounted struct {
	Source
	folder string
	inner  Source
}

// Mount returns a source with another one in place of a folder.
func Mount(s Source, folder string, inner Source) *Mounted { return &Mounted{s, folder, Lazily(inner)} }

// inside returns the name that a name has in the folder's source.
func (m *Mounted) inside(name string) (string, bool) {
	if name == m.folder {
		return ".", true
	}
	return strings.CutPrefix(name, m.folder+"/")
}

// Look has the folder's source take a new listing before it is asked again; the other one is looked at by who has it.
func (m *Mounted) Look(ctx context.Context) error { return m.inner.Look(ctx) }

// List lists a folder.
func (m *Mounted) List(ctx context.Context, folder string) ([]Info, error) {
	below, ok := m.inside(folder)
	if !ok {
		return m.Source.List(ctx, folder)
	}
	list, err := m.inner.List(ctx, below)
	for i := range list {
		list[i].Name = Below(m.folder, list[i].Name)
	}
	return list, err
}

// Stat returns what a name stands for.
func (m *Mounted) Stat(ctx context.Context, name string) (Info, error) {
	below, ok := m.inside(name)
	if !ok {
		return m.Source.Stat(ctx, name)
	}
	info, err := m.inner.Stat(ctx, below)
	info.Name = name
	return info, err
}

// Open opens an object.
func (m *Mounted) Open(ctx context.Context, info Info) (Reader, error) {
	below, ok := m.inside(info.Name)
	if !ok {
		return m.Source.Open(ctx, info)
	}
	return openAs(ctx, m.inner, below, info)
}

// Close closes the folder's source alone.
func (m *Mounted) Close() error { return m.inner.Close() }
