package lake

import (
	"cmp"
	"context"
	"errors"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"goldserve/gold"
	"goldserve/gold/lake/content"
	"goldserve/gold/lake/object"
)

// Entry is what lies in a lake under one name: a file, a folder of parts or a table.
type Entry struct {
	Name        string // in the lake
	Format      string // a gold.Format, tsv, or the name of a table format that is not read; empty: not told
	Compression string // gzip or zstd, of text; empty: none
	Folder      bool
	Partitions  []string  // the names of its partitions
	Version     string    // of a table; empty: it has none
	Files       int64     // that hold its rows
	Bytes       int64     // of these files
	Rows        int64     // -1: not known
	Changed     time.Time // when it was last written; zero: the lake does not tell
	Readers     []int     // the places in InventoryOptions.Readers of those that read it, or a part of it
	Problem     *gold.Problem
}

// InventoryOptions say what Inventory looks for.
type InventoryOptions struct {
	Readers       []Spec // sources of datasets, which may be there
	NoSuccessFile bool
	// Count counts the records of text files, which are read for it.
	Count bool
	// Fatal reports the errors that every further file would meet: Inventory ends with them. nil: there are none.
	Fatal func(error) bool
}

// footersAtOnce is how many files are open at a time: what takes long is the way to a bucket.
const footersAtOnce = 16

// Inventory tells what lies in a lake, in the order of the names: what can be read and what can't, and why. Rows are those that
// footers and the statistics of logs tell. Its errors are the lake's own, the context's and those that are Fatal.
func (l *Lake) Inventory(ctx context.Context, o InventoryOptions) ([]*Entry, error) {
	in := &inventory{lake: l, o: o, byName: map[string]*Entry{}}
	if why := refuseTable(ctx, l.source, ".", l.Path()); why != nil {
		if gold.KindOf(why) != gold.Invalid {
			return nil, why
		}
		err := in.leave(ctx, object.Info{Name: ".", Folder: true}, why)
		return in.entries, err
	}
	var left []error
	found, err := l.survey(ctx, ".", maxLevels, func(e object.Info, why error) { left = append(left, in.leave(ctx, e, why)) })
	if err = errors.Join(append(left, err)...); err != nil {
		return nil, err
	}
	if found, err = l.leaveStages(ctx, found, stagesFile); err != nil {
		return nil, err
	}
	readings, err := in.findReaders(ctx)
	if err != nil {
		return nil, err
	}
	stems := map[string]int{}
	for _, e := range found {
		stems[stemOfEntry(e)]++
	}
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(footersAtOnce)
	for _, e := range found {
		s := Spec{Source: e.Name, NoSuccessFile: o.NoSuccessFile}
		if e.Folder && stems[e.Name] > 1 {
			if s.Reading.Format, err = l.FormatWithout(ctx, e.Name); err != nil {
				break
			}
		}
		if err = in.add(within, group, e, s, readings); err != nil {
			break
		}
	}
	if err := cmp.Or(group.Wait(), err); err != nil {
		return nil, err
	}
	if err := in.tellReaders(); err != nil {
		return nil, err
	}
	slices.SortFunc(in.entries, func(a, b *Entry) int { return strings.Compare(a.Name, b.Name) })
	return in.entries, nil
}

// inventory is an Inventory being made.
type inventory struct {
	lake    *Lake
	o       InventoryOptions
	readers []readBy
	mu      sync.Mutex // of the entries' rows and problems
	entries []*Entry
	byName  map[string]*Entry
}

// readBy is a name in the lake that a reader has.
type readBy struct {
	reader int
	name   string
	err    error // why it can't be read
}

func (in *inventory) entry(name string) *Entry {
	e := &Entry{Name: name, Rows: -1}
	in.entries, in.byName[name] = append(in.entries, e), e
	return e
}

// leave adds what can't be read.
func (in *inventory) leave(ctx context.Context, of object.Info, why error) error {
	e := in.entry(of.Name)
	e.Folder = of.Folder
	switch {
	case of.Folder:
		format, _, err := tableFormat(ctx, in.lake.source, of.Name)
		if err != nil {
			return err
		}
		e.Format = formatNames[format]
	case stemOfEntry(of) != of.Name:
		e.describe(of.Name)
	}
	if err := in.fail(ctx, e, why); err != nil {
		return err
	}
	return in.measure(ctx, e, of, maxLevels+maxPartitions)
}

// formatNames are the table formats as Entry.Format has them.
var formatNames = map[string]string{deltaLake: string(gold.Delta), hudi: "hudi", apacheIceberg: string(gold.Iceberg)}

// measure adds the files of what can't be read.
func (in *inventory) measure(ctx context.Context, e *Entry, of object.Info, levels int) error {
	if !of.Folder {
		e.Files, e.Bytes = e.Files+1, e.Bytes+of.Size
		e.changed(of)
		return nil
	}
	below, err := in.lake.source.List(ctx, of.Name)
	if err != nil {
		return in.fail(ctx, e, err)
	}
	for _, b := range below {
		if b.Folder && levels == 0 {
			continue
		}
		if err := in.measure(ctx, e, b, levels-1); err != nil {
			return err
		}
	}
	return nil
}

// changed takes the time at which a file was written.
func (e *Entry) changed(file object.Info) {
	if at := file.Written(); at.After(e.Changed) {
		e.Changed = at
	}
}

