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
	name     string // of the landed file, below Folder
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
	units := carriedUnits(r)
	first := 0 // of the files that aren't in a unit yet
	for _, u := range units {
		first += u.n
	}
	singles := func(until int) {
		for ; first < until; first++ {
			units = append(units, unit{first, 1, l.landedName(&r.Source, &r.Files[first])})
		}
	}
	for i := first; i < len(r.Files); i++ {
		switch {
		case small < l.many:
		case !l.small(r, i):
			singles(i + 1)
		case i > first && (ends(r.Files[i].Name) || i-first+1 == mostOfOne):
			units = append(units, unit{first, i + 1 - first, l.bundleName(r, first, i+1)})
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
			units = append(units, unit{i, 1, f.Carried.Bundle})
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

// bundleName returns the name of a bundle, by all that its files become.
func (l *Lander) bundleName(r *builder.Raw, first, end int) string {
	sum := sha256.New()
	_, _ = io.WriteString(sum, "bundle\n") // a hash takes every write
	for i := first; i < end; i++ {
		_, _ = io.WriteString(sum, l.key(&r.Source, &r.Files[i])+"\n")
	}
	return path.Join(r.Source.Name, hex.EncodeToString(sum.Sum(nil))+".parquet")
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
func (l *Lander) landUnit(ctx context.Context, r *builder.Raw, u unit, known *contents, intact func(ctx context.Context, name string) (content, bool)) (of []content, fresh []bool, err error) {
	if r.Files[u.first].Carried != nil {
		return l.landCarried(ctx, r, u, known, intact)
	}
	whole, there := intact(ctx, u.name)
	if !u.bundle() && there {
		return []content{whole}, []bool{false}, nil
	}
	fresh = make([]bool, u.n)
	for i := range u.n {
		is, ok := known.get(path.Base(l.landedName(&r.Source, &r.Files[u.first+i])))
		of, fresh[i] = append(of, is), !ok
		there = there && ok
	}
	if there {
		return of, fresh, nil
	}
	at, made := l.landing(&r.Source, &r.Files[u.first]), []content(nil)
	if u.bundle() {
		if at, made, err = l.writeBundle(ctx, r, u); err == nil {
			for i := range made {
				whole.Rows, whole.Broken = whole.Rows+made[i].Rows, whole.Broken+made[i].Broken
			}
		}
	} else if whole, err = at.write(ctx); err == nil {
		made = []content{whole}
	}
	if err == nil {
		whole, err = known.written(ctx, at, whole)
	}
	if err == nil {
		_, err = l.share(ctx, at.name, whole, known)
	}
	if err != nil {
		return nil, nil, err
	}
	if u.bundle() {
		for i := range made {
			known.put(path.Base(l.landedName(&r.Source, &r.Files[u.first+i])), made[i])
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
func (l *Lander) landCarried(ctx context.Context, r *builder.Raw, u unit, known *contents, intact func(ctx context.Context, name string) (content, bool)) (of []content, fresh []bool, err error) {
	whole := content{}
	for i := range u.n {
		c := r.Files[u.first+i].Carried
		of = append(of, content{Rows: c.Rows, Broken: c.Broken, Lacks: c.Lacks})
		whole.Rows, whole.Broken = whole.Rows+c.Rows, whole.Broken+c.Broken
	}
	fresh = make([]bool, u.n)
	if _, there := intact(ctx, u.name); there {
		return of, fresh, nil
	}
	at, err := l.fetchCarried(ctx, r, u)
	if err == nil {
		whole, err = known.written(ctx, at, whole)
	}
	if err == nil {
		_, err = l.share(ctx, at.name, whole, known)
	}
	return of, fresh, err
}
