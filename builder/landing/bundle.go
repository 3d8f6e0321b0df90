package landing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash/fnv"
	"io"
	"path"
	"slices"

	"goldserve/builder"
	"goldserve/gold"
	"goldserve/gold/format"
)

// Many small text files become few landed ones, which engines open in a fraction of the time: bundles, whose rows say which file they are
// of. A bundle ends with a file whose name says so, or once it is full: a file that comes or goes changes those bundles alone that lie before
// the next such name. The files after the last bundle are landed one by one.
const (
	smallFile = 64 << 10 // bytes of a file that goes into a bundle, at most
	manySmall = 64       // files of a source, at least
	perBundle = 32       // one name in so many ends a bundle
	mostOfOne = 64       // files of a bundle, at most
)

// unit is what becomes one landed file: files of a source that follow each other.
type unit struct {
	first, n int
	name     string   // of the landed file, below Folder
	keys     []string // of its files
}

// bundle reports whether the unit is one of several files.
func (u unit) bundle() bool { return u.n > 1 }

// units returns what the files of a source become, in their order.
func (l *Lander) units(r *builder.Raw) []unit {
	small := 0
	for i := range r.Files {
		if r.Files[i].Carried != nil || l.small(r, i) {
			small++
		}
	}
	treatment, keys := l.treatment(&r.Source), make([]string, len(r.Files))
	for i := range keys {
		keys[i] = keyOf(treatment, &r.Files[i])
	}
	units := carriedUnits(r)
	first := 0 // of the files that aren't in a unit yet
	for i := range units {
		u := &units[i]
		u.keys = keys[u.first : u.first+u.n]
		first += u.n
	}
	singles := func(until int) {
		for ; first < until; first++ {
			units = append(units, unit{first, 1, path.Join(r.Source.Name, keys[first]+".parquet"), keys[first : first+1]})
		}
	}
	for i := first; i < len(r.Files); i++ {
		switch {
		case small < l.many:
		case !l.small(r, i):
			singles(i + 1)
		case i > first && (ends(r.Files[i].Name) || i-first+1 == mostOfOne):
			of := keys[first : i+1]
			units = append(units, unit{first, len(of), path.Join(r.Source.Name, bundleKey(of)+".parquet"), of})
			first = i + 1
		}
	}
	singles(len(r.Files))
	return units
}

// carriedUnits returns the bundles of files that were removed, which come first.
func carriedUnits(r *builder.Raw) (units []unit) {
	for i, f := range r.Files {
		switch {
		case f.Carried == nil:
			return units
		case len(units) > 0 && units[len(units)-1].name == f.Carried.Bundle:
			units[len(units)-1].n++
		default:
			units = append(units, unit{first: i, n: 1, name: f.Carried.Bundle})
		}
	}
	return units
}

// small reports whether a file may be part of a bundle.
func (l *Lander) small(r *builder.Raw, i int) bool {
	f := &r.Files[i]
	return r.Source.Slice == nil && !f.Table && f.Bytes <= smallFile && !l.isParquet(&r.Source, f)
}

// ends reports whether a bundle ends with the file of a name, full or not.
func ends(name string) bool {
	sum := fnv.New64a()
	_, _ = io.WriteString(sum, name) // a hash takes every write
	return sum.Sum64()>>16%perBundle == 0
}

