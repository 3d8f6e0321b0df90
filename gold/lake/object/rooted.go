package object

import (
	"context"
	"errors"
	"strings"
)

// WithRoots returns a source that also has the objects of others, under their absolute paths: what the metadata of a table in the
// first one may name outside of it. They are never listed with it.
func WithRoots(s Source, roots ...Source) Source {
	r := &rooted{Source: s}
	for _, source := range roots {
		r.roots = append(r.roots, root{PlacesOf(source, ".").roots, source})
	}
	return r
}

// rooted is a source with others.
type rooted struct {
	Source
	roots []root
}

type root struct {
	places []string // as absolute paths name it, with a slash
	source Source
}

// rootsOf returns the sources that a source has besides.
func rootsOf(s Source) *rooted {
	switch s := s.(type) {
	case *observed:
		return rootsOf(s.Source)
	case *Mounted:
		return rootsOf(s.Source)
	case *rooted:
		return s
	}
	return nil
}

// find returns the source that has a name, and its name there; nil: the first one.
func (r *rooted) find(name string) (Source, string) {
	if !IsAbsolute(name) {
		return nil, name
	}
	for _, root := range r.roots {
		for _, place := range root.places {
			if below, ok := strings.CutPrefix(name, place); ok {
				if inside, fine := Inside(below); fine {
					return root.source, inside
				}
			}
		}
	}
	return nil, name
}

// Look takes new listings of all.
func (r *rooted) Look(ctx context.Context) error {
	err := r.Source.Look(ctx)
	for _, root := range r.roots {
		if err == nil {
			err = root.source.Look(ctx)
		}
	}
	return err
}

// Stat returns what a name stands for.
func (r *rooted) Stat(ctx context.Context, name string) (Info, error) {
	source, below := r.find(name)
	if source == nil {
		return r.Source.Stat(ctx, name)
	}
	info, err := source.Stat(ctx, below)
	info.Name = name
	return info, err
}

// Open opens an object.
func (r *rooted) Open(ctx context.Context, info Info) (Reader, error) {
	source, below := r.find(info.Name)
	if source == nil {
		return r.Source.Open(ctx, info)
	}
	return openAs(ctx, source, below, info)
}

// openAs opens an object of another source, which has another name there.
func openAs(ctx context.Context, source Source, there string, info Info) (Reader, error) {
	name := info.Name
	info.Name = there
	open, err := source.Open(ctx, info)
	if err != nil {
		return nil, err
	}
	return rootedReader{open, name}, nil
}

// rootedReader is an object of another source, under its absolute path.
type rootedReader struct {
	Reader
	name string
}

// Stat looks at the open object again.
func (r rootedReader) Stat(ctx context.Context) (Info, error) {
	info, err := r.Reader.Stat(ctx)
	info.Name = r.name
	return info, err
}

// Close closes all.
func (r *rooted) Close() error {
	errs := []error{r.Source.Close()}
	for _, root := range r.roots {
		errs = append(errs, root.source.Close())
	}
	return errors.Join(errs...)
}
