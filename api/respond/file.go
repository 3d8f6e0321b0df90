package respond

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"goldserve/api/edge"
	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query/body"
)

// sendFile answers with a complete dataset as a file of its version: with its length, ranges, and a tag that is the same
// in all releases with the same rows. It reports whether it did: without a file the rows are read for each request.
func (s *Responder) sendFile(w http.ResponseWriter, r *http.Request, p *Pending, h *head) (done bool, err error) {
	v := p.Table.Whole
	name, err := fileName(v)
	if err != nil {
		return false, err
	}
	info := edge.InfoOf(r)
	ctx, cancel := context.WithTimeout(info.Client, edge.ExportTime)
	defer cancel()
	file, err := s.files.open(ctx, name, func(out io.Writer) (err error) {
		defer recovered(&err)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), edge.ExportTime)
		defer cancel()
		_, err = body.WriteFile(ctx, out, format.Parquet, format.Options{About: []format.Note{{Name: "dataset", Value: v.Dataset.Name}, {Name: "version", Value: v.ID}}}, p.Table.Read)
		return err
	}, func() { s.sweep(ctx, v.Dataset.Model) })
	var trouble *fs.PathError
	switch {
	case errors.As(err, &trouble):
		s.log.LogAttrs(ctx, slog.LevelWarn, "a whole dataset can't be kept as a file: it is read for each request", slog.String("dataset", v.Dataset.Name), slog.Any("error", err))
		return false, nil
	case err != nil:
		return false, outOfTime(ctx, err)
	}
	defer func() { _ = file.Close() }() // it was read alone
	to := w.Header()
	h.describe(to)
	h.describeBody(to, false)
	to["Etag"] = []string{`"` + strings.TrimSuffix(name, fileSuffix) + `"`}
	to.Del("Accept-Ranges")
	to.Set("Server-Timing", serverTiming(Miss, "", 0, 0, time.Since(info.Start)))
	if strings.Contains(r.Header.Get("Range"), ",") {
		r.Header.Del("Range") // several ranges, which may overlap, are answered with the whole
	}
	content := &contentWriter{ResponseWriter: w}
	http.ServeContent(content, r, "", time.Time{}, file)
	if err := content.refusal(); err != nil {
		to.Del("Content-Disposition")
		to.Del("Etag")
		return true, err
	}
	return true, nil
}

// contentWriter holds back net/http's own error bodies, since errors have one shape.
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
func (s *Responder) sweep(ctx context.Context, model string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	releases, err := s.reader.Releases(ctx, gold.ReleaseQuery{Model: model})
	names := map[string]bool{}
	for _, r := range releases {
		for i := range r.Versions {
			if name, nameErr := fileName(&r.Versions[i]); nameErr == nil && !r.Pruned {
				names[name] = true
			}
		}
	}
	if err == nil {
		err = s.files.sweep(model, names, maxFileBytes)
	}
	if err != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "files that nobody needs can't be removed", slog.Any("error", err))
	}
}
