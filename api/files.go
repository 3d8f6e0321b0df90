package api

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"

	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query/body"
	"goldserve/gold/query/param"
)

// files keeps whole datasets as Parquet files in a folder, each made once and named by all that shapes its bytes, so
// that servers may share the folder. It is safe for concurrent use.
type files struct {
	dir     string // "": none is kept
	flights singleflight.Group
}

const (
	// maxFileBytes bounds the folder: the files that were not asked for longest go first.
	maxFileBytes = 16 << 30
	fileSuffix   = ".parquet"
	madeSuffix   = ".making"
	// touchEvery is how exactly a file's time of modification says when it was last asked for.
	touchEvery = time.Minute
	// fileEdition grows with every change of code that changes a file's bytes.
	fileEdition = 2
)

// fileName names the file of a version, whose contract is the release's: labels and units lie in the file.
func fileName(v *gold.Version) (string, error) {
	fields, err := json.Marshal(v.Dataset.Fields)
	if err != nil {
		return "", fmt.Errorf("name the file of %s: %w", v.Dataset.Name, err)
	}
	c := &param.Key{}
	c.Int(fileEdition)
	c.Text(v.ID, v.Digest, string(fields))
	c.Sort(v.Dataset.TotalSort(v.Dataset.DefaultSort))
	sum := sha256.Sum256(c.Bytes)
	return v.Dataset.Model + "-" + v.Dataset.Name + "-" + hex.EncodeToString(sum[:16]) + fileSuffix, nil
}

// open opens a file, and makes it where it isn't there; who asks meanwhile waits for the same file. made is called after
// a file was made.
func (f *files) open(ctx context.Context, name string, write func(io.Writer) error, made func()) (*os.File, error) {
	path := filepath.Join(f.dir, name)
	if file, err := f.there(path); !errors.Is(err, fs.ErrNotExist) {
		return file, err
	}
	flight := f.flights.DoChan(name, func() (any, error) {
		if _, err := os.Stat(path); err == nil { // #nosec G703 -- a name is made of identifiers; the flight before this one landed just now
			return nil, nil
		}
		err := f.make(path, write)
		if err == nil {
			made()
		}
		return nil, err
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case landed := <-flight:
		if landed.Err != nil {
			return nil, landed.Err
		}
	}
	return f.there(path)
}

// there opens a file and notes that it was asked for.
func (f *files) there(path string) (*os.File, error) {
	file, err := os.Open(path) // #nosec G703 -- a name is made of identifiers
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err == nil && time.Since(info.ModTime()) > touchEvery {
		now := time.Now()
		_ = os.Chtimes(path, now, now) // at worst it goes too early
	}
	return file, nil
}

// make writes a file under another name first: what bears the name is whole.
func (f *files) make(path string, write func(io.Writer) error) error {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(f.dir, filepath.Base(path)+".*"+madeSuffix)
	if err != nil {
		return err
	}
	err = write(file)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(file.Name(), path) // #nosec G703 -- a name is made of identifiers
	}
	if err != nil {
		_ = os.Remove(file.Name()) // sweep removes it later
	}
	return err
}

// sweep removes the files of a model that are of none of these names, what makers left behind, and, of all models, those
// that were not asked for longest until the rest fits. Files that are open stay readable.
func (f *files) sweep(model string, names map[string]bool, budget int64) error {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return err
	}
	var kept []fs.FileInfo
	var failures []error
	remove := func(name string) { failures = append(failures, os.Remove(filepath.Join(f.dir, name))) }
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			continue // another server has removed it
		}
		switch name := e.Name(); {
		case strings.HasSuffix(name, madeSuffix) && time.Since(info.ModTime()) > 2*exportTime:
			remove(name)
		case !strings.HasSuffix(name, fileSuffix):
		case strings.HasPrefix(name, model+"-") && !names[name]:
			remove(name)
		default:
			kept = append(kept, info)
		}
	}
	slices.SortFunc(kept, func(a, b fs.FileInfo) int {
		return cmp.Or(b.ModTime().Compare(a.ModTime()), strings.Compare(a.Name(), b.Name()))
	})
	for i, info := range kept {
		if budget -= info.Size(); budget < 0 && i > 0 {
			remove(info.Name())
		}
	}
	return errors.Join(failures...)
}

