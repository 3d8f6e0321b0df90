package delta

import (
	"bytes"
	"context"
	"errors"

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
	in, err := object.OpenInput(ctx, l.source, info)
	if err != nil {
		return err
	}
	defer in.Close()
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
