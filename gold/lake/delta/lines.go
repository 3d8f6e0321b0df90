package delta

import (
	"bytes"
	"context"
	"errors"
	"io"

	"goldserve/gold"
	"goldserve/gold/lake/object"
)

// maxLine is the longest line of a log that is read, in bytes.
const maxLine = 32 << 20

// errEnough ends lines without an error.
var errEnough = errors.New("enough")

// lines calls fn for each line of a file of the log that is not blank, with its number from 1. A line is valid until fn
// returns.
func (l *Log) lines(ctx context.Context, info object.Info, fn func(n int, line []byte) error) (err error) {
	in, err := l.open(ctx, info)
	if err != nil {
		return err
	}
	defer in.close()
	const step = 1 << 20
	buffer := make([]byte, 0, min(step, in.Size()+1))
	number := 0
	pass := func(line []byte) error {
		number++
		if line = bytes.TrimSpace(line); len(line) == 0 {
			return nil
		}
		return fn(number, line)
	}
	for off := int64(0); off < in.Size(); {
		n := int(min(step, in.Size()-off))
		if len(buffer)+n > maxLine {
			return invalid(info.Name, gold.CodeFileUnsupported, "line %d has more than %d bytes", number+1, maxLine-step)
		}
		start := len(buffer)
		buffer = append(buffer, make([]byte, n)...)
		if err := in.ReadAt(ctx, buffer[start:], off); err != nil {
			return err
		}
		off += int64(n)
		rest := buffer
		// What was searched before holds no end of a line.
		for search := start; ; search = 0 {
			end := bytes.IndexByte(rest[search:], '\n')
			if end < 0 {
				break
			}
			if err := pass(rest[:search+end]); err != nil {
				return enough(err)
			}
			rest = rest[search+end+1:]
		}
		buffer = buffer[:copy(buffer, rest)]
	}
	return enough(pass(buffer))
}

func enough(err error) error {
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// notJSON returns the error of a line that is not what the protocol says.
func notJSON(name string, line int, err error) error {
	p := gold.Problem{File: name, Line: line, Column: 1, Code: gold.CodeFileInvalid}
	return gold.Invalidf(p, "expected an action of the Delta protocol as JSON: %v", err)
}

// input is a file of the table, open.
type input struct {
	info object.Info
	open object.Reader
}

// open opens the version of a file that was listed.
func (l *Log) open(ctx context.Context, info object.Info) (*input, error) {
	return openInput(ctx, l.source, info)
}

func openInput(ctx context.Context, source object.Source, info object.Info) (*input, error) {
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
	return &input{info, open}, nil
}

// Size returns the size of the file as it was listed.
func (in *input) Size() int64 { return in.info.Size }

// ReadAt fills p from off on.
func (in *input) ReadAt(ctx context.Context, p []byte, off int64) error {
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
	return object.Unreadable(in.info.Name, "it can't be read now: try again", err)
}

func (in *input) close() { _ = in.open.Close() } // it was only read
