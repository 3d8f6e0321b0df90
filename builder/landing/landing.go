package landing

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"goldserve/builder"
	"goldserve/gold"
	"goldserve/gold/lake/object"
	"goldserve/gold/mask"
)

// Config says where raw files lie, and where they are landed.
type Config struct {
	Bronze   object.Source
	Path     string        // bronze, as the engine sees it: an absolute folder, or s3://bucket/prefix
	Folder   string        // _landed, on this machine
	Shared   builder.Place // where landed files lie for an engine elsewhere; nil: it reads them in Folder
	Raw      builder.Place // bronze, where raw files are removed once their rows are carried; nil: they stay
	Carried  builder.Place // where those rows lie; nil: there are none
	Model    string        // whose sources they are
	HMACKey  []byte        // at least mask.KeyBytes, where a column is masked by hmac
	Workers  int           // files landed at once; 0: GOMAXPROCS
	Fetch    bool          // Parquet files are copied into Folder, too, as the engine can't read them where bronze lies
	ReadOnly bool          // Find remembers nothing: a plan writes nothing
}

// Lander lands raw files.
type Lander struct {
	config Config
	now    func() time.Time
	many   int // small files of a source that become bundles, at least
}

var _ builder.Lander = (*Lander)(nil)

// New returns a Lander, which leaves bronze open.
func New(c Config) *Lander {
	if c.Workers <= 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	return &Lander{c, time.Now, manySmall}
}

// racy is how long after a file was written its token may still be that of another write.
const racy = 2 * time.Second

// form is the number of the form of landed files. Whatever changes a landed value counts it up.
const form = "1"

// Find implements builder.Lander.
func (l *Lander) Find(ctx context.Context, sources []gold.RawSource) ([]builder.Raw, error) {
	if err := l.checkMasks(sources); err != nil {
		return nil, err
	}
	kept, err := l.readCarried(ctx)
	if err != nil {
		return nil, err
	}
	found, infos, err := l.look(ctx, sources, func(i int) bool { return kept.Sources[sources[i].Name] != nil })
	if err != nil {
		return nil, err
	}
	known := remembered[hashed](l.config.Folder, hashesFile)
	if err := l.hash(ctx, found, known); err != nil {
		return nil, err
	}
	now, fresh := l.now(), map[string]hashed{}
	for i := range found {
		for j, f := range found[i].Files {
			info := &infos[i][j]
			if !f.Table && info.Token != "" && (info.Modified.IsZero() || now.Sub(info.Modified) >= racy) {
				fresh[f.Name] = hashed{f.Token, f.SHA256}
			}
		}
		if kept.Sources[sources[i].Name] != nil && checked(sources, sources[i].Name) {
			return nil, gold.Errorf(gold.Conflict, gold.CodeBuildConflict,
				"raw files of the source %s were removed (build: retention: bronze), and what it expects, or what another source expects of it, can't be checked without them: remove the expectation, or put the raw files back and remove %s of the lake's _carried",
				sources[i].Name, carriedFile)
		}
		if err := kept.merge(&found[i], l.treatment(&found[i].Source)); err != nil {
			return nil, err
		}
		found[i].ID = l.identity(&found[i])
	}
	if !l.config.ReadOnly && !maps.Equal(known, fresh) {
		_ = remember(l.config.Folder, hashesFile, fresh) // else they are hashed again: looking at a lake may not need to write
	}
	return found, nil
}

// checkMasks refuses columns masked by hmac without a key.
func (l *Lander) checkMasks(sources []gold.RawSource) error {
	for i := range sources {
		for _, c := range sources[i].Columns {
			if c.Mask == gold.MaskHMAC && len(l.config.HMACKey) < mask.KeyBytes {
				return gold.Errorf(gold.Invalid, gold.CodeContractInvalid, "the column %s of the source %s is masked by hmac, which needs a key of at least %d bytes",
					c.Name, sources[i].Name, mask.KeyBytes)
			}
		}
	}
	return nil
}

