package landing

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"goldserve/builder"
	"goldserve/gold"
)

// carriedFile says which raw files were removed, and where their rows are. It lies beside the bundles, is replaced whole once they are there,
// and before the raw files go.
const carriedFile = "_carried.json"

// carried is what carriedFile says.
type carried struct {
	Sources map[string]*carriedSource `json:"sources"`
}

type carriedSource struct {
	Treatment string          `json:"treatment"` // by which its rows became what they are
	Bundles   []carriedBundle `json:"bundles"`
}

type carriedBundle struct {
	Path   string        `json:"path"` // as the landed file was called below its folder
	SHA256 string        `json:"sha256"`
	Files  []carriedPart `json:"files"`
}

type carriedPart struct {
	Name   string   `json:"name"`
	Bytes  int64    `json:"bytes"`
	SHA256 string   `json:"sha256"`
	Rows   int64    `json:"rows"`
	Broken int64    `json:"broken,omitempty"`
	Lacks  []string `json:"lacks,omitempty"`
}

// readCarried returns what is carried; nothing where no raw file was ever removed.
func (l *Lander) readCarried(ctx context.Context) (*carried, error) {
	kept := &carried{Sources: map[string]*carriedSource{}}
	if l.config.Carried == nil {
		return kept, nil
	}
	text, err := l.config.Carried.Read(ctx, carriedFile)
	if errors.Is(err, fs.ErrNotExist) {
		return kept, nil
	}
	if err == nil && (json.Unmarshal(text, kept) != nil || kept.Sources == nil) {
		err = gold.Errorf(gold.Unavailable, gold.CodeBuildFailed, "%s/%s, which says where the rows of removed raw files are, can't be read: restore it", l.config.Carried, carriedFile)
	}
	return kept, err
}

// merge adds to the files of a source, which are hashed, those that were removed, first. Raw files that are there all the same are told apart.
func (c *carried) merge(r *builder.Raw, treatment string) error {
	of := c.Sources[r.Source.Name]
	if of == nil {
		return nil
	}
	if of.Treatment != treatment {
		return gold.Errorf(gold.Conflict, gold.CodeBuildConflict,
			"the source %s is read differently than when raw files of it were removed (build: retention: bronze), whose rows are kept as they were read: keep its columns, masks, reading and key, or put the raw files back and remove %s of the lake's _carried",
			r.Source.Name, carriedFile)
	}
	removed := map[string]string{}
	var files []builder.RawFile
	for _, b := range of.Bundles {
		for _, f := range b.Files {
			removed[f.Name] = f.SHA256
			files = append(files, builder.RawFile{
				Name: f.Name, Bytes: f.Bytes, SHA256: f.SHA256, Slice: sliceOf(f.Name),
				Carried: &builder.Carried{Bundle: b.Path, SHA256: b.SHA256, Rows: f.Rows, Broken: f.Broken, Lacks: f.Lacks},
			})
		}
	}
	for _, f := range r.Files {
		switch sum, ok := removed[f.Name]; {
		case !ok:
			files = append(files, f)
		case sum != f.SHA256:
			return gold.Errorf(gold.Conflict, gold.CodeBuildConflict, "%s came again with other bytes, and the rows of the first one are kept (build: retention: bronze): give the file another name", f.Name)
		default: // a build was broken off before it was removed, or it was put back
			r.Left = append(r.Left, f)
		}
	}
	r.Files = files
	return nil
}

// Carry implements builder.Lander: whole bundles all of whose files are older than the age beside the newest slice are carried.
func (l *Lander) Carry(ctx context.Context, found []builder.Raw, age time.Duration) (done []builder.CarriedFiles, err error) {
	oldest := oldestOf(found, age)
	if l.config.Carried == nil || l.config.Raw == nil || oldest == "" && !slices.ContainsFunc(found, func(r builder.Raw) bool { return len(r.Left) > 0 }) {
		return nil, nil
	}
	known, err := openContents(l.config.Folder)
	if err != nil {
		return nil, l.failed(err)
	}
	defer func() { err = errors.Join(err, known.close()) }()
	kept, err := l.readCarried(ctx)
	if err != nil {
		return nil, err
	}
	sources := make([]gold.RawSource, len(found))
	for i := range found {
		sources[i] = found[i].Source
	}
	for i := range found {
		r, gone := &found[i], slices.Clone(found[i].Left)
		for _, u := range l.units(r) {
			files := r.Files[u.first : u.first+u.n]
			if !u.bundle() || checked(sources, r.Source.Name) || !aged(files, oldest) {
				continue
			}
			b, err := l.carryBundle(ctx, r, u, known)
			if err = cmp.Or(err, ctx.Err()); err != nil {
				return nil, err
			}
			if b == nil { // it is landed anew first, and later ones wait for it
				break
			}
			kept.add(r.Source.Name, l.treatment(&r.Source), *b)
			gone = append(gone, files...)
		}
		if len(gone) > 0 {
			done = append(done, builder.CarriedFiles{Source: r.Source.Name, Files: gone})
		}
	}
	if len(done) == 0 {
		return nil, nil
	}
	if err := l.writeCarried(ctx, kept); err != nil {
		return nil, err
	}
	for _, d := range done {
		for _, f := range d.Files {
			if err := l.removeRaw(ctx, f); err != nil {
				return done, err
			}
		}
	}
	return done, l.sweepCarried(ctx, kept)
}

// oldestOf returns the oldest slice that stays; "": all stay.
func oldestOf(found []builder.Raw, age time.Duration) string {
	newest := ""
	for i := range found {
		for _, f := range found[i].Files {
			newest = max(newest, f.Slice)
		}
	}
	at, err := time.Parse(time.RFC3339, newest)
	if age <= 0 || err != nil {
		return ""
	}
	return at.Add(-age).Format(time.RFC3339)
}

