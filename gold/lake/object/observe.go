package object

import "context"

// Observe returns a source that tells which object is read, before each read of it.
func Observe(s Source, read func(Info)) Source { return &observed{s, read} }

// observed is a source whose reads are told. Sources are compared, so it is a pointer: functions can't be.
type observed struct {
	Source
	read func(Info)
}

// Open opens an object, which counts as a read.
func (o *observed) Open(ctx context.Context, info Info) (Reader, error) {
	o.read(info)
	r, err := o.Source.Open(ctx, info)
	if err != nil {
		return nil, err
	}
	return observedReader{r, info, o.read}, nil
}

type observedReader struct {
	Reader
	info Info
	read func(Info)
}

// ReadAt tells before it reads.
func (r observedReader) ReadAt(ctx context.Context, p []byte, off int64) (int, error) {
	r.read(r.info)
	return r.Reader.ReadAt(ctx, p, off)
}
