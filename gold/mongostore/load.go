package mongostore

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"goldserve/gold"
)

// Bounds of one insert command: the server takes 100,000 documents and 48 MB, but a command that is a single
// document must stay below 16 MB.
const (
	commandRows  = 5_000
	commandBytes = 8 << 20
	rowBytes     = 15 << 20
)

// inFlight is how many insert commands of one version are at the server at once. More hide the journal's latency no
// better, and each holds up to 8 MB.
const inFlight = 8

// loader is a version that nobody sees: a collection without indexes, named by the fence.
type loader struct {
	s          *Store
	load       gold.Load
	collection string // that rows are written to
	location   string // of the version
	segment    int64  // of the rows that are appended to another collection; 0: they stay where they are
	enc        *encoder
	slots      chan struct{}
	buffers    sync.Pool
	repeated   atomic.Int64 // duplicates of tries that may have been written before
	sealed     atomic.Bool
}

var _ gold.Loader = (*loader)(nil)

// Load implements gold.Writer.
func (s *Store) Load(ctx context.Context, l gold.Load) (gold.Loader, error) {
	if err := s.writable("load"); err != nil {
		return nil, err
	}
	if _, err := s.held(ctx, l.Lease); err != nil {
		return nil, err
	}
	d := &loader{
		s: s, load: l,
		collection: gold.Location(l.Lease.Model, l.Dataset.Name, l.ID, l.Lease.Fence),
		enc:        newEncoder(&l.Dataset),
		slots:      make(chan struct{}, inFlight),
		buffers:    sync.Pool{New: func() any { return new([]byte) }},
	}
	d.location = gold.LoadLocation(d.collection, l.Extends, l.Extensible)
	if l.Extends != nil {
		_, d.segment = gold.SplitLocation(d.location)
	}
	if err := d.create(ctx); err != nil || !l.Extensible || l.Extends != nil {
		return d, err
	}
	return d, s.createSegmentIndex(ctx, d.collection)
}

// create makes the collection, so that a version without rows has one too, and drops what an earlier try under the
// same lease left in it.
func (l *loader) create(ctx context.Context) error {
	doing := "create " + l.collection
	err := retry(ctx, func(int) error { return l.s.releases.CreateCollection(ctx, l.collection) })
	if !hasCode(err, codeNamespaceExists) {
		return l.s.fail(ctx, doing, err)
	}
	seals, err := l.s.sealsOf(ctx, l.load.Lease.Model)
	if err != nil {
		return err
	}
	if _, sealed := gold.LastSegments(maps.Keys(seals))[l.collection]; sealed {
		return gold.Errorf(gold.Internal, gold.CodeInternal, "%s: a version is sealed there already", doing)
	}
	err = retry(ctx, func(int) error {
		if err := l.s.releases.Collection(l.collection).Drop(ctx); err != nil {
			return err
		}
		err := l.s.releases.CreateCollection(ctx, l.collection)
		if hasCode(err, codeNamespaceExists) {
			return nil // An unacknowledged try has made it.
		}
		return err
	})
	return l.s.fail(ctx, doing, err)
}

func (l *loader) key() sealKey {
	return sealKey{l.load.Lease.Model, l.load.Dataset.Name, l.load.ID}
}

// Append implements gold.Loader. It encodes in the caller's goroutine and returns when the server has the rows.
func (l *loader) Append(ctx context.Context, b *gold.Batch) error {
	if !l.enc.fits(b) {
		return gold.Errorf(gold.Internal, gold.CodeInternal, "load %s: the batch does not have the dataset's stored fields", l.load.Dataset.Name)
	}
	buf := l.buffers.Get().(*[]byte)
	defer l.buffers.Put(buf)
	for row := 0; row < b.Rows; {
		command, rows, err := l.command((*buf)[:0], b, row)
		*buf = command
		if err != nil {
			return err
		}
		if err := l.send(ctx, command, b, row, rows); err != nil {
			return err
		}
		row += rows
	}
	return nil
}

// command appends an insert command with as many rows from first on as fit, and returns how many.
func (l *loader) command(dst []byte, b *gold.Batch, first int) ([]byte, int, error) {
	dst = l.header(dst)
	array := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	n := 0
	for ; first+n < b.Rows && n < commandRows; n++ {
		before := len(dst)
		dst = append(dst, byte(bson.TypeEmbeddedDocument))
		dst = strconv.AppendInt(dst, int64(n), 10)
		dst = l.enc.appendRow(append(dst, 0), b, first+n)
		if n > 0 && len(dst)-array > commandBytes {
			dst = dst[:before]
			break
		}
		if len(dst)-before > rowBytes {
			return dst, 0, gold.Invalidf(gold.Problem{Code: gold.CodeValueRange},
				"a row of %s with %s %s takes %d bytes, and MongoDB holds no more than %d", l.load.Dataset.Name, l.enc.idWord(), keyText(l.enc, b, first+n), len(dst)-before, rowBytes)
		}
	}
	return endDocument(endDocument(dst, array), 0), n, nil
}