// aged reports whether raw files are old enough to be removed.
func aged(files []builder.RawFile, oldest string) bool {
	return !slices.ContainsFunc(files, func(f builder.RawFile) bool {
		return f.Carried != nil || f.Slice == "" || f.Slice >= oldest
	})
}

// checked reports whether the raw files of a source are read for expectations, its own or another's: SQL alone reads the others.
func checked(sources []gold.RawSource, name string) bool {
	return slices.ContainsFunc(sources, func(s gold.RawSource) bool {
		return s.Name == name && len(s.Expect) > 0 || slices.ContainsFunc(s.Expect, func(e gold.Expectation) bool { return e.Rule == gold.ExpectReference && e.Source == name })
	})
}

// carryBundle copies a bundle that was landed to where it stays; nil: it isn't landed as it was written.
func (l *Lander) carryBundle(ctx context.Context, r *builder.Raw, u unit, known *contents) (*carriedBundle, error) {
	whole, ok := known.get(path.Base(u.name))
	if !ok {
		return nil, nil
	}
	text, err := l.readLanded(ctx, u.name)
	sum := sha256.Sum256(text)
	b := &carriedBundle{Path: u.name, SHA256: hex.EncodeToString(sum[:])}
	if err != nil || b.SHA256 != whole.Landed.SHA256 {
		return nil, nil //nolint:nilerr // the next build lands it anew
	}
	for i, f := range r.Files[u.first : u.first+u.n] {
		is, ok := known.get(u.keys[i] + ".parquet")
		if !ok {
			return nil, nil
		}
		b.Files = append(b.Files, carriedPart{Name: f.Name, Bytes: f.Bytes, SHA256: f.SHA256, Rows: is.Rows, Broken: is.Broken, Lacks: is.Lacks})
	}
	return b, l.putCarried(ctx, u.name, text)
}

// readLanded returns the bytes of a landed file.
func (l *Lander) readLanded(ctx context.Context, name string) ([]byte, error) {
	if l.config.Shared != nil {
		return l.config.Shared.Read(ctx, name)
	}
	return os.ReadFile(filepath.Join(l.config.Folder, name))
}

// putCarried writes a file beside the bundles. Raw files go once it is there: all of it must be on disk.
func (l *Lander) putCarried(ctx context.Context, name string, text []byte) error {
	from := filepath.Join(l.config.Folder, ".carried")
	defer func() { _ = os.Remove(from) }() // where it wasn't moved
	err := whole(from, func(f *os.File) error {
		if _, err := f.Write(text); err != nil {
			return err
		}
		return f.Sync()
	})
	if err != nil {
		return l.failed(err)
	}
	_, err = l.config.Carried.Put(ctx, name, from)
	return err
}

// writeCarried writes which raw files are removed, unless nobody could read that any more: then they stay.
func (l *Lander) writeCarried(ctx context.Context, kept *carried) error {
	text, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	if len(text) >= gold.MostBuildRecord {
		return gold.Errorf(gold.Unavailable, gold.CodeBuildFailed, "%s/%s would be larger than %d MiB, so that no more raw files can be removed (build: retention: bronze): take the retention out, or begin a new lake",
			l.config.Carried, carriedFile, gold.MostBuildRecord>>20)
	}
	return l.putCarried(ctx, carriedFile, append(text, '\n'))
}

// add adds a bundle, in the order of the names of the first files.
func (c *carried) add(source, treatment string, b carriedBundle) {
	of := c.Sources[source]
	if of == nil {
		of = &carriedSource{Treatment: treatment}
		c.Sources[source] = of
	}
	of.Bundles = append(of.Bundles, b)
	slices.SortStableFunc(of.Bundles, func(a, b carriedBundle) int { return strings.Compare(a.Files[0].Name, b.Files[0].Name) })
}

// removeRaw removes a raw file that is as it was read.
func (l *Lander) removeRaw(ctx context.Context, f builder.RawFile) error {
	sum, err := l.config.Raw.Hash(ctx, f.Name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && sum != f.SHA256 {
		return nil // the next look says that it is another one
	}
	if err != nil {
		return err
	}
	return l.config.Raw.Remove(ctx, f.Name)
}

// sweepCarried removes bundles that a build put there which was broken off.
func (l *Lander) sweepCarried(ctx context.Context, kept *carried) error {
	names, err := l.config.Carried.List(ctx, ".")
	if err != nil {
		return err
	}
	used := map[string]bool{}
	for _, of := range kept.Sources {
		for _, b := range of.Bundles {
			used[b.Path] = true
		}
	}
	for name := range names {
		if ours.MatchString(path.Base(name)) && !used[name] {
			if err := l.config.Carried.Remove(ctx, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// fetchCarried lands a bundle that is carried.
func (l *Lander) fetchCarried(ctx context.Context, r *builder.Raw, u unit) (*landing, error) {
	at := l.landing(&r.Source, &r.Files[u.first])
	at.name = u.name
	text, err := l.config.Carried.Read(ctx, u.name)
	sum := sha256.Sum256(text)
	if errors.Is(err, fs.ErrNotExist) || err == nil && hex.EncodeToString(sum[:]) != r.Files[u.first].Carried.SHA256 {
		return at, gold.Errorf(gold.Unavailable, gold.CodeBuildFailed, "%s/%s, which holds the rows of %s that were removed (build: retention: bronze), is missing or was changed: restore it",
			l.config.Carried, u.name, gold.Counted(int64(u.n), "raw file"))
	}
	if err != nil {
		return at, err
	}
	return at, at.bytesOf(text)
}