// look lists the files of sources as they are now, with what the listing says of each. Of sources of which some were removed, none need be there.
func (l *Lander) look(ctx context.Context, sources []gold.RawSource, removed func(i int) bool) ([]builder.Raw, [][]object.Info, error) {
	if err := l.config.Bronze.Look(ctx); err != nil {
		return nil, nil, err
	}
	list := &listing{bronze: l.config.Bronze, folders: map[string][]object.Info{}, tables: map[string]bool{}}
	found, infos := make([]builder.Raw, len(sources)), make([][]object.Info, len(sources))
	var problems []gold.Problem
	for i := range sources {
		s := &sources[i]
		files, others, err := list.files(ctx, s, sources)
		if err != nil {
			return nil, nil, err
		}
		if len(files) == 0 && (s.Slice == nil || !s.Slice.Optional) && !removed(i) {
			p, err := list.missing(ctx, s, others)
			if err != nil {
				return nil, nil, err
			}
			problems = append(problems, p)
		}
		found[i], infos[i] = builder.Raw{Source: *s}, files
		for _, f := range files {
			if !utf8.ValidString(f.Name) {
				problems = append(problems, gold.Problem{File: f.Name, Code: gold.CodeSourceUnreadable, Detail: "its name has bytes that are no UTF-8: rename it"})
			}
			raw := builder.RawFile{Name: f.Name, Bytes: f.Size, Token: f.Token, Slice: sliceOf(f.Name)}
			if s.Slice != nil {
				var ok bool
				if raw.Number, ok = s.Slice.Number(f.Name); !ok {
					problems = append(problems, gold.Problem{
						File: f.Name, Code: gold.CodeBuildSchema,
						Detail: "its path has no number, which says the slice of a file of the source " + s.Name + ": expected a folder or file named as " + s.Slice.Name,
					})
				}
			}
			if f.Folder {
				if err := l.lookAtTable(ctx, &raw); err != nil {
					return nil, nil, err
				}
			}
			found[i].Files = append(found[i].Files, raw)
		}
	}
	if len(problems) > 0 {
		return nil, nil, gold.InvalidAll(problems)
	}
	return found, infos, nil
}

// missing returns the problem of a source without files.
func (l *listing) missing(ctx context.Context, s *gold.RawSource, others []object.Info) (gold.Problem, error) {
	var names []string
	for _, o := range others {
		names = append(names, o.Name)
	}
	p := gold.Problem{File: strings.Join(s.Files, ", "), Code: gold.CodeBuildSourceMissing}
	if len(names) > 0 {
		p.Detail = fmt.Sprintf("the source %s has only files in formats that can't be read: %s: write them as CSV, JSON, JSON lines or Parquet, with the extension of that format", s.Name, gold.Listed(names))
		return p, nil
	}
	entries, err := l.list(ctx, ".")
	if err != nil {
		return p, err
	}
	for _, e := range entries {
		names = append(names, path.Base(e.Name))
	}
	what := "it holds " + gold.Listed(names)
	if len(names) == 0 {
		what = "it is empty"
	}
	p.Detail = fmt.Sprintf("no file in %s matches the source %s: %s: add the file, or correct the source's files in the model's build", l.bronze, s.Name, what)
	p.DidYouMean = nearestOf(s.Name, names)
	return p, nil
}

// nearestOf returns the file whose name without its endings is nearest to a source's.
func nearestOf(source string, names []string) string {
	byStem := map[string]string{}
	var stems []string
	for _, n := range names {
		stem, _, _ := strings.Cut(n, ".")
		byStem[stem] = n
		stems = append(stems, stem)
	}
	return byStem[gold.Nearest(source, stems)]
}

// hash completes the hashes of files, of which those are read whose tokens aren't known: a few at a time.
func (l *Lander) hash(ctx context.Context, found []builder.Raw, known map[string]hashed) error {
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(max(2, l.config.Workers))
	for i := range found {
		for j := range found[i].Files {
			f := &found[i].Files[j]
			if f.Table {
				continue
			}
			if before, ok := known[f.Name]; ok && before.Token == f.Token && f.Token != "" {
				f.SHA256 = before.SHA256
				continue
			}
			work.Go(func() error { return l.hashFile(ctx, f) })
		}
	}
	return work.Wait()
}

