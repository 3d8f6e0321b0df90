package mongostore

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"goldserve/gold"
)

// Sizes of answers.
const (
	// batchRows is how many rows a batch of an answer has at most, and how many the server sends at a time.
	batchRows = 4_096
	// matchingKeys and matchingBytes bound the list of a dimension's keys that a command carries. Beyond them the
	// server looks each row's key up, which is slower and has no bound.
	matchingKeys  = 100_000
	matchingBytes = 6 << 20
)

// rows is an open cursor. A deadline of the context is sent with the command and holds for the cursor's whole life at
// the server; here each call's context holds.
type rows struct {
	s        *Store
	version  *gold.Version
	filtered bool // there may rightly be no row
	lone     bool // no row at all means one with nothing in it
	cursor   *mongo.Cursor
	decoder  *decoder
	seen     int64
	took     time.Duration
	done     bool
}

var _ gold.Rows = (*rows)(nil)

// open runs a find or an aggregate. The driver repeats no raw command; one repetition is what it does for reads.
func (r *rows) open(ctx context.Context, command bson.D) error {
	started := time.Now()
	defer func() { r.took += time.Since(started) }()
	if r.version.Location == "" {
		return gold.Errorf(gold.Internal, gold.CodeInternal, "the version of %s has no location", r.version.Dataset.Name)
	}
	var err error
	for range 2 {
		r.cursor, err = r.s.releases.RunCommandCursor(ctx, command)
		if err == nil {
			r.cursor.SetBatchSize(batchRows)
			return nil
		}
		if !transient(err) || ctx.Err() != nil {
			break
		}
	}
	return r.fail(ctx, err)
}

// Next implements gold.Rows. A batch ends where the server's does, so that a slow export flows.
func (r *rows) Next(ctx context.Context) (*gold.Batch, error) {
	r.decoder.reset()
	for !r.done && r.decoder.batch.Rows < batchRows {
		if r.cursor.RemainingBatchLength() == 0 && r.decoder.batch.Rows > 0 {
			break
		}
		if err := r.next(ctx); err != nil {
			return nil, err
		}
	}
	if r.decoder.over > 0 {
		return nil, r.overflow(ctx)
	}
	n := int64(r.decoder.batch.Rows)
	r.seen += n
	if n > 0 {
		return r.decoder.batch, nil
	}
	if r.seen == 0 {
		if err := r.s.present(ctx, r.version, r.filtered); err != nil {
			return nil, err
		}
		if r.lone {
			r.seen = 1
			r.decoder.appendNothing()
			return r.decoder.batch, nil
		}
	}
	return nil, io.EOF
}

// overflow reads the rest of the answer for an earlier measure that leaves its range too, so that the error is of the
// same one as any other store's.
func (r *rows) overflow(ctx context.Context) error {
	for !r.done && r.decoder.over > 1 {
		r.decoder.reset()
		if err := r.next(ctx); err != nil {
			return err
		}
	}
	column := r.decoder.over - 1
	return gold.Overflow(*r.decoder.sums[column], r.decoder.batch.Fields[column].Kind)
}

// next reads one document, or finds the end.
func (r *rows) next(ctx context.Context) error {
	more := false
	if r.cursor.RemainingBatchLength() > 0 {
		more = r.cursor.Next(ctx)
	} else {
		started := time.Now()
		more = r.cursor.Next(ctx)
		r.took += time.Since(started)
	}
	if more {
		return r.decoder.add(r.cursor.Current, r.version)
	}
	r.done = true
	return r.fail(ctx, r.cursor.Err())
}

// fail gives an error of the cursor its meaning: one whose collection was dropped under it speaks of the release.
func (r *rows) fail(ctx context.Context, err error) error {
	doing := "read the rows of " + r.version.Dataset.Name
	if hasCode(err, codeNamespaceNotFound, codeQueryPlanKilled, codeCursorNotFound) {
		if err := r.s.present(ctx, r.version, true); err != nil {
			return err
		}
		return &gold.Error{
			Kind: gold.Unavailable, Code: gold.CodeStoreUnavailable, Err: err,
			Message: fmt.Sprintf("%s: MongoDB at %s ended the answer before its end, as after an election: try again", doing, r.s.hosts),
		}
	}
	return r.s.fail(ctx, doing, err)
}

// Stats implements gold.Rows.
func (r *rows) Stats() gold.Stats { return gold.Stats{Duration: r.took} }

// Close implements gold.Rows.
func (r *rows) Close() error {
	r.done = true
	if r.cursor == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), serverSelectionTimeout)
	defer cancel()
	err := r.cursor.Close(ctx)
	r.cursor = nil
	return r.s.fail(ctx, "close an answer", err)
}

