package landing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"

	"goldserve/builder"
	"goldserve/gold/lake/object"
)

// input is the version of a raw file that was found, open.
type input struct {
	*object.Input
	reader object.Reader
	file   *builder.RawFile
}

// open opens the version of a file that was found; source_changed where there is another by now.
func (l *Lander) open(ctx context.Context, f *builder.RawFile) (*input, error) {
	kept := &keeping{Source: l.config.Bronze}
	in, err := object.OpenInput(ctx, kept, object.Info{Name: f.Name, Size: f.Bytes, Token: f.Token})
	if err != nil {
		return nil, err
	}
	return &input{in, kept.opened, f}, nil
}

// keeping is a source that keeps what it opened.
type keeping struct {
	object.Source
	opened object.Reader
}

// Open opens an object.
func (k *keeping) Open(ctx context.Context, info object.Info) (object.Reader, error) {
	r, err := k.Source.Open(ctx, info)
	k.opened = r
	return r, err
}

// sum returns the SHA-256 of a file's bytes, and copies them to w unless that is nil.
func sum(ctx context.Context, in *object.Input, w io.Writer) (string, error) {
	sum := sha256.New()
	buffer := make([]byte, min(1<<20, in.Size()))
	for off := int64(0); off < in.Size(); {
		part := buffer[:min(int64(len(buffer)), in.Size()-off)]
		if err := in.ReadAt(ctx, part, off); err != nil {
			return "", err
		}
		sum.Write(part)
		if w != nil {
			if _, err := w.Write(part); err != nil {
				return "", err
			}
		}
		off += int64(len(part))
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// unchanged returns source_changed where the file was written to while it was open.
func (in *input) unchanged(ctx context.Context) error {
	now, err := in.reader.Stat(ctx)
	if err == nil && in.file.Token != "" && now.Token != in.file.Token {
		err = object.Changed(in.file.Name, "it was written to")
	}
	return err
}

// checked returns an error of reading: source_changed where the file was written to meanwhile, whatever else was found.
func (in *input) checked(ctx context.Context, err error) error {
	if changed := in.unchanged(context.WithoutCancel(ctx)); err != nil && changed != nil {
		return changed
	}
	return err
}