// header begins the command up to the array of documents.
func (l *loader) header(dst []byte) []byte {
	dst = append(dst, 0, 0, 0, 0)
	dst = append(append(dst, byte(bson.TypeString)), "insert\x00"...)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(l.collection)+1))
	dst = append(append(dst, l.collection...), 0)
	dst = append(append(dst, byte(bson.TypeBoolean)), "ordered\x00\x00"...)
	dst = append(append(dst, byte(bson.TypeEmbeddedDocument)), "writeConcern\x00"...)
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	dst = append(append(dst, byte(bson.TypeString)), "w\x00\x09\x00\x00\x00majority\x00"...)
	dst = append(append(dst, byte(bson.TypeBoolean)), "j\x00\x01"...)
	dst = endDocument(dst, start)
	return append(append(dst, byte(bson.TypeArray)), "documents\x00"...)
}

// send runs an insert command until it is answered. A raw command is not repeated by the driver. What a lost answer
// may have written has the same _id in a collection that nobody else writes, so a duplicate in a repeated command
// counts as written, and the count at Seal decides.
func (l *loader) send(ctx context.Context, command bson.Raw, b *gold.Batch, first, rows int) error {
	select {
	case l.slots <- struct{}{}:
		defer func() { <-l.slots }()
	case <-ctx.Done():
		return l.s.fail(ctx, "load "+l.load.Dataset.Name, ctx.Err())
	}
	err := retry(ctx, func(attempt int) error {
		reply, err := l.s.releases.RunCommand(ctx, command).Raw()
		var we mongo.WriteException
		switch {
		case err == nil:
			if n, ok := reply.Lookup("n").AsInt64OK(); !ok || n != int64(rows) {
				return gold.Errorf(gold.Internal, gold.CodeRowCount, "load %s: MongoDB wrote %d of %d rows and gave no error", l.load.Dataset.Name, n, rows)
			}
			return nil
		case !errors.As(err, &we) || len(we.WriteErrors) == 0:
			return err
		}
		for _, e := range we.WriteErrors {
			if e.Code != codeDuplicateKey {
				return err
			}
		}
		if attempt == 0 {
			return duplicateKey(l.enc, b, first+we.WriteErrors[0].Index)
		}
		l.repeated.Add(int64(len(we.WriteErrors)))
		if we.WriteConcernError != nil {
			return *we.WriteConcernError
		}
		return nil
	})
	return l.s.fail(ctx, "load "+l.load.Dataset.Name, err)
}

// duplicateKey is the error of a key that two rows have.
func duplicateKey(e *encoder, b *gold.Batch, row int) error {
	if e.hidden >= 0 {
		return gold.Errorf(gold.Internal, gold.CodeInternal, "two rows have the position %s", keyText(e, b, row))
	}
	names, values := make([]string, len(e.key)), make([]gold.Value, len(e.key))
	for i, c := range e.key {
		names[i], values[i] = e.fields[c].Name, b.Columns[c].Value(row)
	}
	err := gold.Invalidf(gold.Problem{Field: strings.Join(names, ", "), Code: gold.CodeDuplicateKey},
		"two rows have the key %s: a key names one row", keyText(e, b, row))
	err.Err = gold.DuplicateKey{Key: values}
	return err
}

// idWord is what messages call what tells rows apart.
func (e *encoder) idWord() string {
	if e.hidden >= 0 {
		return "position"
	}
	return "key"
}

// keyText returns the key of a row, or its position, for messages.
func keyText(e *encoder, b *gold.Batch, row int) string {
	texts := make([]string, len(e.key))
	for i, c := range e.key {
		texts[i] = b.Columns[c].Value(row).Format(e.fields[c].Scale)
	}
	return strings.Join(texts, ", ")
}

// Seal implements gold.Loader.
func (l *loader) Seal(ctx context.Context, v gold.Version) (*gold.Version, error) {
	p, err := l.s.held(ctx, l.load.Lease)
	if err != nil {
		return nil, err
	}
	v.Dataset, v.ID, v.Location = l.load.Dataset, l.load.ID, l.location
	if err := l.complete(ctx, p, v.Rows); err != nil {
		return nil, err
	}
	if l.load.Replace {
		if err := l.s.withdraw(ctx, l.key(), l.location); err != nil {
			return nil, err
		}
	}
	location, err := l.record(ctx, p, &v)
	if err != nil {
		return nil, err
	}
	l.sealed.Store(true)
	if l.segment > 0 && location == l.location {
		if err := l.s.resumed(ctx, l.load.Extends); err != nil {
			return nil, err
		}
	}
	v.Location = location
	if location != l.collection && location != gold.Prefix(l.collection, 0) {
		// The rows lie in another collection. Where the same version was sealed before, that one is used, and this one is as
		// good as never loaded.
		return &v, l.drop(ctx)
	}
	return &v, nil
}