// present explains why a version with rows answered without any: Gone where it was pruned, Internal where its
// collection is missing or empty, nil where a filter may be the reason. To MongoDB a missing collection is an empty
// one.
func (s *Store) present(ctx context.Context, v *gold.Version, filtered bool) error {
	if v.Rows == 0 {
		return nil
	}
	if filtered {
		names, err := s.releases.ListCollectionNames(ctx, bson.D{{Key: "name", Value: collectionOf(v.Location)}}, options.ListCollections().SetNameOnly(true))
		if err != nil {
			return s.fail(ctx, "look for "+collectionOf(v.Location), err)
		}
		if len(names) > 0 {
			return nil
		}
	}
	seal, err := s.seal(ctx, sealKey{v.Dataset.Model, v.Dataset.Name, v.ID})
	if err != nil {
		return err
	}
	if seal != nil && (seal.Pruned || seal.Location != v.Location) {
		return gold.Errorf(gold.Gone, gold.CodeReleasePruned, "the rows of %s were pruned: ask for a newer release", v.Dataset.Name)
	}
	return gold.Errorf(gold.Internal, gold.CodeReleaseInconsistent, "%s of dataset %s should hold %d rows and is missing or empty: roll back or publish again, and look who dropped it",
		collectionOf(v.Location), v.Dataset.Name, v.Rows)
}

// decoder turns documents into the columns of a batch. All documents of an answer have the same fields in the same
// order, so the place of a field is learned from the first and checked in the others.
type decoder struct {
	batch  *gold.Batch
	column map[string]int
	layout []slot
	sums   []*gold.Measure // by column: a value that does not fit is an overflow of it; nil: none
	over   int             // the first column with an overflow so far, plus one; 0: none
}

// slot is a field of the documents: its name with the NUL behind it, and its column or -1.
type slot struct {
	name   []byte
	column int
}

// newDecoder returns a decoder into a batch of fields. names are those in the documents; nil: the fields'.
func newDecoder(fields []gold.Field, names []string) *decoder {
	d := &decoder{batch: gold.NewBatch(fields, 128), column: make(map[string]int, len(fields))}
	for i, f := range fields {
		switch {
		case names != nil:
			d.column[names[i]] = i
		case f.Name == gold.PositionField:
			d.column["_id"] = i
		default:
			d.column[f.Name] = i
		}
	}
	return d
}

func (d *decoder) reset() { d.batch.Reset() }

// add appends a document as a row.
func (d *decoder) add(doc bson.Raw, v *gold.Version) error {
	if len(doc) < 5 || int64(binary.LittleEndian.Uint32(doc)) != int64(len(doc)) {
		return damaged(v, "a document is cut")
	}
	filled := 0
	for at, i := 4, 0; at < len(doc)-1; i++ {
		kind := bson.Type(doc[at])
		at++
		s, ok := d.slot(i, doc[at:])
		if !ok {
			return damaged(v, "a field's name has no end")
		}
		at += len(s.name)
		n := size(kind, doc[at:])
		if n < 0 {
			return damaged(v, fmt.Sprintf("field %s has the BSON type %s", s.name[:len(s.name)-1], kind))
		}
		if s.column >= 0 {
			f := &d.batch.Fields[s.column]
			if !appendValue(&d.batch.Columns[s.column], f, bson.RawValue{Type: kind, Value: doc[at : at+n]}) {
				if d.sums == nil || d.sums[s.column] == nil {
					return damaged(v, fmt.Sprintf("field %s has the BSON type %s, expected %s", f.Name, kind, typeOf(f)))
				}
				if d.over == 0 || s.column < d.over-1 {
					d.over = s.column + 1
				}
				d.batch.Columns[s.column].AppendNull()
			}
			filled++
		}
		at += n
	}
	if filled != len(d.batch.Columns) {
		return damaged(v, fmt.Sprintf("a document has %d of %d fields", filled, len(d.batch.Columns)))
	}
	d.batch.Rows++
	return nil
}

// slot returns the field at a place of a document whose name begins rest.
func (d *decoder) slot(i int, rest []byte) (slot, bool) {
	if i < len(d.layout) && bytes.HasPrefix(rest, d.layout[i].name) {
		return d.layout[i], true
	}
	end := bytes.IndexByte(rest, 0)
	if end < 0 {
		return slot{}, false
	}
	s := slot{name: bytes.Clone(rest[:end+1]), column: -1}
	if c, ok := d.column[string(rest[:end])]; ok {
		s.column = c
	}
	if i < len(d.layout) {
		d.layout[i] = s
	} else if i == len(d.layout) {
		d.layout = append(d.layout, s)
	}
	return s, true
}

// damaged is the error of documents that this store did not write so.
func damaged(v *gold.Version, what string) error {
	return gold.Errorf(gold.Internal, gold.CodeReleaseInconsistent, "collection %s was changed from outside: %s", collectionOf(v.Location), what)
}

// appendNothing appends the row of an aggregate over no rows: 0 for what is never null, null for the rest.
func (d *decoder) appendNothing() {
	for i := range d.batch.Columns {
		c := &d.batch.Columns[i]
		if d.batch.Fields[i].Nullable {
			c.AppendNull()
			continue
		}
		c.Append(gold.Zero(c.Kind))
	}
	d.batch.Rows++
}