// hashFile hashes the version of a file that was listed.
func (l *Lander) hashFile(ctx context.Context, f *builder.RawFile) error {
	in, err := l.open(ctx, f)
	if err != nil {
		return err
	}
	defer in.Close()
	if f.SHA256, err = sum(ctx, in.Input, nil); err != nil {
		return err
	}
	return in.unchanged(ctx)
}

// identity returns what the rows of bronze.<source> are made of.
func (l *Lander) identity(r *builder.Raw) string {
	var of strings.Builder
	fmt.Fprintf(&of, "%s\n%s\n", r.Source.Name, l.treatment(&r.Source))
	for _, c := range r.Source.Columns {
		fmt.Fprintf(&of, "%q %s\n", c.Name, c.Kind)
	}
	if s := r.Source.Slice; s != nil {
		fmt.Fprintf(&of, "slice %q\n", s.Name)
	}
	files := r.Files
	if len(files) > 0 && files[0].Carried != nil { // before others, whatever their names
		files = slices.Clone(files)
		slices.SortFunc(files, func(a, b builder.RawFile) int { return strings.Compare(a.Name, b.Name) })
	}
	for _, f := range files {
		fmt.Fprintf(&of, "%q %s\n", f.Name, f.SHA256)
	}
	sum := sha256.Sum256([]byte(of.String()))
	return hex.EncodeToString(sum[:])
}

// treatment returns all but the files that landed rows of a source are made by.
func (l *Lander) treatment(s *gold.RawSource) string {
	t := struct {
		Form, Reading, Key, Field string
		Columns                   []string
	}{Form: form, Reading: s.Reading.String()}
	for _, c := range s.Columns {
		column := c.Name + " " + c.Mask.String()
		if c.Optional {
			column += " optional"
		}
		t.Columns = append(t.Columns, column)
		if c.Mask == gold.MaskHMAC {
			t.Field = l.config.Model + "." + s.Name
			mac := hmac.New(sha256.New, l.config.HMACKey)
			mac.Write([]byte("landing"))
			t.Key = hex.EncodeToString(mac.Sum(nil)[:8])
		}
	}
	text, _ := json.Marshal(t) // texts are always JSON
	return string(text)
}

// Unchanged implements builder.Lander.
func (l *Lander) Unchanged(ctx context.Context, found []builder.Raw) error {
	sources := make([]gold.RawSource, len(found))
	for i := range found {
		sources[i] = found[i].Source
	}
	now, _, err := l.look(ctx, sources, func(i int) bool { return len(found[i].Files) > 0 && found[i].Files[0].Carried != nil })
	if gold.KindOf(err) == gold.Invalid {
		return object.Changed(found[0].Source.Name, "its files were removed")
	}
	if err != nil {
		return err
	}
	for i := range found {
		for _, f := range found[i].Files {
			at, there := slices.BinarySearchFunc(now[i].Files, f.Name, func(a builder.RawFile, name string) int { return strings.Compare(a.Name, name) })
			switch {
			case f.Carried != nil: // it may be there or not
			case !there:
				return object.Changed(f.Name, "it was removed")
			case now[i].Files[at].Token != f.Token:
				return object.Changed(f.Name, "it was replaced or written to")
			}
		}
	}
	return nil
}

// failed returns the error of a folder of ours that can't be written.
func (l *Lander) failed(err error) error {
	return &gold.Error{
		Kind: gold.Unavailable, Code: gold.CodeBuildFailed, Err: err,
		Message: "raw files can't be landed in " + l.config.Folder + ": check its disk and permissions",
	}
}

// seen returns a landed file as the engine sees it.
func (l *Lander) seen(name string) string {
	if l.config.Shared != nil {
		return l.config.Shared.String() + "/" + name
	}
	return filepath.Join(l.config.Folder, name)
}
