package sqlitestore

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"goldserve/gold"
)

// checkEvery is the number of rows between two checks of the context.
const checkEvery = 1024

// loader fills one version's table.
type loader struct {
	store     *Store
	lease     gold.Lease
	dataset   gold.Dataset
	id        string
	location  string
	table     string        // of the location
	segment   int64         // of the rows that are appended; -1: the version has none
	extends   *gold.Version // nil: the table is made
	fields    []gold.Field
	statement statement
	row       []driver.NamedValue
	texts     []string // of each Text column of the current batch, the bytes of all its rows
	rows      int64
	replace   bool  // see gold.Load
	lost      error // why nothing more can be appended: rows were lost, or the loader has ended
	ended     bool
}

// Load opens a version in a new table.
func (s *Store) Load(ctx context.Context, l gold.Load) (gold.Loader, error) {
	d := &l.Dataset
	ld := &loader{
		store: s, lease: l.Lease, dataset: *d, id: l.ID, extends: l.Extends, fields: d.Stored(), replace: l.Replace,
		location: gold.LoadLocation(gold.Location(d.Model, d.Name, l.ID, l.Lease.Fence), l.Extends, l.Extensible),
	}
	ld.table, ld.segment = gold.SplitLocation(ld.location)
	ld.row = make([]driver.NamedValue, len(ld.fields))
	ld.texts = make([]string, len(ld.fields))
	for i := range ld.row {
		ld.row[i].Ordinal = i + 1
	}
	doing := "open a version of dataset " + d.Name
	err := s.write(ctx, l.Lease, doing, func(c *conn) error {
		if err := transaction(ctx, c, func(c *conn) error { return ld.create(ctx, c) }); err != nil {
			return err
		}
		marks := strings.TrimSuffix(strings.Repeat("?, ", len(ld.fields)), ", ")
		var err error
		if ld.segment >= 0 {
			marks += ", " + strconv.FormatInt(ld.segment, 10)
		}
		if ld.statement, err = c.prepare("INSERT INTO " + quote(ld.table) + " VALUES (" + marks + ")"); err == nil {
			s.writer.loaders[ld] = struct{}{}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return ld, nil
}

// create creates the table, or makes that of the version that is extended ready; an unsealed one of this lease is replaced.
func (l *loader) create(ctx context.Context, c *conn) error {
	open := l.createTable
	if l.extends != nil {
		open = l.extend
	}
	if err := open(ctx, c); err != nil {
		return err
	}
	return c.exec(ctx, `INSERT INTO _goldserve_versions (location, model, dataset, id, fence) VALUES (?, ?, ?, ?, ?)`,
		l.location, l.dataset.Model, l.dataset.Name, l.id, l.lease.Fence)
}

func (l *loader) createTable(ctx context.Context, c *conn) error {
	_, sealed, err := lastSegment(ctx, c, l.table)
	if err != nil {
		return err
	}
	if sealed {
		return malformed("dataset %s: version %s is sealed already", l.dataset.Name, l.location)
	}
	if err := discard(ctx, c, l.location); err != nil {
		return err
	}
	if err := c.exec(ctx, createTable(l.table, &l.dataset, l.segment >= 0)); err != nil || l.segment < 0 {
		return err
	}
	return c.exec(ctx, createSegmentIndex(l.table))
}

// extend makes a table ready for the rows of a version that extends its last one.
func (l *loader) extend(ctx context.Context, c *conn) error {
	last, _, err := lastSegment(ctx, c, l.table)
	if err != nil {
		return err
	}
	if last != l.segment-1 {
		return gold.Errorf(gold.Internal, gold.CodeReleaseInconsistent, "dataset %s: version %s can't be extended: it is not sealed, or another one extends it; run it again", l.dataset.Name, l.extends.Location)
	}
	unsealed, err := c.texts(ctx, `SELECT location FROM _goldserve_versions WHERE `+ofTable+` AND sealed_at IS NULL AND dropped_at IS NULL`, l.table)
	if err != nil {
		return err
	}
	for _, location := range unsealed {
		if err := forget(ctx, c, location); err != nil {
			return err
		}
	}
	return c.exec(ctx, "DELETE FROM "+quote(l.table)+" WHERE "+appended(last))
}

// Append writes a batch. Loaders of one store share one connection, batch by batch.
func (l *loader) Append(ctx context.Context, b *gold.Batch) error {
	if err := l.checkBatch(b); err != nil {
		return err
	}
	w := &l.store.writer
	w.mu.Lock()
	defer w.mu.Unlock()
	if l.lost != nil {
		return l.store.fail(ctx, l.doing("append to"), l.lost)
	}
	for c := range b.Columns {
		if b.Columns[c].Kind == gold.Text {
			l.texts[c] = string(b.Columns[c].Bytes)
		}
	}
	for i := range b.Rows {
		if i%checkEvery == 0 && ctx.Err() != nil {
			return l.store.fail(ctx, l.doing("append to"), ctx.Err())
		}
		if err := l.insert(w, b, i); err != nil {
			return l.store.fail(ctx, l.doing("append to"), err)
		}
	}
	return nil
}

func (l *loader) doing(verb string) string { return verb + " dataset " + l.dataset.Name }

func (l *loader) checkBatch(b *gold.Batch) error {
	if len(b.Columns) != len(l.fields) {
		return malformed("a batch for dataset %s has %d columns, expected %d", l.dataset.Name, len(b.Columns), len(l.fields))
	}
	for i, f := range l.fields {
		if c := &b.Columns[i]; c.Kind != f.Kind || c.Len() != b.Rows {
			return malformed("a batch for dataset %s has %d values of kind %s in column %s, expected %d of %s", l.dataset.Name, c.Len(), c.Kind, f.Name, b.Rows, f.Kind)
		}
	}
	return nil
}

// insert writes one row within the open transaction, and commits it from time to time. It takes no context: an
// interrupted statement would roll back the whole transaction, with rows of other loaders.
func (l *loader) insert(w *writer, b *gold.Batch, i int) error {
	if err := w.begin(); err != nil {
		return err
	}
	for c := range b.Columns {
		l.row[c].Value = l.value(&b.Columns[c], c, i)
	}
	if _, err := l.statement.ExecContext(context.Background(), l.row); err != nil {
		if isDuplicate(err) && !l.dataset.Keyless() {
			return l.duplicate(rowKey(&l.dataset, b, i))
		}
		w.lose(err)
		return err
	}
	l.rows++
	if w.pending++; w.pending >= commitEvery {
		return w.commit()
	}
	return nil
}

// value returns row i of column c for the driver.
func (l *loader) value(column *gold.Column, c, i int) driver.Value {
	switch {
	case column.IsNull(i):
		return nil
	case column.Kind == gold.Double:
		return column.Floats[i]
	case column.Kind == gold.Text:
		return l.texts[c][column.Offsets[i]:column.Offsets[i+1]]
	case column.Kind == gold.WideDecimal:
		return sortable(column.Int128(i))
	default:
		return column.Ints[i]
	}
}

// rowKey returns the key of row i of a batch of the dataset's stored fields.
func rowKey(d *gold.Dataset, b *gold.Batch, i int) []gold.Value {
	key := make([]gold.Value, 0, len(d.Key))
	for _, name := range d.Key {
		key = append(key, b.Column(name).Value(i))
	}
	return key
}

func (l *loader) duplicate(key []gold.Value) error {
	values := make([]string, len(key))
	for i, f := range l.dataset.KeyFields() {
		values[i] = key[i].Format(f.Scale)
	}
	e := gold.Invalidf(gold.Problem{Field: strings.Join(l.dataset.Key, ", "), Code: gold.CodeDuplicateKey},
		"key %s comes more than once", strings.Join(values, ", "))
	e.Message = fmt.Sprintf("dataset %s: %s; its rows must differ in %s", l.dataset.Name, e.Message, strings.Join(l.dataset.Key, ", "))
	e.Code, e.Err = gold.CodeDuplicateKey, gold.DuplicateKey{Key: key}
	return e
}

// Seal creates the indexes, counts the rows and records the version. If the same version was sealed meanwhile, that one
// is returned and this one dropped.
func (l *loader) Seal(ctx context.Context, v gold.Version) (*gold.Version, error) {
	v.Dataset, v.ID, v.Location = l.dataset, l.id, l.location
	sealed := &v
	err := l.store.write(ctx, l.lease, l.doing("seal"), func(c *conn) error {
		switch {
		case l.ended:
			return malformed("the version of dataset %s has ended", l.dataset.Name)
		case l.lost != nil:
			return l.lost
		}
		earlier, err := sealedVersion(ctx, c, l.dataset.Model, l.dataset.Name, l.id)
		if err != nil {
			return err
		}
		if earlier != nil && !l.replace {
			sealed = earlier
			l.end()
			return l.drop(ctx, c)
		}
		if l.extends == nil { // else the table has them
			if err := l.index(ctx, c); err != nil {
				return err
			}
		}
		if err := l.count(ctx, c, v.Rows); err != nil {
			return err
		}
		if err := record(ctx, c, &v, l.extends); err != nil {
			return err
		}
		l.end()
		return nil
	})
	if err != nil {
		return nil, err
	}
	return sealed, nil
}

// index creates the key's index, which detects duplicate keys, and the contract's, and updates SQLite's statistics.
// Each index is a separate transaction, so that a deadline ends only that.
func (l *loader) index(ctx context.Context, c *conn) error {
	if rowid(&l.dataset) == "" {
		err := c.exec(ctx, createKeyIndex(l.table, &l.dataset))
		if isDuplicate(err) {
			return l.findDuplicate(ctx, c)
		}
		if err != nil {
			return err
		}
	}
	for _, index := range wantedIndexes(&l.dataset) {
		if err := c.exec(ctx, createIndex(l.table, &l.dataset, index, l.segment >= 0)); err != nil {
			return err
		}
	}
	return c.exec(ctx, "PRAGMA analysis_limit = 1000; ANALYZE "+quote(l.table))
}

// findDuplicate returns the duplicate_key error of the smallest duplicate key.
func (l *loader) findDuplicate(ctx context.Context, c *conn) error {
	columns := make([]string, len(l.dataset.Key))
	for i, name := range l.dataset.Key {
		columns[i] = quote(name)
	}
	list := strings.Join(columns, ", ")
	row, err := c.first(ctx, "SELECT "+list+" FROM "+quote(l.table)+" GROUP BY "+list+" HAVING count(*) > 1 ORDER BY "+list+" LIMIT 1")
	if err != nil || row == nil {
		return fmt.Errorf("look for the key that comes twice in %s: %w", l.location, err)
	}
	batch := gold.NewBatch(l.dataset.KeyFields(), 1)
	for i, v := range row {
		if _, err := appendValue(&batch.Columns[i], v); err != nil {
			return columnError(&batch.Fields[i], v, err)
		}
	}
	return l.duplicate(batch.Row(0, nil))
}

// count compares the rows in the table with those appended and those that the publisher read.
func (l *loader) count(ctx context.Context, c *conn, read int64) error {
	count := "SELECT count(*) FROM " + quote(l.table)
	if l.extends != nil {
		count += " WHERE " + appended(l.segment-1)
		read -= l.extends.Rows
	}
	n, err := c.number(ctx, count)
	if err != nil {
		return err
	}
	if n != read || n != l.rows {
		return gold.Errorf(gold.Internal, gold.CodeRowCount, "dataset %s: %d rows were read, %d were written and %d are in %s; run it again", l.dataset.Name, read, l.rows, n, l.table)
	}
	return nil
}

// record writes the seal. That of the version that it extends no longer names its files: it can't be extended again, and all
// seals of a table would name each file as often as versions have it.
func record(ctx context.Context, c *conn, v, extends *gold.Version) error {
	seal, err := json.Marshal(v)
	if err != nil {
		return malformed("seal of dataset %s: %w", v.Dataset.Name, err)
	}
	return transaction(ctx, c, func(c *conn) error {
		// A damaged version that this one replaces, with those that have the same rows.
		replaced, err := c.texts(ctx, `SELECT location FROM _goldserve_versions WHERE model = ? AND dataset = ? AND id = ? AND dropped_at IS NULL AND location <> ?`, v.Dataset.Model, v.Dataset.Name, v.ID, v.Location)
		for i := 0; i < len(replaced) && err == nil; i++ {
			err = c.exec(ctx, `UPDATE _goldserve_versions SET sealed_at = NULL, seal = NULL WHERE `+ofTable+` AND dropped_at IS NULL`, tableOf(replaced[i]))
		}
		if err == nil && extends != nil {
			err = c.exec(ctx, `UPDATE _goldserve_versions SET seal = json_remove(seal, '$.resume') WHERE location = ?`, extends.Location)
		}
		if err != nil {
			return err
		}
		return c.exec(ctx, `UPDATE _goldserve_versions SET sealed_at = ?, seal = ? WHERE location = ?`, now().UnixMilli(), string(seal), v.Location)
	})
}

// sealedVersion returns the sealed version of an id, or nil.
func sealedVersion(ctx context.Context, c *conn, model, dataset, id string) (*gold.Version, error) {
	row, err := c.first(ctx, `SELECT seal FROM _goldserve_versions WHERE model = ? AND dataset = ? AND id = ? AND sealed_at IS NOT NULL AND dropped_at IS NULL`, model, dataset, id)
	if err != nil || row == nil {
		return nil, err
	}
	v := &gold.Version{}
	if err := json.Unmarshal([]byte(text(row[0])), v); err != nil {
		return nil, unreadable("the seal of dataset "+dataset, err)
	}
	return v, nil
}

// abortTime limits the time for freeing space, which the end of a publish waits for.
const abortTime = 5 * time.Second

// drop drops the table, or the rows that were appended to it, and frees its space. Space that is not freed in time is reused by later tables.
func (l *loader) drop(ctx context.Context, c *conn) error {
	if err := transaction(ctx, c, func(c *conn) error { return discard(ctx, c, l.location) }); err != nil {
		return err
	}
	bounded, cancel := context.WithTimeout(ctx, abortTime)
	defer cancel()
	err := vacuum(bounded, c)
	if bounded.Err() != nil {
		return ctx.Err()
	}
	return err
}

// Abort drops the table. If the lease is lost, the table is an orphan, which the next publisher drops.
func (l *loader) Abort(ctx context.Context) error {
	w := &l.store.writer
	w.mu.Lock()
	ended := l.ended
	l.end()
	w.mu.Unlock()
	if ended {
		return nil
	}
	err := l.store.write(ctx, l.lease, l.doing("abort the version of"), func(c *conn) error { return l.drop(ctx, c) })
	if err == nil {
		l.store.checkpoint(ctx)
	}
	return err
}

// end closes the statement. The caller holds the writer.
func (l *loader) end() {
	if l.ended {
		return
	}
	l.ended = true
	if l.lost == nil {
		l.lost = malformed("the version of dataset %s has ended", l.dataset.Name)
	}
	// The statement repeats the error of its last use, which Append has returned.
	_ = l.statement.Close()
	delete(l.store.writer.loaders, l)
}