// sendFile answers with a whole dataset as a file of its version: with its length, a tag that stays over releases as
// long as the rows do, and ranges.
func (s *Server) sendFile(w http.ResponseWriter, r *http.Request, p *plan, v *gold.Version) error {
	name, err := fileName(v)
	if err != nil {
		return err
	}
	x, t := exchangeOf(r), s.ticket(p)
	ctx, cancel := context.WithTimeout(x.client, exportTime)
	defer cancel()
	file, err := s.files.open(ctx, name, func(out io.Writer) (err error) {
		defer recovered(&err)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), exportTime)
		defer cancel()
		_, err = body.WriteFile(ctx, out, format.Parquet, format.Options{About: []format.Note{{Name: "dataset", Value: v.Dataset.Name}, {Name: "version", Value: v.ID}}}, p.table.read)
		return err
	}, func() { s.sweep(ctx, p.req.catalog.model) })
	var trouble *fs.PathError
	switch {
	case errors.As(err, &trouble):
		s.log.LogAttrs(ctx, slog.LevelWarn, "a whole dataset can't be kept as a file: it is read for each request", slog.String("dataset", v.Dataset.Name), slog.Any("error", err))
		return s.answer(w, r, p)
	case err != nil:
		return outOfTime(ctx, err)
	}
	defer func() { _ = file.Close() }() // it was read alone
	h := w.Header()
	t.describe(h, t.catalog)
	t.name(h, false)
	h["Content-Type"] = t.headers.contentType
	h["Etag"] = []string{`"` + strings.TrimSuffix(name, fileSuffix) + `"`}
	h.Del("Accept-Ranges")
	h.Set("Server-Timing", serverTiming(verdictMiss, "", 0, 0, time.Since(x.start)))
	if strings.Contains(r.Header.Get("Range"), ",") {
		r.Header.Del("Range") // several ranges, which may overlap, are answered with the whole
	}
	content := &contentWriter{ResponseWriter: w}
	http.ServeContent(content, r, "", time.Time{}, file)
	if err := content.refusal(); err != nil {
		h.Del("Content-Disposition")
		h.Del("Etag")
		return err
	}
	return nil
}

// contentWriter keeps net/http's own refusals of a file back: errors have one shape.
type contentWriter struct {
	http.ResponseWriter
	refused int // status; 0: it isn't
}

func (w *contentWriter) WriteHeader(status int) {
	if status >= http.StatusBadRequest {
		w.refused = status
		return
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *contentWriter) Write(p []byte) (int, error) {
	if w.refused != 0 {
		return len(p), nil
	}
	return w.ResponseWriter.Write(p)
}

func (w *contentWriter) refusal() error {
	switch w.refused {
	case 0:
		return nil
	case http.StatusPreconditionFailed:
		return gold.Errorf(gold.Invalid, gold.CodePreconditionFailed, "If-Match names another file: its rows are those of another release")
	case http.StatusRequestedRangeNotSatisfiable:
		return gold.Errorf(gold.Invalid, gold.CodeRangeNotSatisfiable, "the file has no such bytes; expected one range such as bytes=0-1023 or bytes=-8")
	default:
		return gold.Errorf(gold.Internal, gold.CodeInternal, "a file was refused with status %d", w.refused)
	}
}

// sweep removes the files that no release of a model needs any more.
func (s *Server) sweep(ctx context.Context, m *model) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	releases, err := s.reader.Releases(ctx, gold.ReleaseQuery{Model: m.contracts.Name})
	names := map[string]bool{}
	for _, r := range releases {
		for i := range r.Versions {
			if name, nameErr := fileName(&r.Versions[i]); nameErr == nil && !r.Pruned {
				names[name] = true
			}
		}
	}
	if err == nil {
		err = s.files.sweep(m.contracts.Name, names, maxFileBytes)
	}
	if err != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "files that nobody needs can't be removed", slog.Any("error", err))
	}
}
