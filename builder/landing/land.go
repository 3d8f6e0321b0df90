package landing

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"goldserve/builder"
	"goldserve/gold"
	"goldserve/gold/lake/object"
)

// Land implements builder.Lander.
func (l *Lander) Land(ctx context.Context, found []builder.Raw, told func(builder.Landed)) (sources []builder.Source, err error) {
	known, err := openContents(l.config.Folder)
	if err != nil {
		return nil, l.failed(err)
	}
	defer func() {
		if failed := known.close(); failed != nil && err == nil {
			err = l.failed(failed)
		}
	}()
	var problems []gold.Problem
	for i := range found {
		began := l.now()
		source, landed, wrong, err := l.landSource(ctx, &found[i], known)
		if err != nil {
			return nil, err
		}
		problems = append(problems, wrong...)
		sources = append(sources, source)
		if told != nil && len(wrong) == 0 {
			landed.Seconds = l.now().Sub(began).Seconds()
			told(landed)
		}
	}
	if len(problems) > 0 {
		const most = 20
		return nil, gold.InvalidAll(problems[:min(len(problems), most)])
	}
	return sources, nil
}

// landSource lands the files of one source.
func (l *Lander) landSource(ctx context.Context, r *builder.Raw, known *contents) (source builder.Source, landed builder.Landed, problems []gold.Problem, err error) {
	s := &r.Source
	source.Name, source.Numbered, landed = s.Name, s.Slice != nil, builder.Landed{Source: s.Name, Files: len(r.Files)}
	of := make([]content, len(r.Files))
	if len(r.Files) == 0 {
		for _, c := range s.Columns {
			source.Columns = append(source.Columns, builder.Column{Name: c.Name, Kind: c.Kind, Stored: builder.StoredText})
		}
		return source, landed, nil, nil
	}
	own := !personal(s) && !slices.ContainsFunc(r.Files, func(f builder.RawFile) bool { return !l.isParquet(s, &f) })
	if problems, err = l.schemas(ctx, r, known, of); err != nil || len(problems) > 0 {
		return source, landed, problems, err
	}
	if own {
		source.Columns, source.Uneven, own, problems = unite(s, r.Files, of)
		if len(problems) > 0 {
			return source, landed, problems, nil
		}
	}
	switch {
	case own && l.config.Fetch:
		err = l.fetch(ctx, r, known, &landed)
	case !own:
		source.Columns, source.Uneven = nil, false
		for _, c := range s.Columns {
			source.Columns = append(source.Columns, builder.Column{Name: c.Name, Kind: c.Kind, Stored: builder.StoredText})
		}
		if problems, err = l.landFiles(ctx, r, known, of, &landed); err == nil && len(problems) == 0 {
			problems, err = l.lacking(ctx, s, r.Files, of)
		}
	}
	if err != nil || len(problems) > 0 {
		return source, landed, problems, err
	}
	source.Absent = absent(s, of)
	rows := int64(0)
	for i := range of {
		rows += of[i].Rows
	}
	if own {
		source.Files = l.ownFiles(r)
	} else {
		source.Files = l.landedFiles(r)
	}
	if rows == 0 {
		problems = []gold.Problem{{
			File: r.Files[0].Name, Code: gold.CodeBuildSchema,
			Detail: "no file of the source " + s.Name + " has a row (" + gold.Counted(int64(len(r.Files)), "file") + "): write its rows, or correct the source's files in the model's build",
		}}
	}
	return source, landed, problems, nil
}

// ownFiles returns the files of a source that engines read as they are.
func (l *Lander) ownFiles(r *builder.Raw) []builder.File {
	files := make([]builder.File, len(r.Files))
	for i, f := range r.Files {
		files[i] = builder.File{Path: l.path(f.Name), Name: f.Name, Slice: f.Slice, Number: f.Number}
		if l.config.Fetch {
			files[i].Path = l.seen(l.landedName(&r.Source, &f))
		}
	}
	return files
}