// fail notes why an entry can't be read: of several reasons the one of the first file. It returns the error that ends all.
func (in *inventory) fail(ctx context.Context, e *Entry, why error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if in.o.Fatal != nil && in.o.Fatal(why) {
		return why
	}
	p := gold.Problem{File: e.Name, Code: gold.CodeOf(why), Detail: why.Error()}
	if known, ok := errors.AsType[*gold.Error](why); ok && len(known.Problems) > 0 {
		p = known.Problems[0]
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if e.Rows = -1; e.Problem == nil || p.File < e.Problem.File {
		e.Problem = &p
	}
	return nil
}

// findReaders finds what the readers read, and returns how text files are read, by name.
func (in *inventory) findReaders(ctx context.Context) (map[string]gold.Reading, error) {
	readings := map[string]gold.Reading{}
	for i, s := range in.o.Readers {
		found, err := in.lake.list(ctx, s)
		switch known, ok := errors.AsType[*gold.Error](err); {
		case gold.CodeOf(err) == gold.CodeSourceMissing:
		case gold.KindOf(err) == gold.Invalid && ok && len(known.Problems) > 0:
			in.readers = append(in.readers, readBy{i, known.Problems[0].File, err})
		case err != nil:
			return nil, err
		case found.version != nil || !isPattern(s.stem()):
			in.readers = append(in.readers, readBy{i, found.name, nil})
		default:
			for _, p := range found.parts {
				in.readers = append(in.readers, readBy{i, p.info.Name, nil})
			}
		}
		if err == nil {
			for _, p := range found.parts {
				readings[p.info.Name] = s.Reading
			}
		}
	}
	return readings, nil
}

// tellReaders notes at the entries who reads them.
func (in *inventory) tellReaders() error {
	for _, r := range in.readers {
		e := in.byName[r.name]
		for name := r.name; e == nil && name != "."; e = in.byName[name] {
			name = path.Dir(name) // of a folder of parts
		}
		if e == nil {
			continue
		}
		if !slices.Contains(e.Readers, r.reader) {
			e.Readers = append(e.Readers, r.reader)
		}
		if r.err != nil && e.Problem == nil {
			if err := in.fail(context.Background(), e, r.err); err != nil {
				return err
			}
		}
	}
	return nil
}

// add adds a source.
func (in *inventory) add(ctx context.Context, group *errgroup.Group, of object.Info, s Spec, readings map[string]gold.Reading) error {
	found, err := in.lake.list(ctx, s)
	if err != nil {
		return in.leave(ctx, of, err)
	}
	e := in.entry(found.name)
	e.Folder = of.Folder
	if found.version != nil {
		return in.addVersion(ctx, group, e, found)
	}
	for i, p := range found.parts {
		if i == 0 {
			e.describe(p.info.Name)
			e.Partitions = partitionNames(p)
		}
		e.Files, e.Bytes = e.Files+1, e.Bytes+p.info.Size
		e.changed(p.info)
	}
	if len(found.parts) == 0 {
		e.Format, e.Rows = string(gold.Parquet), 0
		return nil
	}
	if _, text := found.format.(textFiles); text && !in.o.Count {
		return nil
	}
	in.count(ctx, group, e, found, readings)
	return nil
}

// describe tells the format of an entry by the name of a file.
func (e *Entry) describe(file string) {
	e.Format = string(formatName(file, gold.Reading{}))
	if e.Format == string(gold.Parquet) {
		return
	}
	for ending := range strings.SplitSeq(strings.ToLower(strings.TrimPrefix(file, StemOf(file))), ".") {
		switch ending {
		case "tsv":
			e.Format = ending
		case "gz":
			e.Compression = "gzip"
		case "zst":
			e.Compression = "zstd"
		}
	}
}

// addVersion adds a table as its metadata tells it.
func (in *inventory) addVersion(ctx context.Context, group *errgroup.Group, e *Entry, found *listing) error {
	v := found.version
	e.Format, e.Version, e.Files, e.Partitions = string(v.format()), v.number(), int64(v.files()), v.partitions()
	log, err := in.lake.source.List(ctx, path.Join(found.name, v.folderOfLog()))
	if err != nil {
		return in.fail(ctx, e, err)
	}
	for _, f := range log {
		if !f.Folder && !skipped(f) {
			e.changed(f)
		}
	}
	rows, bytes, known := v.totals()
	if e.Rows, e.Bytes = rows, bytes; !known {
		e.Bytes = v.size()
		found.format = versionFiles{version: v}
		if found.parts, err = v.parts(); err != nil {
			return in.fail(ctx, e, err)
		}
		in.count(ctx, group, e, found, nil)
	}
	return nil
}

// count counts the rows of an entry, file by file.
func (in *inventory) count(ctx context.Context, group *errgroup.Group, e *Entry, found *listing, readings map[string]gold.Reading) {
	e.Rows = 0
	for _, p := range found.parts {
		group.Go(func() error {
			rows, err := in.rowsOf(ctx, found.format, p, readings)
			if found.version != nil && gold.CodeOf(err) == gold.CodeSourceChanged {
				err = found.version.gone(p.info.Name)
			}
			if err != nil {
				return in.fail(ctx, e, err)
			}
			in.mu.Lock()
			defer in.mu.Unlock()
			if e.Problem == nil {
				e.Rows += rows
			}
			return nil
		})
	}
}

// rowsOf returns how many rows a file says it has.
func (in *inventory) rowsOf(ctx context.Context, as format, p part, readings map[string]gold.Reading) (rows int64, err error) {
	err = in.lake.look(ctx, p, func(input content.Input) error {
		if t, text := as.(textFiles); text {
			reading, told := readings[p.info.Name]
			if !told {
				if reading, err = t.sniff(ctx, p.info.Name, input); err != nil {
					return err
				}
			}
			as = formatOf(p.info.Name, reading)
		}
		f, err := as.open(ctx, p.info.Name, input, &gold.Dataset{}, nil, p.partition)
		if err == nil {
			rows = f.Rows()
		}
		return err
	})
	return rows, err
}
