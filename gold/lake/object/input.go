package object

import (
	"context"
	"errors"
	"io"

	"goldserve/gold"
)

// Input is one version of an object, open, whose bytes are there or an error says why not. Its methods may be called from several
// goroutines.
type Input struct {
	info Info
	open Reader
}

// OpenInput opens the version of an object that was listed, or the one that there is where Info has no token.
func OpenInput(ctx context.Context, source Source, info Info) (*Input, error) {
	open, err := source.Open(ctx, info)
	if err != nil {
		return nil, err
	}
	if info.Token == "" {
		if info, err = open.Stat(ctx); err != nil {
			_ = open.Close() // it was only read
			return nil, err
		}
	}
	return &Input{info, open}, nil
}

// Name returns the object's name in the lake.
func (in *Input) Name() string { return in.info.Name }

// Size returns the object's size as it was opened.
func (in *Input) Size() int64 { return in.info.Size }

// ReadAt fills p from off on.
func (in *Input) ReadAt(ctx context.Context, p []byte, off int64) error {
	n, err := in.open.ReadAt(ctx, p, off)
	switch known := (*gold.Error)(nil); {
	case n == len(p):
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &known):
		return known
	case err == nil || errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
	}
	return Unreadable(in.info.Name, "it can't be read now: try again", err)
}

// Close closes the object, of which nothing was written.
func (in *Input) Close() { _ = in.open.Close() }