// bundleKey returns the key of a bundle, by those of its files.
func bundleKey(keys []string) string {
	sum := sha256.New()
	_, _ = io.WriteString(sum, "bundle\n") // a hash takes every write
	for _, key := range keys {
		_, _ = io.WriteString(sum, key+"\n")
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// bundleFields are the fields of the bundles of a source.
func bundleFields(s *gold.RawSource) []gold.Field {
	return append(fieldsOf(s), gold.Field{Name: builder.FileColumn, Kind: gold.Text}, gold.Field{Name: builder.SliceColumn, Kind: gold.Text, Nullable: true})
}

// writeBundle lands the files of a unit, each from the version of it that was hashed, and returns what each of them holds.
func (l *Lander) writeBundle(ctx context.Context, r *builder.Raw, u unit) (at *landing, made []content, err error) {
	at = l.landing(&r.Source, &r.Files[u.first])
	at.name, at.fields, at.bytes = u.name, bundleFields(&r.Source), 0
	for i := range u.n {
		at.bytes += r.Files[u.first+i].Bytes
	}
	err = at.rows(func(out format.Writer) error {
		for i := range u.n {
			at.file = &r.Files[u.first+i]
			of, err := at.copyWhole(ctx, func(write func(format.Writer) error) error { return write(&member{Writer: out, file: at.file}) })
			if err != nil {
				return err
			}
			made = append(made, of)
		}
		return nil
	})
	return at, made, err
}

// member adds to rows the file that they are of.
type member struct {
	format.Writer
	file  *builder.RawFile
	batch gold.Batch
}

// Write implements format.Writer.
func (m *member) Write(b *gold.Batch) error {
	file, slice := gold.NewColumn(gold.Text, b.Rows), gold.NewColumn(gold.Text, b.Rows)
	for range b.Rows {
		file.AppendText(m.file.Name)
		if m.file.Slice == "" {
			slice.AppendNull()
		} else {
			slice.AppendText(m.file.Slice)
		}
	}
	m.batch.Rows = b.Rows
	m.batch.Columns = append(append(m.batch.Columns[:0], b.Columns...), file, slice)
	return m.Writer.Write(&m.batch)
}

// landUnit lands a unit that isn't there as it was written, and returns what its files hold, and how many of them were never landed.
func (l *Lander) landUnit(ctx context.Context, r *builder.Raw, u unit, known *contents, intact intact) (of []content, fresh []bool, err error) {
	if r.Files[u.first].Carried != nil {
		return l.landCarried(ctx, r, u, known, intact)
	}
	single, there := intact(ctx, u.name)
	if !u.bundle() && there {
		return []content{single}, []bool{false}, nil
	}
	fresh = make([]bool, u.n)
	for i := range u.n {
		is, ok := known.get(u.keys[i] + ".parquet")
		of, fresh[i] = append(of, is), !ok
		there = there && ok
	}
	if there {
		return of, fresh, nil
	}
	at, made, whole := l.landing(&r.Source, &r.Files[u.first]), []content(nil), content{} // of a bundle its files are remembered
	if u.bundle() {
		at, made, err = l.writeBundle(ctx, r, u)
	} else if whole, err = at.write(ctx); err == nil {
		made = []content{whole}
	}
	if err == nil {
		err = l.keep(ctx, at, whole, known)
	}
	if err != nil {
		return nil, nil, err
	}
	if u.bundle() {
		for i := range made {
			known.put(u.keys[i]+".parquet", made[i])
		}
	}
	if !slices.Contains(fresh, true) { // they are landed anew
		for i := range fresh {
			fresh[i] = true
		}
	}
	return made, fresh, nil
}

// landCarried lands a bundle that is carried where it isn't there as it was written.
func (l *Lander) landCarried(ctx context.Context, r *builder.Raw, u unit, known *contents, intact intact) (of []content, fresh []bool, err error) {
	for i := range u.n {
		c := r.Files[u.first+i].Carried
		of = append(of, content{Rows: c.Rows, Broken: c.Broken, Lacks: c.Lacks})
	}
	fresh = make([]bool, u.n)
	if _, there := intact(ctx, u.name); there {
		return of, fresh, nil
	}
	at, err := l.fetchCarried(ctx, r, u)
	if err == nil {
		err = l.keep(ctx, at, content{}, known)
	}
	return of, fresh, err
}

// keep remembers what a landed file holds, and puts it where the engine reads it.
func (l *Lander) keep(ctx context.Context, at *landing, whole content, known *contents) error {
	whole, err := known.written(ctx, at, whole)
	if err != nil {
		return err
	}
	return l.share(ctx, at.name, whole, known)
}