// landedFiles returns what the files of a source became.
func (l *Lander) landedFiles(r *builder.Raw) []builder.File {
	var files []builder.File
	for _, u := range l.units(r) {
		f := &r.Files[u.first]
		file := builder.File{Path: l.seen(u.name), Name: f.Name, Landed: true, Bundle: u.bundle()}
		if file.Bundle {
			file.Name += " to " + path.Base(r.Files[u.first+u.n-1].Name)
		} else {
			file.Slice, file.Number = f.Slice, f.Number
		}
		files = append(files, file)
	}
	return files
}

// absent returns the optional columns that no file of a source has.
func absent(s *gold.RawSource, of []content) []string {
	var names []string
	for _, name := range optionalOf(s) {
		if !slices.ContainsFunc(of, func(c content) bool { return !slices.Contains(c.Lacks, name) }) {
			names = append(names, name)
		}
	}
	return names
}

// isParquet reports whether a file of a source is Parquet.
func (l *Lander) isParquet(s *gold.RawSource, f *builder.RawFile) bool {
	return isParquet(f.Name, s.Reading)
}

// path returns a raw file as the engine sees it: of a folder, without links.
func (l *Lander) path(name string) string {
	whole := l.config.Path + "/" + name
	if strings.Contains(l.config.Path, "://") {
		return whole
	}
	if real, err := filepath.EvalSymlinks(filepath.FromSlash(whole)); err == nil {
		return real
	}
	return filepath.FromSlash(whole)
}

// schemas reads the footers of a source's Parquet files that aren't remembered.
func (l *Lander) schemas(ctx context.Context, r *builder.Raw, known *contents, of []content) ([]gold.Problem, error) {
	return l.each(ctx, r, func(ctx context.Context, i int, f *builder.RawFile) ([]gold.Problem, error) {
		if !l.isParquet(&r.Source, f) {
			return nil, nil
		}
		key := l.key(&r.Source, f) + " footer"
		found, ok := known.get(key)
		var problems []gold.Problem
		if !ok {
			var err error
			if found, problems, err = l.schema(ctx, &r.Source, f); err != nil {
				return schemaProblems(&r.Source, err)
			}
			if len(problems) == 0 {
				known.put(key, found)
			}
		}
		of[i] = found
		return problems, nil
	})
}

// landFiles lands the files of a source that aren't there.
func (l *Lander) landFiles(ctx context.Context, r *builder.Raw, known *contents, of []content, landed *builder.Landed) ([]gold.Problem, error) {
	var mu sync.Mutex
	shared, err := l.shared(ctx, &r.Source)
	if err != nil {
		return nil, err
	}
	units := l.units(r)
	return l.over(ctx, len(units), func(ctx context.Context, i int) ([]gold.Problem, error) {
		u, intact := units[i], intact(known.intact)
		if l.config.Shared != nil {
			intact = shared.intact(known)
		}
		made, fresh, err := l.landUnit(ctx, r, u, known, intact)
		if err != nil {
			return schemaProblems(&r.Source, err)
		}
		mu.Lock()
		defer mu.Unlock()
		for i := range made {
			of[u.first+i] = made[i]
			if fresh[i] {
				landed.Written, landed.Rows, landed.Broken = landed.Written+1, landed.Rows+made[i].Rows, landed.Broken+made[i].Broken
			}
		}
		return nil, nil
	})
}

// fetch copies the Parquet files of a source that aren't there.
func (l *Lander) fetch(ctx context.Context, r *builder.Raw, known *contents, landed *builder.Landed) error {
	var mu sync.Mutex
	_, err := l.each(ctx, r, func(ctx context.Context, _ int, f *builder.RawFile) ([]gold.Problem, error) {
		at := &landing{lander: l, source: &r.Source, file: f, name: l.landedName(&r.Source, f)}
		if _, ok := known.intact(ctx, at.name); ok {
			return nil, nil
		}
		mu.Lock()
		landed.Written++
		mu.Unlock()
		err := at.copy(ctx)
		if err == nil {
			_, err = known.written(ctx, at, content{})
		}
		return nil, err
	})
	return err
}