// complete makes the collection one that can be sealed: with its indexes, and with as many rows as were read.
func (l *loader) complete(ctx context.Context, p *pointer, rows int64) error {
	if l.segment > 0 {
		rows -= l.load.Extends.Rows
		if err := l.count(ctx, rows); err != nil {
			return err
		}
		return l.extend(ctx, p, rows)
	}
	if err := l.s.index(ctx, l.s.releases, l.collection, versionIndexes(&l.load.Dataset), rows); err != nil {
		return err
	}
	return l.count(ctx, rows)
}

// count compares the rows in the collection with those that were appended.
func (l *loader) count(ctx context.Context, expected int64) error {
	var n int64
	err := retry(ctx, func(int) error {
		var err error
		n, err = l.s.releases.Collection(l.collection).CountDocuments(ctx, bson.D{}, options.Count().SetHint("_id_"))
		return err
	})
	switch {
	case err != nil:
		return l.s.fail(ctx, "count the rows of "+l.collection, err)
	case n == expected:
		return nil
	case n < expected && expected-n <= l.repeated.Load() && !l.load.Dataset.Keyless():
		p := gold.Problem{Field: strings.Join(l.load.Dataset.Key, ", "), Code: gold.CodeDuplicateKey}
		e := gold.Invalidf(p, "%d of %d rows have a key that another row has", expected-n, expected)
		e.Err = gold.DuplicateKey{}
		return e
	default:
		return gold.Errorf(gold.Internal, gold.CodeRowCount, "load %s: MongoDB holds %d rows of %d that were written to %s; run the publish again",
			l.load.Dataset.Name, n, expected, l.collection)
	}
}

// record writes the seal, unless a version of the same id is sealed and there, and returns the sealed location.
// It may be repeated.
func (l *loader) record(ctx context.Context, p *pointer, v *gold.Version) (string, error) {
	doing := "seal " + v.Dataset.Name
	text, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("%s: %w", doing, err)
	}
	lost, err := l.lost(ctx, p)
	if err != nil {
		return "", err
	}
	fresh := bson.D{
		{Key: "_id", Value: literal(l.key())},
		{Key: "location", Value: literal(l.location)},
		{Key: "fence", Value: l.load.Lease.Fence},
		{Key: "rows", Value: v.Rows},
		{Key: "sealed_at", Value: "$$NOW"},
		{Key: "pruned", Value: false},
		{Key: "record", Value: literal(string(text))},
	}
	replaceable := bson.D{{Key: "$or", Value: bson.A{
		l.load.Replace,
		bson.D{{Key: "$ne", Value: bson.A{"$pruned", false}}}, // none yet, or pruned
		bson.D{{Key: "$in", Value: bson.A{"$location", literal(lost)}}},
	}}}
	pipeline := bson.A{bson.D{{Key: "$replaceWith", Value: bson.D{{Key: "$cond", Value: bson.A{replaceable, fresh, "$$ROOT"}}}}}}
	var sealed sealRecord
	err = retry(ctx, func(int) error {
		return l.s.seals().FindOneAndUpdate(ctx, bson.D{{Key: "_id", Value: l.key()}}, pipeline, after().SetUpsert(true)).Decode(&sealed)
	})
	return sealed.Location, l.s.fail(ctx, doing, err)
}

// lost returns the locations that a seal of this version may name in vain: this one, which a try before may have
// named, those that are being dropped, and one whose rows are gone.
func (l *loader) lost(ctx context.Context, p *pointer) ([]string, error) {
	lost := append([]string{l.location}, p.Dropping...)
	old, err := l.s.seal(ctx, l.key())
	if err != nil || old == nil {
		return lost, err
	}
	seals, names, err := l.s.stored(ctx, p.Model)
	if err != nil {
		return lost, err
	}
	if !p.holds(names, old.Location) || seals[old.Location].Key != old.Key {
		lost = append(lost, old.Location)
	}
	return lost, nil
}

// abortTime bounds the dropping of what was loaded in vain: where it can't be dropped it is an orphan.
const abortTime = 5 * time.Second

// Abort implements gold.Loader.
func (l *loader) Abort(ctx context.Context) error {
	if l.sealed.Load() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, abortTime)
	defer cancel()
	return l.drop(ctx)
}

func (l *loader) drop(ctx context.Context) error {
	err := retry(ctx, func(int) error { return l.s.releases.Collection(l.collection).Drop(ctx) })
	return l.s.fail(ctx, "drop "+l.collection, err)
}