// copy lands the bytes of a file.
func (at *landing) copy(ctx context.Context) error {
	in, err := at.lander.open(ctx, at.file)
	if err != nil {
		return err
	}
	defer in.Close()
	return at.whole(func(w io.Writer) error {
		sum, err := sum(ctx, in.Input, w)
		if err == nil && sum != at.file.SHA256 {
			err = object.Changed(at.file.Name, "it was written to")
		}
		return err
	})
}

// each does something with each file of a source, several at once. The problems are in the order of the files.
func (l *Lander) each(ctx context.Context, r *builder.Raw, do func(ctx context.Context, i int, f *builder.RawFile) ([]gold.Problem, error)) ([]gold.Problem, error) {
	return l.over(ctx, len(r.Files), func(ctx context.Context, i int) ([]gold.Problem, error) { return do(ctx, i, &r.Files[i]) })
}

// over does something n times, several at once. The problems are in the order of the numbers.
func (l *Lander) over(ctx context.Context, n int, do func(ctx context.Context, i int) ([]gold.Problem, error)) ([]gold.Problem, error) {
	work, within := errgroup.WithContext(ctx)
	work.SetLimit(l.config.Workers)
	found := make([][]gold.Problem, n)
	for i := range n {
		if within.Err() != nil {
			break
		}
		work.Go(func() (err error) {
			found[i], err = do(within, i)
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(found...), ctx.Err()
}

// key returns the name of what a raw file becomes, by all that it is made of. Files that are equal become two all the same, so that
// engines can tell their rows apart.
func (l *Lander) key(s *gold.RawSource, f *builder.RawFile) string {
	return keyOf(l.treatment(s), f)
}

func keyOf(treatment string, f *builder.RawFile) string {
	sum := sha256.New()
	_, _ = io.WriteString(sum, strings.Join([]string{f.SHA256, f.Name, treatment}, "\n")) // a hash takes every write
	return hex.EncodeToString(sum.Sum(nil))
}

// landedName returns the name of a landed file below Folder.
func (l *Lander) landedName(s *gold.RawSource, f *builder.RawFile) string {
	return path.Join(s.Name, l.key(s, f)+".parquet")
}

// ours are the names of landed files, and of those that were left half written.
var ours = regexp.MustCompile(`^([0-9a-f]{64}\.parquet|\.[0-9a-f]{64}\.parquet-[0-9]+)$`)

// Tidy implements builder.Lander.
func (l *Lander) Tidy(ctx context.Context, found []builder.Raw) error {
	used, keys := map[string]bool{}, map[string]bool{}
	for i := range found {
		for _, u := range l.units(&found[i]) {
			used[u.name], keys[path.Base(u.name)] = true, true
			for _, key := range u.keys {
				keys[key+".parquet"], keys[key+" footer"] = true, true
			}
		}
	}
	if err := l.tidyShared(ctx, used); err != nil {
		return err
	}
	folders, err := os.ReadDir(l.config.Folder)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return ctx.Err()
		}
		return l.failed(err)
	}
	for _, folder := range folders {
		if !folder.IsDir() {
			continue
		}
		entries, err := os.ReadDir(filepath.Join(l.config.Folder, folder.Name()))
		if err != nil {
			return l.failed(err)
		}
		for _, e := range entries {
			if name := path.Join(folder.Name(), e.Name()); ours.MatchString(e.Name()) && !used[name] {
				if err := os.Remove(filepath.Join(l.config.Folder, name)); err != nil {
					return l.failed(err)
				}
			}
		}
		_ = os.Remove(filepath.Join(l.config.Folder, folder.Name())) // where it is empty
	}
	known := remembered[content](l.config.Folder, contentsFile)
	before := len(known)
	maps.DeleteFunc(known, func(key string, _ content) bool { return !keys[key] })
	if len(known) == before {
		return ctx.Err()
	}
	return cmp.Or(l.failedIf(remember(l.config.Folder, contentsFile, known)), ctx.Err())
}

// failedIf is failed, of an error that there may be.
func (l *Lander) failedIf(err error) error {
	if err == nil {
		return nil
	}
	return l.failed(err)
}
